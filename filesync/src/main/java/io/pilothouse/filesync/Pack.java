package io.pilothouse.filesync;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Many chunks in one answer: small files must not cost a request each. The request is a line with
 * the hash for each chunk; the answer has, for each in that order, four bytes with its size (the
 * highest first) and then its bytes, or one of the two marks and nothing.
 */
public final class Pack {
  /** POST hashes there; PUT chunks there. */
  public static final String PATH = "/v1/chunks";

  /** POST hashes there to be told, a line each, which are missing. */
  public static final String MISSING_PATH = "/v1/missing";

  /** In place of a size: it is not there. */
  public static final int ABSENT = -1;

  /** In place of a size: it is on its way there, ask again. */
  public static final int SOON = -2;

  /** Chunks asked for in one request. */
  public static final int MOST_CHUNKS = 1024;

  /** Bytes of chunks in one request. */
  public static final int MOST_BYTES = 4 << 20;

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

  /** Longest body with chunks, in bytes. */
  public static int longestUpload() {
    return MOST_BYTES + MOST_CHUNKS * Integer.BYTES;
  }

  /** The body with chunks to be stored: of each its size and its bytes. */
  public static byte[] upload(List<byte[]> chunks) {
    int length = chunks.stream().mapToInt(each -> Integer.BYTES + each.length).sum();
    ByteBuffer body = ByteBuffer.allocate(length);
    for (byte[] each : chunks) {
      body.putInt(each.length).put(each);
    }
    return body.array();
  }

  /** Reads that body as it comes; each chunk under the hash that it has. */
  public static Map<String, byte[]> chunks(InputStream body) throws IOException {
    Map<String, byte[]> chunks = new LinkedHashMap<>();
    long position = 0;
    for (byte[] head = body.readNBytes(Integer.BYTES);
        head.length > 0;
        head = body.readNBytes(Integer.BYTES)) {
      position += head.length;
      int size = head.length < Integer.BYTES ? -1 : ByteBuffer.wrap(head).getInt();
      boolean possible = size > 0 && size <= ContentIndex.LARGEST_CHUNK;
      byte[] chunk = possible ? body.readNBytes(size) : new byte[0];
      if (!possible || chunk.length < size) {
        throw new ContentException(
            "at byte %d there is no chunk: expected four bytes with its size, 1 to %d, and its bytes"
                .formatted(position, ContentIndex.LARGEST_CHUNK));
      }
      position += size;
      chunks.put(Sha256.hex(chunk), chunk);
    }
    return chunks;
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
