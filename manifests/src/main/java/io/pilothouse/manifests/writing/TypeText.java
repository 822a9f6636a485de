package io.pilothouse.manifests.writing;

import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.manifests.access.Roles;
import io.pilothouse.manifests.offers.OfferedWords;
import java.util.List;

/** What a machine is and belongs to: types, images, scale units; and who may do what with them. */
final class TypeText {
  private TypeText() {}

  static Document of(MachineType type) {
    return Document.of("MachineType")
        .text("name", type.getName())
        .text("device", type.getDevice() == DeviceKind.DEVICE_SWITCH ? "switch" : "")
        .text("image", type.getImage())
        .text("manifest", type.getManifest())
        .text("watchdog-set", type.getWatchdogSet())
        .text("agent", type.getAgent())
        .texts("watchdogs", type.getWatchdogsList())
        .text("repair-policy", type.getRepairPolicy())
        .text("rollout-policy", type.getRolloutPolicy())
        .object("offers", type.hasOffers(), offers(type.getOffers()));
  }

  private static Document offers(OfferPolicy offers) {
    return new Document()
        .object("resources", true, resources(offers.getResourcesList()))
        .object(
            "oversubscribe",
            offers.getOversubscribeCount() > 0,
            resources(offers.getOversubscribeList()))
        .number("task-pids", offers.getTaskPids())
        .flag("disk-not-enforced", offers.getDiskNotEnforced())
        .flag("pid-namespaces", offers.getPidNamespaces())
        .duration("delay", offers.getDelayMs())
        .texts("images", offers.getImagesList())
        .texts("host-paths", offers.getHostPathsList());
  }

  private static Document resources(List<OfferedResource> all) {
    Document resources = new Document();
    for (OfferedResource each : all) {
      if (each.getMilli() > 0) {
        resources.decimal(each.getName(), OfferedWords.value(each));
      } else if (each.getSizeBytes() > 0) {
        resources.unit(each.getName(), OfferedWords.value(each));
      } else if (each.getRangesCount() > 0) {
        resources.units(each.getName(), OfferedWords.list(each));
      } else {
        resources.texts(each.getName(), OfferedWords.list(each));
      }
    }
    return resources;
  }

  static Document of(Image image) {
    return Document.of("Image").text("name", image.getName()).text("version", image.getVersion());
  }

  static Document of(ScaleUnit unit) {
    return Document.of("ScaleUnit")
        .text("name", unit.getName())
        .number("order", unit.getOrder())
        .texts("racks", unit.getRacksList())
        .texts("machines", unit.getMachinesList());
  }

  static Document of(Access access) {
    return Document.of("Access")
        .text("name", access.getName())
        .texts("principals", access.getPrincipalsList())
        .texts("roles", access.getRolesList().stream().map(Roles::word).toList())
        .texts("types", access.getTypesList())
        .texts("leases", access.getLeasesList());
  }
}
