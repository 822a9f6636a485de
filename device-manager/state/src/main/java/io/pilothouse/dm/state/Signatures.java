package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.ManifestKey;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.signing.PublicKeys;
import io.pilothouse.manifests.signing.Signed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who vouches for a version. Checked when it is registered, and once more when a rollout is to
 * bring it, so that a key which was taken out of the fleet's files counts no more.
 */
final class Signatures {

  private Signatures() {}

  /** A signature must be right where there is one, and be there where the fleet requires it. */
  static void require(Entities state, Manifest manifest) throws RefusedException {
    String version = Texts.ref(manifest.getRef());
    if (manifest.getSignature().isEmpty() && manifest.getSignedBy().isEmpty()) {
      if (state.fleet().getContents().getRequireSignature()) {
        throw new RefusedException(
            Refusal.Code.PRECONDITION,
            version + " is not signed, and the fleet takes signed versions only",
            "sign it: pilot manifest add DIR --sign KEYFILE; it takes the keys "
                + String.join(", ", names(state)));
      }
      return;
    }
    Optional<ManifestKey> key = key(state, manifest.getSignedBy());
    if (key.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is signed by \"%s\", which is none of the fleet's manifest-keys%s"
              .formatted(
                  version, manifest.getSignedBy(), Near.hint(manifest.getSignedBy(), names(state))),
          "sign it with one of them, or name the key in cluster.yaml and apply");
    }
    boolean right =
        Signed.isBy(
            key.get().getEd25519().toByteArray(),
            manifest.getRef(),
            manifest.getSignature().toByteArray());
    if (!right) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "the signature is not one of %s with digest %s by the key %s"
              .formatted(version, manifest.getRef().getDigest(), manifest.getSignedBy()),
          "one of another version or of other content does not count: sign this one");
    }
  }

  /** A version that was registered before may be wanted no more by who signs now. */
  static void requireForRollout(Entities state, Manifest manifest) throws RefusedException {
    if (state.fleet().getContents().getRequireSignature()) {
      require(state, manifest);
    }
  }

  private static Optional<ManifestKey> key(Entities state, String name) {
    return state.fleet().getManifestKeysList().stream()
        .filter(each -> each.getName().equals(name))
        .findFirst();
  }

  private static List<String> names(Entities state) {
    return state.fleet().getManifestKeysList().stream().map(ManifestKey::getName).toList();
  }

  /** What is wrong with the keys of a fleet that is to be applied. */
  static List<String> problems(List<ManifestKey> keys, boolean required) {
    List<String> problems = new ArrayList<>();
    SortedMap<String, String> byKey = new TreeMap<>();
    for (ManifestKey key : keys) {
      String text = PublicKeys.text(key.getEd25519().toByteArray());
      if (PublicKeys.parse(text).isEmpty()) {
        problems.add("manifest key %s: not an Ed25519 public key".formatted(key.getName()));
      }
      String other = byKey.put(text, key.getName());
      if (other != null) {
        problems.add("manifest keys %s and %s are the same".formatted(other, key.getName()));
      }
    }
    if (required && keys.isEmpty()) {
      problems.add("signatures are required, but nobody may sign: name a key in manifest-keys");
    }
    return problems;
  }
}
