package io.pilothouse.manifests.signing;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/** Ed25519 public keys as files have them: the 32 bytes of RFC 8032, in base64. */
public final class PublicKeys {
  /** Bytes of a public key. */
  public static final int BYTES = 32;

  /** What X.509 (RFC 8410) writes before the 32 bytes. */
  private static final byte[] X509 = HexFormat.of().parseHex("302a300506032b6570032100");

  private PublicKeys() {}

  /** The bytes of a key in base64, or empty when it is none. */
  public static Optional<byte[]> parse(String base64) {
    try {
      byte[] raw = Base64.getDecoder().decode(base64);
      return of(raw).filter(PublicKeys::isPoint).map(each -> raw);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The JDK looks at the curve only when a key is used. */
  private static boolean isPoint(PublicKey key) {
    try {
      Signature.getInstance(Signed.ALGORITHM).initVerify(key);
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** As files have it. */
  public static String text(byte[] raw) {
    return Base64.getEncoder().encodeToString(raw);
  }

  /** The 32 bytes of a key. */
  public static byte[] raw(PublicKey key) {
    byte[] encoded = key.getEncoded();
    return Arrays.copyOfRange(encoded, encoded.length - BYTES, encoded.length);
  }

  /** The key of 32 bytes; whether they are a point of the curve shows when it is used. */
  static Optional<PublicKey> of(byte[] raw) {
    if (raw.length != BYTES) {
      return Optional.empty();
    }
    byte[] encoded = Arrays.copyOf(X509, X509.length + BYTES);
    System.arraycopy(raw, 0, encoded, X509.length, BYTES);
    try {
      return Optional.of(
          KeyFactory.getInstance(Signed.ALGORITHM).generatePublic(new X509EncodedKeySpec(encoded)));
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
  }
}
