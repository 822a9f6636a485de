package io.pilothouse.filesync.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Serves a {@link ContentStore} over HTTP/1.1: GET, HEAD and PUT of {@code /v1/chunks/SHA256} and
 * {@code /v1/index/DIGEST}; GET understands {@code Range: bytes=N-} so that a transfer resumes.
 * More transfers than allowed at once are shed with 503 and Retry-After, never queued.
 */
public final class ContentHandler implements HttpHandler {
  /** The path to register this handler under. */
  public static final String PATH = "/v1/";

  private static final int LARGEST_CHUNK = 4 << 20;
  private static final int LARGEST_INDEX = 64 << 20;
  private static final int PIECE = 64 << 10;
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-");

  private final ContentStore store;
  private final Throttle throttle;
  private final Semaphore transfers;
  private final AtomicLong served = new AtomicLong();
  private final AtomicLong shed = new AtomicLong();

  /**
   * Serves a store.
   *
   * @param atOnce transfers that may run at the same time
   */
  public ContentHandler(ContentStore store, Throttle throttle, int atOnce) {
    this.store = store;
    this.throttle = throttle;
    this.transfers = new Semaphore(atOnce);
  }

  /** Bytes sent so far. */
  public long servedBytes() {
    return served.get();
  }

  /** Requests refused because too many ran. */
  public long shedRequests() {
    return shed.get();
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!transfers.tryAcquire()) {
        shed.incrementAndGet();
        exchange.getResponseHeaders().set("Retry-After", "1");
        text(exchange, 503, "busy: too many transfers at once; try another replica");
        return;
      }
      try {
        route(exchange);
      } catch (ContentException e) {
        text(exchange, 400, String.valueOf(e.getMessage()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("stopped while serving", e);
      } finally {
        transfers.release();
      }
    }
  }

  private void route(HttpExchange exchange) throws IOException, InterruptedException {
    List<String> path = List.of(exchange.getRequestURI().getPath().split("/", -1));
    boolean known =
        path.size() == 4
            && (path.get(2).equals("chunks") || path.get(2).equals("index"))
            && Sha256.isHex(path.get(3));
    if (!known) {
      text(exchange, 404, "use /v1/chunks/SHA256 or /v1/index/DIGEST");
      return;
    }
    boolean chunk = path.get(2).equals("chunks");
    String hash = path.get(3);
    switch (exchange.getRequestMethod()) {
      case "GET", "HEAD" -> {
        if (chunk) {
          sendChunk(exchange, hash);
        } else {
          sendIndex(exchange, hash);
        }
      }
      case "PUT" -> {
        if (chunk) {
          takeChunk(exchange, hash);
        } else {
          takeIndex(exchange, hash);
        }
      }
      default -> text(exchange, 405, "use GET, HEAD or PUT");
    }
  }

  private void sendChunk(HttpExchange exchange, String hash)
      throws IOException, InterruptedException {
    Optional<Path> file = store.chunkFile(hash);
    if (file.isEmpty()) {
      text(exchange, 404, "no chunk " + hash);
      return;
    }
    send(exchange, Files.readAllBytes(file.get()));
  }

  private void sendIndex(HttpExchange exchange, String digest)
      throws IOException, InterruptedException {
    Optional<byte[]> bytes = store.index(digest);
    if (bytes.isEmpty()) {
      text(exchange, 404, "no index " + digest);
      return;
    }
    send(exchange, bytes.get());
  }

  private void send(HttpExchange exchange, byte[] bytes) throws IOException, InterruptedException {
    int from = offset(exchange, bytes.length);
    exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
    exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(bytes.length));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(from, bytes.length - 1, bytes.length));
    }
    int length = bytes.length - from;
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, length == 0 ? -1 : length);
    OutputStream out = exchange.getResponseBody();
    for (int sent = from; sent < bytes.length; sent += PIECE) {
      int piece = Math.min(PIECE, bytes.length - sent);
      throttle.take(piece);
      out.write(bytes, sent, piece);
      served.addAndGet(piece);
    }
    out.close();
  }

  private static int offset(HttpExchange exchange, int length) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    Matcher matcher = RANGE.matcher(range == null ? "" : range);
    long from = matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
    // a range past the end is answered whole: the client verifies and starts over
    return from < length ? (int) from : 0;
  }

  private void takeChunk(HttpExchange exchange, String hash) throws IOException {
    byte[] bytes = body(exchange, LARGEST_CHUNK);
    store.putChunk(hash, bytes);
    text(exchange, 201, "stored");
  }

  private void takeIndex(HttpExchange exchange, String digest) throws IOException {
    byte[] bytes = body(exchange, LARGEST_INDEX);
    List<String> missing = store.putIndex(digest, bytes);
    if (missing.isEmpty()) {
      text(exchange, 201, "stored");
      return;
    }
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ArrayNode array = root.putArray("missing");
    missing.forEach(array::add);
    text(exchange, 409, root.toString());
  }

  private static byte[] body(HttpExchange exchange, int most) throws IOException {
    try (InputStream in = exchange.getRequestBody()) {
      byte[] bytes = in.readNBytes(most + 1);
      if (bytes.length > most) {
        throw new ContentException("the body has more than " + most + " bytes");
      }
      return bytes;
    }
  }

  private static void text(HttpExchange exchange, int code, String text) throws IOException {
    byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(code, head ? -1 : bytes.length);
    if (!head) {
      exchange.getResponseBody().write(bytes);
    }
  }
}
