package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.Throttle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** One deployment replica (or peer) spoken to over HTTP. Holds no connection between calls. */
final class ContentSource {
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration READ = Duration.ofSeconds(10);
  private static final int PIECE = 64 << 10;

  /** An answer without a body worth streaming. */
  record Answer(int code, String text) {}

  private final String address;
  private final Throttle throttle;

  ContentSource(String address, Throttle throttle) {
    this.address = address;
    this.throttle = throttle;
  }

  String address() {
    return address;
  }

  /**
   * Fetches from an offset on, appending to {@code sink} as bytes arrive, so that what came before
   * a cut is kept.
   *
   * @return whether the answer began at the offset; otherwise it is whole, from byte 0
   */
  boolean get(String path, long offset, long most, OutputStream sink)
      throws IOException, InterruptedException {
    HttpURLConnection connection = open(path, "GET");
    try {
      if (offset > 0) {
        connection.setRequestProperty("Range", "bytes=" + offset + "-");
      }
      int code = connection.getResponseCode();
      if (code != 200 && code != 206) {
        throw new ContentException(
            "%s answered %d for %s: %s".formatted(address, code, path, errorText(connection)));
      }
      boolean resumed = code == 206 && offset > 0;
      if (offset > 0 && !resumed) {
        throw new ContentException(address + " cannot resume " + path);
      }
      copy(connection, most, sink);
      return resumed;
    } finally {
      connection.disconnect();
    }
  }

  /** Fetches all of something small. */
  byte[] getAll(String path, int most) throws IOException, InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    get(path, 0, most, bytes);
    return bytes.toByteArray();
  }

  private void copy(HttpURLConnection connection, long most, OutputStream sink)
      throws IOException, InterruptedException {
    long total = 0;
    long expected = connection.getContentLengthLong();
    try (InputStream in = connection.getInputStream()) {
      byte[] buffer = new byte[PIECE];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        total += read;
        if (total > most) {
          throw new ContentException(address + " sent more than " + most + " bytes");
        }
        throttle.take(read);
        sink.write(buffer, 0, read);
      }
    }
    if (expected >= 0 && total < expected) {
      throw new IOException("%s closed after %d of %d bytes".formatted(address, total, expected));
    }
  }

  /** Whether it has something. */
  boolean has(String path) throws IOException {
    HttpURLConnection connection = open(path, "HEAD");
    try {
      return connection.getResponseCode() == 200;
    } finally {
      connection.disconnect();
    }
  }

  /** Sends bytes. */
  Answer put(String path, byte[] bytes) throws IOException, InterruptedException {
    HttpURLConnection connection = open(path, "PUT");
    try {
      connection.setDoOutput(true);
      connection.setFixedLengthStreamingMode(bytes.length);
      try (OutputStream out = connection.getOutputStream()) {
        for (int sent = 0; sent < bytes.length; sent += PIECE) {
          int piece = Math.min(PIECE, bytes.length - sent);
          throttle.take(piece);
          out.write(bytes, sent, piece);
        }
      }
      int code = connection.getResponseCode();
      return new Answer(code, code < 400 ? "" : errorText(connection));
    } finally {
      connection.disconnect();
    }
  }

  private HttpURLConnection open(String path, String method) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create("http://" + address + path).toURL().openConnection();
    connection.setRequestMethod(method);
    connection.setConnectTimeout((int) CONNECT.toMillis());
    connection.setReadTimeout((int) READ.toMillis());
    connection.setUseCaches(false);
    connection.setInstanceFollowRedirects(false);
    return connection;
  }

  private static String errorText(HttpURLConnection connection) throws IOException {
    try (InputStream in = connection.getErrorStream()) {
      return in == null ? "" : new String(in.readNBytes(1 << 20), StandardCharsets.UTF_8).strip();
    }
  }
}
