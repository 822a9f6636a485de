package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.VersionUse;
import io.pilothouse.cli.Json;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A version as JSON and in words. */
final class ManifestView {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

  private ManifestView() {}

  static void fill(ListManifestsReply reply, Manifest manifest, VersionUse use, ObjectNode node) {
    node.put("name", manifest.getRef().getName())
        .put("version", manifest.getRef().getVersion())
        .put("kind", kind(manifest))
        .put("digest", manifest.getRef().getDigest())
        .put("files", manifest.getFiles())
        .put("bytes", manifest.getBytes());
    Json.time(node, "added_at", manifest.getAddedAt());
    node.put("principal", manifest.getPrincipal()).put("signed_by", manifest.getSignedBy());
    Json.strings(node, "held_by", heldBy(reply, manifest));
    ArrayNode units = node.putArray("units");
    for (UnitVersion unit : use.getUnitsList()) {
      units.addObject().put("type", unit.getType()).put("scale_unit", unit.getScaleUnit());
    }
    node.put("running", use.getRunning())
        .put("wanting", use.getWanting())
        .put("holding", use.getHolding());
    Json.strings(node, "needed", use.getNeededList());
  }

  static String kind(Manifest manifest) {
    return Things.word(Things.of(manifest));
  }

  /** Replicas that are up and hold all of it. */
  static List<String> heldBy(ListManifestsReply reply, Manifest manifest) {
    return reply.getReplicasList().stream()
        .filter(DeploymentReplica::getUp)
        .filter(each -> each.getHeldList().contains(manifest.getRef().getDigest()))
        .map(DeploymentReplica::getId)
        .toList();
  }

  /** {@code frontend: canary, su-1; backend: su-2}. */
  static String units(VersionUse use) {
    return use.getUnitsList().stream()
        .map(UnitVersion::getType)
        .distinct()
        .map(type -> type + ": " + unitsOf(use, type))
        .collect(Collectors.joining("; "));
  }

  private static String unitsOf(VersionUse use, String type) {
    return use.getUnitsList().stream()
        .filter(each -> each.getType().equals(type))
        .map(UnitVersion::getScaleUnit)
        .collect(Collectors.joining(", "));
  }

  /** {@code 7 machines run it, 7 are to, 9 hold it}. */
  static String machines(VersionUse use) {
    return "%s it, %d %s to, %d %s it"
        .formatted(
            use.getRunning() == 1 ? "1 machine runs" : use.getRunning() + " machines run",
            use.getWanting(),
            use.getWanting() == 1 ? "is" : "are",
            use.getHolding(),
            use.getHolding() == 1 ? "holds" : "hold");
  }

  /** {@code 1.4 MiB}. */
  static String size(long bytes) {
    double size = bytes;
    int unit = 0;
    while (size >= 1024 && unit < UNITS.length - 1) {
      size /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", size, UNITS[unit]);
  }
}
