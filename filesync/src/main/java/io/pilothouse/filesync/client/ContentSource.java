package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Hold;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.TransferClass;
import io.pilothouse.tls.HttpConnections;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One deployment replica (or peer) spoken to over HTTP. Holds no connection between calls. */
final class ContentSource {
  private static final Logger log = LoggerFactory.getLogger(ContentSource.class);
  private static final int PIECE = 64 << 10;
  private static final int LONGEST_ERROR = 500;

  /** An answer without a body worth streaming. */
  record Answer(int code, String text) {}

  private final String address;
  private final HttpConnections connections;
  private final Limits limits;
  private final Patience patience;
  private final Duration read;
  private final Duration hold;

  /**
   * @param read how long it may take to send the next bytes
   * @param hold how long it may hold a request that it cannot answer yet
   */
  ContentSource(
      String address,
      HttpConnections connections,
      Limits limits,
      Patience patience,
      Duration read,
      Duration hold) {
    this.address = address;
    this.connections = connections;
    this.limits = limits;
    this.patience = patience;
    this.read = read;
    this.hold = hold;
  }

  String address() {
    return address;
  }

  /**
   * Fetches into a file, going on at its end. Bytes are written as they arrive, so that what came
   * before a cut is kept; a source that cannot go on in the middle sends all of it again.
   *
   * @param size of the whole in bytes; a source that sends more is refused
   */
  void getInto(String path, Path partial, long size) throws IOException, InterruptedException {
    long have = LocalTrouble.marked(() -> Files.exists(partial) ? Files.size(partial) : 0);
    HttpURLConnection connection = open(path, "GET");
    try {
      if (have > 0) {
        connection.setRequestProperty("Range", "bytes=" + have + "-");
      }
      boolean goesOn = requireFound(connection, path) == HttpURLConnection.HTTP_PARTIAL;
      StandardOpenOption how =
          goesOn ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING;
      try (OutputStream out =
          LocalTrouble.marked(
              () ->
                  Files.newOutputStream(
                      partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE, how))) {
        copy(connection, goesOn ? size - have : size, out);
      }
    } finally {
      connection.disconnect();
    }
  }

  /** Takes the chunks of one answer, in the order in which they were asked for. */
  interface PackReceiver {
    /** The answer begins: where it goes, with room for the longest chunk and for an int. */
    byte[] begins() throws InterruptedException;

    /** A chunk has come, not verified; its bytes stay there until this returns. */
    void came(ByteBuffer chunk) throws IOException;

    void absent();

    void soon();

    /** The answer ends in the middle of a chunk. */
    void cut(ByteBuffer beginning) throws IOException;
  }

  /** Fetches many chunks in one answer. */
  void pack(List<Chunk> chunks, PackReceiver receiver) throws IOException, InterruptedException {
    byte[] request = Pack.request(chunks.stream().map(Chunk::sha256).toList());
    HttpURLConnection connection = open(Pack.PATH, "POST");
    boolean complete = false;
    try {
      connection.setDoOutput(true);
      connection.setFixedLengthStreamingMode(request.length);
      try (OutputStream out = connection.getOutputStream()) {
        out.write(request);
      }
      requireFound(connection, Pack.PATH);
      try (InputStream in = connection.getInputStream()) {
        PackStream stream = new PackStream(in, receiver.begins(), limits, patience.whole());
        for (Chunk each : chunks) {
          receive(stream, each, receiver);
        }
      }
      complete = true;
    } finally {
      if (!complete) {
        connection.disconnect(); // else the next request goes over it
      }
    }
  }

  private static void receive(PackStream stream, Chunk chunk, PackReceiver receiver)
      throws IOException, InterruptedException {
    int size = stream.number();
    switch (size) {
      case Pack.ABSENT -> receiver.absent();
      case Pack.SOON -> receiver.soon();
      default -> {
        if (size != chunk.size()) {
          throw new ContentException(
              "it sent %d bytes as a chunk of %d".formatted(size, chunk.size()));
        }
        ByteBuffer bytes;
        try {
          bytes = stream.next(size);
        } catch (IOException e) {
          receiver.cut(stream.rest());
          throw e;
        }
        receiver.came(bytes);
      }
    }
  }

  /** Tells a source that it sent wrong bytes: it looks at its disk. */
  void doubt(Chunk chunk) {
    try {
      has("/v1/chunks/" + chunk.sha256());
    } catch (IOException e) {
      log.debug("{} could not be told of its wrong bytes: {}", address, e.getMessage());
    }
  }

  private int requireFound(HttpURLConnection connection, String path) throws IOException {
    int code = connection.getResponseCode();
    if (code == HttpURLConnection.HTTP_UNAVAILABLE) {
      throw new BusyException(address + " is busy");
    }
    if (code != HttpURLConnection.HTTP_OK && code != HttpURLConnection.HTTP_PARTIAL) {
      throw new ContentException(
          "it answered %d for %s: %s".formatted(code, path, errorText(connection)));
    }
    return code;
  }

  private void copy(HttpURLConnection connection, long most, OutputStream sink)
      throws IOException, InterruptedException {
    long total = 0;
    long expected = connection.getContentLengthLong();
    long waited = 0;
    try (InputStream in = connection.getInputStream()) {
      byte[] buffer = new byte[PIECE];
      while (true) {
        long before = System.nanoTime();
        int read = in.read(buffer);
        waited += System.nanoTime() - before;
        if (read < 0) {
          break;
        }
        total += read;
        if (total > most) {
          throw new ContentException("it sent more than " + most + " bytes");
        }
        limits.take(read);
        int length = read;
        LocalTrouble.marked(
            () -> {
              sink.write(buffer, 0, length);
              return sink;
            });
        if (waited > patience.whole().toNanos()) {
          throw new IOException("only %d bytes came in %s".formatted(total, patience.whole()));
        }
      }
    }
    if (expected >= 0 && total < expected) {
      throw new IOException("it closed after %d of %d bytes".formatted(total, expected));
    }
  }

  /** Whether it has something. */
  boolean has(String path) throws IOException {
    HttpURLConnection connection = open(path, "HEAD");
    try {
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } finally {
      connection.disconnect();
    }
  }

  /** Sends bytes. */
  Answer put(String path, byte[] bytes) throws IOException, InterruptedException {
    return send("PUT", path, new ByteArrayInputStream(bytes), bytes.length);
  }

  /** Sends a file. */
  Answer put(String path, Path file) throws IOException, InterruptedException {
    try (InputStream in = LocalTrouble.marked(() -> Files.newInputStream(file))) {
      return send("PUT", path, in, Files.size(file));
    }
  }

  /** Asks something, to which the answer is about as long. */
  Answer post(String path, byte[] bytes) throws IOException, InterruptedException {
    return send("POST", path, new ByteArrayInputStream(bytes), bytes.length);
  }

  private Answer send(String method, String path, InputStream body, long length)
      throws IOException, InterruptedException {
    HttpURLConnection connection = open(path, method);
    try {
      // it answers when all is flushed, and its disk may be busy
      connection.setReadTimeout((int) patience.whole().toMillis());
      connection.setDoOutput(true);
      connection.setFixedLengthStreamingMode(length);
      try (OutputStream out = connection.getOutputStream()) {
        byte[] buffer = new byte[(int) Math.min(PIECE, length)];
        for (long sent = 0; sent < length; ) {
          int piece = LocalTrouble.marked(() -> read(body, buffer));
          limits.take(piece);
          out.write(buffer, 0, piece);
          sent += piece;
        }
      }
      int code = connection.getResponseCode();
      return new Answer(code, code < 400 ? text(connection, length) : errorText(connection));
    } finally {
      connection.disconnect();
    }
  }

  private static int read(InputStream body, byte[] buffer) throws IOException {
    int read = body.readNBytes(buffer, 0, buffer.length);
    if (read == 0) {
      throw new EOFException("what is sent became shorter meanwhile");
    }
    return read;
  }

  private HttpURLConnection open(String path, String method) throws IOException {
    HttpURLConnection connection;
    try {
      connection = connections.open(address, path);
    } catch (IllegalArgumentException e) {
      throw new ContentException("\"" + address + "\" is not an address: expected host:port", e);
    }
    connection.setRequestMethod(method);
    connection.setConnectTimeout((int) patience.connect().toMillis());
    connection.setReadTimeout((int) read.toMillis());
    connection.setRequestProperty(TransferClass.HEADER, limits.transferClass().text());
    if (!hold.isZero()) {
      connection.setRequestProperty(Hold.HEADER, Hold.text(hold));
    }
    connection.setUseCaches(false);
    connection.setInstanceFollowRedirects(false);
    return connection;
  }

  private static String text(HttpURLConnection connection, long most) throws IOException {
    try (InputStream in = connection.getInputStream()) {
      return new String(in.readNBytes(Math.toIntExact(most)), StandardCharsets.UTF_8);
    }
  }

  private static String errorText(HttpURLConnection connection) throws IOException {
    try (InputStream in = connection.getErrorStream()) {
      return in == null
          ? ""
          : new String(in.readNBytes(LONGEST_ERROR), StandardCharsets.UTF_8).strip();
    }
  }
}
