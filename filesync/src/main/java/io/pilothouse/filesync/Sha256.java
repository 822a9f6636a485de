package io.pilothouse.filesync;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 as lower-case hex: the name of every piece of content. */
public final class Sha256 {
  private static final int PIECE = 64 << 10;
  private static final int HEX_DIGITS = 64;
  private static final int HEX_DIGITS_OF_A_LONG = 16;

  private Sha256() {}

  public static String hex(byte[] bytes) {
    return hex(bytes, 0, bytes.length);
  }

  public static String hex(byte[] bytes, int offset, int length) {
    MessageDigest digest = digest();
    digest.update(bytes, offset, length);
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Of what is left in a buffer, which stays as it is. */
  public static String hex(ByteBuffer bytes) {
    MessageDigest digest = digest();
    digest.update(bytes.duplicate());
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Of a file's bytes. */
  public static String hex(Path file) throws IOException {
    MessageDigest digest = digest();
    byte[] buffer = new byte[PIECE];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * The first 64 bits of a hash: enough to tell chunks apart where a mistake is found out later.
   */
  public static long key(String hex) {
    return Long.parseUnsignedLong(hex, 0, HEX_DIGITS_OF_A_LONG, 16);
  }

  /** Whether a text can be a hash. */
  public static boolean isHex(String text) {
    if (text.length() != HEX_DIGITS) {
      return false;
    }
    for (int i = 0; i < HEX_DIGITS; i++) {
      char digit = text.charAt(i);
      if (!(digit >= '0' && digit <= '9') && !(digit >= 'a' && digit <= 'f')) {
        return false;
      }
    }
    return true;
  }

  /** A digest to go on with. */
  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
