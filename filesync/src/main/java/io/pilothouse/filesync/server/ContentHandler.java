package io.pilothouse.filesync.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a {@link ContentStore} over HTTP/1.1: GET, HEAD and PUT of {@code /v1/chunks/SHA256} and
 * {@code /v1/index/DIGEST}; GET understands {@code Range: bytes=N-} so that a transfer resumes.
 * More transfers than allowed at once are shed with 503 and Retry-After, never queued.
 */
public final class ContentHandler implements HttpHandler {
  /** The path to register this handler under. */
  public static final String PATH = "/v1/";

  private static final Logger log = LoggerFactory.getLogger(ContentHandler.class);
  private static final Duration PEER_PATIENCE = Duration.ofSeconds(30);
  private static final int LARGEST_CHUNK = 4 << 20;
  private static final int PIECE = 64 << 10;
  private static final int INSUFFICIENT_STORAGE = 507;
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-");

  private final ContentStore store;
  private final Throttle throttle;
  private final Transfers transfers;
  private final AtomicLong served = new AtomicLong();
  private final AtomicLong shed = new AtomicLong();

  /**
   * Serves a store.
   *
   * @param atOnce transfers that may run at the same time
   */
  public ContentHandler(ContentStore store, Throttle throttle, int atOnce) {
    this(store, throttle, new Transfers(atOnce, PEER_PATIENCE, System::nanoTime));
  }

  ContentHandler(ContentStore store, Throttle throttle, Transfers transfers) {
    this.store = store;
    this.throttle = throttle;
    this.transfers = transfers;
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
      Optional<Transfer> slot = transfers.enter();
      if (slot.isEmpty()) {
        shed.incrementAndGet();
        refuseBusy(exchange);
        return;
      }
      try (Transfer transfer = slot.get()) {
        route(exchange, transfer);
      } catch (ContentException e) {
        text(exchange, 400, String.valueOf(e.getMessage()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("stopped while serving", e);
      }
    }
  }

  private static void refuseBusy(HttpExchange exchange) throws IOException {
    try (InputStream in = exchange.getRequestBody()) {
      // a body left unread would reset the connection before the peer has read our answer
      in.readNBytes(LARGEST_CHUNK);
    }
    exchange.getResponseHeaders().set("Retry-After", "1");
    text(exchange, 503, "busy: too many transfers at once; try another replica");
  }

  private void route(HttpExchange exchange, Transfer transfer)
      throws IOException, InterruptedException {
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
        Optional<byte[]> bytes = chunk ? store.chunkBytes(hash) : store.index(hash);
        if (bytes.isEmpty()) {
          text(exchange, 404, "no " + (chunk ? "chunk " : "index ") + hash);
        } else {
          send(exchange, transfer, bytes.get());
        }
      }
      case "PUT" -> {
        byte[] bytes = body(exchange, transfer, chunk ? LARGEST_CHUNK : ContentIndex.MOST_BYTES);
        take(exchange, chunk, hash, bytes);
      }
      default -> {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD, PUT");
        text(exchange, 405, "use GET, HEAD or PUT");
      }
    }
  }

  private void send(HttpExchange exchange, Transfer transfer, byte[] bytes)
      throws IOException, InterruptedException {
    exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
    exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(bytes.length));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    int from = offset(exchange, bytes.length);
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(from, bytes.length - 1, bytes.length));
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, bytes.length - from);
    try (OutputStream out = exchange.getResponseBody()) {
      for (int sent = from; sent < bytes.length; sent += PIECE) {
        int start = sent;
        int piece = Math.min(PIECE, bytes.length - sent);
        throttle.take(piece);
        transfer.waiting(
            () -> {
              out.write(bytes, start, piece);
              return out;
            });
        served.addAndGet(piece);
      }
    }
  }

  private static int offset(HttpExchange exchange, int length) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    Matcher matcher = RANGE.matcher(range == null ? "" : range);
    long from = matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
    // a range past the end is answered whole: the client verifies and starts over
    return from < length ? (int) from : 0;
  }

  private void take(HttpExchange exchange, boolean chunk, String hash, byte[] bytes)
      throws IOException {
    List<String> missing = List.of();
    try {
      if (chunk) {
        store.putChunk(hash, bytes);
      } else {
        missing = store.putIndex(hash, bytes);
      }
    } catch (ContentException e) {
      throw e;
    } catch (IOException e) {
      log.error("cannot store {}", hash, e);
      int code = DiskFull.is(e) ? INSUFFICIENT_STORAGE : 500;
      text(exchange, code, "cannot store " + hash + " here: " + e.getMessage());
      return;
    }
    if (missing.isEmpty()) {
      text(exchange, 201, "stored");
    } else {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      text(exchange, 409, json(missing));
    }
  }

  private static String json(List<String> missing) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.writeStartObject();
      json.writeFieldName("missing");
      json.writeArray(missing.toArray(String[]::new), 0, missing.size());
      json.writeEndObject();
    }
    return text.toString();
  }

  private static byte[] body(HttpExchange exchange, Transfer transfer, int most)
      throws IOException {
    try (InputStream in = exchange.getRequestBody()) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      byte[] buffer = new byte[PIECE];
      int read = transfer.waiting(() -> in.read(buffer));
      while (read >= 0) {
        bytes.write(buffer, 0, read);
        if (bytes.size() > most) {
          throw new ContentException("the body has more than " + most + " bytes");
        }
        read = transfer.waiting(() -> in.read(buffer));
      }
      return bytes.toByteArray();
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
