package io.pilothouse.repair;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Proves to the receiver that an event is ours and fresh: {@code t=SECONDS,v1=HEX}, where HEX is
 * the HMAC-SHA256 of the seconds, a dot and the body.
 */
final class Signature {
  static final String HEADER = "Pilot-Signature";
  private static final String ALGORITHM = "HmacSHA256";
  private static final int SHORTEST = 16;

  private final SecretKeySpec key;

  Signature(byte[] secret) {
    this.key = new SecretKeySpec(secret, ALGORITHM);
  }

  /**
   * @param file holds the secret; a line break at its end does not count
   */
  static Signature fromFile(Path file) throws IOException {
    byte[] secret = Files.readString(file).strip().getBytes(StandardCharsets.UTF_8);
    if (secret.length < SHORTEST) {
      throw new IOException(
          "the secret in %s has %s bytes, at least %s are needed: head -c 32 /dev/urandom | base64"
              .formatted(file, secret.length, SHORTEST));
    }
    return new Signature(secret);
  }

  String of(long seconds, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update((seconds + ".").getBytes(StandardCharsets.UTF_8));
      return "t=%s,v1=%s".formatted(seconds, HexFormat.of().formatHex(mac.doFinal(body)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }
}
