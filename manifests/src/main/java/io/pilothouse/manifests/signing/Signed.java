package io.pilothouse.manifests.signing;

import io.pilothouse.api.v1.VersionRef;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Optional;

/**
 * What a signature of a version covers: name, version and digest in one line. With the name and the
 * version in it, a signature cannot be taken for that of another version with the same files, nor
 * an old version be passed off as a newer one.
 */
public final class Signed {
  static final String ALGORITHM = "Ed25519";

  private Signed() {}

  /** The bytes that are signed. */
  public static byte[] text(VersionRef ref) {
    return "%s@%s sha256:%s\n"
        .formatted(ref.getName(), ref.getVersion(), ref.getDigest())
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Signs a version. */
  public static byte[] sign(PrivateKey key, VersionRef ref) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(ALGORITHM);
    signature.initSign(key);
    signature.update(text(ref));
    return signature.sign();
  }

  /**
   * Whether the signature is that of a version by a key.
   *
   * @param key the 32 bytes of an Ed25519 public key
   */
  public static boolean isBy(byte[] key, VersionRef ref, byte[] signature) {
    Optional<PublicKey> known = PublicKeys.of(key);
    if (known.isEmpty()) {
      return false;
    }
    try {
      Signature check = Signature.getInstance(ALGORITHM);
      check.initVerify(known.get());
      check.update(text(ref));
      return check.verify(signature);
    } catch (GeneralSecurityException e) {
      return false; // of another length, or no point: it is no signature of this key
    }
  }
}
