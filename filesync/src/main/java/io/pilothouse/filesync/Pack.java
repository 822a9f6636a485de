package io.pilothouse.filesync;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Many chunks in one answer: small files must not cost a request each. The request is a line with
 * the hash for each chunk; the answer has, for each in that order, four bytes with its size (the
 * highest first) and then its bytes, or one of the two marks and nothing.
 */
public final class Pack {
  /** POST hashes there. */
  public static final String PATH = "/v1/chunks";

  /** In place of a size: it is not there. */
  public static final int ABSENT = -1;

  /** In place of a size: it is on its way there, ask again. */
  public static final int SOON = -2;

  /** Chunks asked for in one request. */
  public static final int MOST_CHUNKS = 1024;

  /** Bytes of a hash and the end of its line. */
  private static final int LINE = 65;

  private Pack() {}

  /** The body of a request. */
  public static byte[] request(List<String> hashes) {
    return (String.join("\n", hashes) + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** Longest body of a request, in bytes. */
  public static int longestRequest() {
    return MOST_CHUNKS * LINE;
  }

  /** Reads the body of a request. */
  public static List<String> hashes(byte[] request) throws ContentException {
    List<String> hashes = new String(request, StandardCharsets.US_ASCII).lines().toList();
    for (String each : hashes) {
      if (!Sha256.isHex(each)) {
        throw new ContentException(
            "\"%s\" is not a SHA-256: expected one in lower-case hex a line"
                .formatted(each.substring(0, Math.min(each.length(), LINE))));
      }
    }
    return hashes;
  }
}
