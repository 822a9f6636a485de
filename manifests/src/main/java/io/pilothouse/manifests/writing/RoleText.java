package io.pilothouse.manifests.writing;

import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.manifests.offers.OfferedWords;
import java.util.List;

/** A role of frameworks. */
final class RoleText {
  private RoleText() {}

  static Document of(OfferRole role) {
    Document document = Document.of("Role").text("name", role.getName());
    if (role.getWeightMilli() != 0) {
      document.decimal("weight", OfferedWords.weight(role.getWeightMilli()));
    }
    return document
        .number("priority", role.getPriority())
        .object("guarantee", role.getGuaranteeCount() > 0, resources(role.getGuaranteeList()))
        .object("limit", role.getLimitCount() > 0, resources(role.getLimitList()))
        .duration("revoke-after", role.getRevokeAfterMs());
  }

  private static Document resources(List<OfferedResource> all) {
    Document resources = new Document();
    for (OfferedResource each : all) {
      if (each.getSizeBytes() > 0) {
        resources.unit(each.getName(), OfferedWords.amount(each));
      } else {
        resources.decimal(each.getName(), OfferedWords.amount(each));
      }
    }
    return resources;
  }
}
