package io.pilothouse.manifests;

import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Place;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A role while files are read: what it is guaranteed is compared with others' when all are. */
final class RoleDraft {
  final OfferRole.Builder role = OfferRole.newBuilder();
  private @Nullable Place guarantee;
  private @Nullable Place limit;

  void guarantee(Placed<List<OfferedResource>> given) {
    guarantee = given.place();
    role.addAllGuarantee(given.value());
  }

  void limit(Placed<List<OfferedResource>> given) {
    limit = given.place();
    role.addAllLimit(given.value());
  }

  /** Where a key's value stands; for one that is not there, the document. */
  Place place(String key, Place document) {
    Place found = key.equals("limit") ? limit : guarantee;
    return found == null ? document : found;
  }
}
