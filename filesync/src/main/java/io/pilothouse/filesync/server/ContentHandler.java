package io.pilothouse.filesync.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.Hold;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.TransferClass;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Serves {@link Contents} over HTTP/1.1: GET and HEAD of {@code /v1/chunks/SHA256} and {@code
 * /v1/index/DIGEST}, and many chunks in one answer to a POST of their hashes ({@link Pack}); a
 * replica takes {@link Uploads}. GET understands {@code Range: bytes=N-} so that a transfer
 * resumes. More transfers than allowed at once are shed with 503 and Retry-After; only requests
 * that may be held ({@link Hold}) wait for a short while, for a slot or for what is on its way.
 */
public final class ContentHandler implements HttpHandler {
  /** The path to register this handler under. */
  public static final String PATH = "/v1/";

  private static final Duration PEER_PATIENCE = Duration.ofSeconds(30);

  /** How long chunks that are sent wait for room in memory. */
  private static final Duration FOR_ROOM = Duration.ofSeconds(10);

  /** Uploads whose chunks are in memory at a time; of bulk ones, which all are, a quarter less. */
  private static final int IN_MEMORY = 4;

  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-");

  private final Contents contents;
  private final Lookup lookup;
  private final Optional<Uploads> uploads;
  private final Throttle throttle;
  private final Transfers transfers;
  private final Transfers inMemory;
  private final AtomicLong served = new AtomicLong();
  private final AtomicLong shed = new AtomicLong();
  private final AtomicLong missed = new AtomicLong();

  /** An answer in words. */
  record Text(int code, String text) {}

  /**
   * Serves a store, and takes what is uploaded.
   *
   * @param atOnce transfers that may run at the same time; bulk ones leave a quarter of them free
   */
  public ContentHandler(ContentStore store, Throttle throttle, int atOnce) {
    this(store, throttle, transfers(atOnce), transfers(IN_MEMORY));
  }

  /** Serves what a machine has; nothing can be uploaded. */
  public ContentHandler(Contents contents, Throttle throttle, int atOnce) {
    this(contents, Optional.empty(), throttle, transfers(atOnce), transfers(IN_MEMORY));
  }

  ContentHandler(ContentStore store, Throttle throttle, Transfers transfers, Transfers inMemory) {
    this(store, Optional.of(new Uploads(store)), throttle, transfers, inMemory);
  }

  private ContentHandler(
      Contents contents,
      Optional<Uploads> uploads,
      Throttle throttle,
      Transfers transfers,
      Transfers inMemory) {
    this.contents = contents;
    this.lookup = new Lookup(contents);
    this.uploads = uploads;
    this.throttle = throttle;
    this.transfers = transfers;
    this.inMemory = inMemory;
  }

  private static Transfers transfers(int atOnce) {
    return new Transfers(atOnce, PEER_PATIENCE, System::nanoTime);
  }

  /** Bytes sent so far. */
  public long servedBytes() {
    return served.get();
  }

  /** Chunks and indexes that were asked for and are not here. */
  public long missed() {
    return missed.get();
  }

  /** Requests refused because too many ran. */
  public long shedRequests() {
    return shed.get();
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String named = exchange.getRequestHeaders().getFirst(TransferClass.HEADER);
      Duration hold = Hold.of(exchange.getRequestHeaders().getFirst(Hold.HEADER));
      Optional<Transfer> slot = transfers.enter(TransferClass.of(named), hold);
      if (slot.isEmpty()) {
        Receiving.drain(exchange, Pack.longestUpload());
        refuseBusy(exchange);
        return;
      }
      try (Transfer transfer = slot.get()) {
        route(exchange, transfer);
      } catch (ContentException e) {
        text(exchange, 400, e.getMessage() + "\n");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("stopped while serving", e);
    }
  }

  private void refuseBusy(HttpExchange exchange) throws IOException {
    shed.incrementAndGet();
    exchange.getResponseHeaders().set("Retry-After", "1");
    text(exchange, 503, "busy: too many transfers at once; try another replica\n");
  }

  private void route(HttpExchange exchange, Transfer transfer)
      throws IOException, InterruptedException {
    String path = exchange.getRequestURI().getPath();
    String method = exchange.getRequestMethod();
    if (path.equals(Pack.PATH) || path.equals(Pack.MISSING_PATH)) {
      many(exchange, transfer, method + " " + path);
      return;
    }
    List<String> names = List.of(path.split("/", -1));
    boolean known =
        names.size() == 4
            && (names.get(2).equals("chunks") || names.get(2).equals("index"))
            && Sha256.isHex(names.get(3));
    if (!known) {
      text(exchange, 404, "use /v1/chunks/SHA256 or /v1/index/DIGEST\n");
      return;
    }
    boolean chunk = names.get(2).equals("chunks");
    String hash = names.get(3);
    switch (method) {
      case "GET" -> {
        Lookup.Look look = chunk ? contents::chunk : contents::index;
        Optional<List<Contents.Held>> held = lookup.find(look, List.of(hash), transfer);
        if (held.isPresent()) {
          send(exchange, transfer, held.get().getFirst(), (chunk ? "chunk " : "index ") + hash);
        } else {
          refuseBusy(exchange);
        }
      }
      case "HEAD" -> {
        boolean sound = chunk ? contents.isSoundChunk(hash) : contents.isSoundIndex(hash);
        // this is how a receiver says that it doubts it: what is damaged goes away
        if (sound && held(chunk, hash) instanceof Contents.At place) {
          exchange.getResponseHeaders().set("Content-Length", Long.toString(place.size()));
          exchange.sendResponseHeaders(200, -1);
        } else {
          exchange.sendResponseHeaders(404, -1);
        }
      }
      case "PUT" -> {
        if (chunk || uploads.isEmpty()) {
          refuseMethod(exchange, "GET, HEAD");
        } else {
          text(exchange, uploads.get().index(exchange, transfer, hash));
        }
      }
      default ->
          refuseMethod(exchange, chunk || uploads.isEmpty() ? "GET, HEAD" : "GET, HEAD, PUT");
    }
  }

  /** What is asked of many chunks at once. */
  private void many(HttpExchange exchange, Transfer transfer, String request)
      throws IOException, InterruptedException {
    if (request.equals("POST " + Pack.PATH)) {
      byte[] hashes = Receiving.body(exchange, transfer, Pack.longestRequest());
      sendPack(exchange, transfer, Pack.hashes(hashes));
    } else if (uploads.isPresent() && request.equals("PUT " + Pack.PATH)) {
      takeChunks(exchange, transfer, uploads.get());
    } else if (uploads.isPresent() && request.equals("POST " + Pack.MISSING_PATH)) {
      text(exchange, uploads.get().missing(exchange, transfer));
    } else {
      boolean both = uploads.isPresent() && request.endsWith(" " + Pack.PATH);
      refuseMethod(exchange, both ? "POST, PUT" : "POST");
    }
  }

  /** A few at a time: the others wait, without a slot. */
  private void takeChunks(HttpExchange exchange, Transfer slot, Uploads into)
      throws IOException, InterruptedException {
    slot.stepAside();
    Optional<Transfer> room = inMemory.enter(slot.transferClass(), FOR_ROOM);
    if (room.isEmpty()) {
      Receiving.drain(exchange, Pack.longestUpload());
      refuseBusy(exchange);
      return;
    }
    try (Transfer transfer = room.get()) {
      text(exchange, into.chunks(exchange, transfer));
    }
  }

  private static void refuseMethod(HttpExchange exchange, String allowed) throws IOException {
    exchange.getResponseHeaders().set("Allow", allowed);
    text(exchange, 405, "use " + allowed + "\n");
  }

  private Contents.Held held(boolean chunk, String hash) throws IOException {
    return chunk ? contents.chunk(hash) : contents.index(hash);
  }

  private void send(HttpExchange exchange, Transfer transfer, Contents.Held held, String what)
      throws IOException, InterruptedException {
    switch (held) {
      case Contents.Absent absent -> {
        missed.incrementAndGet();
        text(exchange, 404, "no " + what + "\n");
      }
      case Contents.Soon soon -> {
        exchange.getResponseHeaders().set("Retry-After", "1");
        text(exchange, 503, "soon: " + what + " is on its way here\n");
      }
      case Contents.At place -> {
        long from = startAnswer(exchange, place.size());
        try (OutputStream out = exchange.getResponseBody();
            Sending sending = sending(out, place.size(), transfer)) {
          sending.file(place, from);
          sending.flush();
        }
      }
    }
  }

  private void sendPack(HttpExchange exchange, Transfer transfer, List<String> hashes)
      throws IOException, InterruptedException {
    Optional<List<Contents.Held>> found = lookup.find(contents::chunk, hashes, transfer);
    if (found.isEmpty()) {
      refuseBusy(exchange);
      return;
    }
    List<Contents.Held> chunks = found.get();
    long length = 0;
    for (Contents.Held held : chunks) {
      length += Integer.BYTES + (held instanceof Contents.At place ? place.size() : 0);
    }
    exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
    exchange.sendResponseHeaders(200, length == 0 ? -1 : length);
    try (OutputStream out = exchange.getResponseBody();
        Sending sending = sending(out, length, transfer)) {
      for (Contents.Held each : chunks) {
        switch (each) {
          case Contents.Absent absent -> {
            missed.incrementAndGet();
            sending.number(Pack.ABSENT);
          }
          case Contents.Soon soon -> sending.number(Pack.SOON);
          case Contents.At place -> {
            sending.number(Math.toIntExact(place.size()));
            sending.file(place, 0);
          }
        }
      }
      sending.flush();
    }
  }

  private Sending sending(OutputStream out, long length, Transfer transfer) {
    return new Sending(out, length, transfer, throttle, served);
  }

  /** Sends the head of an answer, of all or of what is behind the range's start. */
  private static long startAnswer(HttpExchange exchange, long length) throws IOException {
    long from = offset(exchange, length);
    exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
    exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(from, length - 1, length));
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, length - from);
    return from;
  }

  private static long offset(HttpExchange exchange, long length) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    Matcher matcher = RANGE.matcher(range == null ? "" : range);
    long from = matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
    // a range past the end is answered whole: the client verifies and starts over
    return from < length ? from : 0;
  }

  private static void text(HttpExchange exchange, Text answer) throws IOException {
    text(exchange, answer.code(), answer.text());
  }

  private static void text(HttpExchange exchange, int code, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(code, head || bytes.length == 0 ? -1 : bytes.length);
    if (!head) {
      exchange.getResponseBody().write(bytes);
    }
  }
}
