package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.ContentPolicy;
import io.pilothouse.api.v1.Manifest;
import java.util.List;

/** How much of one name is kept. What was registered before a limit stays. */
final class Quotas {

  private Quotas() {}

  static void require(Entities state, Manifest manifest) throws RefusedException {
    ContentPolicy policy = state.fleet().getContents();
    String name = manifest.getRef().getName();
    if (policy.getMostBytes() != 0 && manifest.getBytes() > policy.getMostBytes()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s has %s, and a version may have %s"
              .formatted(
                  Texts.ref(manifest.getRef()),
                  Texts.bytes(manifest.getBytes()),
                  Texts.bytes(policy.getMostBytes())),
          "leave out what machines do not need, or raise contents.most-bytes in cluster.yaml");
    }
    List<Manifest> kept =
        state.manifests().stream().filter(each -> each.getRef().getName().equals(name)).toList();
    if (policy.getMostVersions() != 0 && kept.size() >= policy.getMostVersions()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s has %s versions, and a name may have %s"
              .formatted(name, kept.size(), policy.getMostVersions()),
          remedy(name, "contents.most-versions"));
    }
    long total = kept.stream().mapToLong(Manifest::getBytes).sum();
    if (policy.getMostTotalBytes() != 0
        && manifest.getBytes() > policy.getMostTotalBytes() - total) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s versions of %s have %s, %s more are too many: a name may have %s"
              .formatted(
                  kept.size(),
                  name,
                  Texts.bytes(total),
                  Texts.bytes(manifest.getBytes()),
                  Texts.bytes(policy.getMostTotalBytes())),
          remedy(name, "contents.most-total"));
    }
  }

  private static String remedy(String name, String limit) {
    return "remove some that nothing needs (pilot manifest list %s --unused), or raise %s in"
            .formatted(name, limit)
        + " cluster.yaml";
  }
}
