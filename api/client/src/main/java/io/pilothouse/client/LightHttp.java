package io.pilothouse.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.pilothouse.tls.TimedSocket;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;

/**
 * One HTTP/1.1 POST (RFC 9112) on a connection of its own. By hand, because the JDK's clients load
 * several hundred classes more than this needs.
 */
final class LightHttp {
  private static final int MAX_BODY = 256 << 20;
  private static final int MAX_LINE = 16 << 10;
  private static final int MAX_LINES = 200;
  private static final int SHOWN = 200;

  /** Header names in lower case. */
  record Response(int status, Map<String, String> headers, ByteString body) {}

  private final ServerAddress server;
  private final long start = System.nanoTime();
  private final Duration timeout;
  private final Optional<SSLSocketFactory> tls;

  LightHttp(ServerAddress server, Duration timeout, Optional<SSLSocketFactory> tls) {
    this.server = server;
    this.timeout = timeout;
    this.tls = tls;
  }

  Response post(String path, Map<String, String> headers, byte[] body) throws IOException {
    try (TimedSocket plain = new TimedSocket(start + timeout.toNanos())) {
      plain.setTcpNoDelay(true);
      plain.connect(new InetSocketAddress(server.host(), server.port()), plain.millisLeft());
      Socket socket =
          tls.isPresent()
              ? tls.get().createSocket(plain, server.host(), server.port(), true)
              : plain;
      OutputStream out = socket.getOutputStream();
      out.write(message(path, headers, body));
      out.flush();
      return read(new BufferedInputStream(socket.getInputStream()));
    }
  }

  private byte[] message(String path, Map<String, String> headers, byte[] body) {
    StringBuilder head = new StringBuilder(256);
    head.append("POST ").append(path).append(" HTTP/1.1\r\nHost: ").append(server);
    head.append("\r\nConnection: close\r\nContent-Type: application/proto\r\nContent-Length: ");
    head.append(body.length).append("\r\n");
    headers.forEach((name, value) -> head.append(name + ": " + oneLine(value) + "\r\n"));
    head.append("\r\n");
    ByteArrayOutputStream message = new ByteArrayOutputStream(head.length() + body.length);
    message.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
    message.writeBytes(body);
    return message.toByteArray();
  }

  /** A line end in a value would let it forge headers. */
  private static String oneLine(String value) {
    return value.replace('\r', ' ').replace('\n', ' ');
  }

  static Response read(InputStream in) throws IOException {
    String statusLine = line(in);
    int status = status(statusLine);
    Map<String, String> headers = new HashMap<>();
    int lines = 0;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (++lines > MAX_LINES) {
        throw new IOException("the answer has more than " + MAX_LINES + " header lines");
      }
      int colon = line.indexOf(':');
      if (colon > 0) {
        String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
        headers.put(name, line.substring(colon + 1).trim());
      }
    }
    return new Response(
        status, Map.copyOf(headers), UnsafeByteOperations.unsafeWrap(body(in, headers)));
  }

  /** The number in {@code HTTP/1.1 200 OK}. */
  private static int status(String line) throws IOException {
    int space = line.indexOf(' ');
    try {
      if (line.startsWith("HTTP/1.") && line.length() >= space + 4) {
        return Integer.parseInt(line.substring(space + 1, space + 4));
      }
    } catch (NumberFormatException e) {
      throw new IOException("not an HTTP server: it answered '" + shown(line) + "'", e);
    }
    throw new IOException("not an HTTP server: it answered '" + shown(line) + "'");
  }

  /** It goes to a terminal: it must not move the cursor. */
  private static String shown(String text) {
    return text.substring(0, Math.min(SHOWN, text.length())).replaceAll("\\p{Cc}", "?");
  }

  private static byte[] body(InputStream in, Map<String, String> headers) throws IOException {
    if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      for (int size = chunkSize(in); size > 0; size = chunkSize(in)) {
        body.writeBytes(exactly(in, size));
        checkSize(body.size());
        line(in);
      }
      return body.toByteArray();
    }
    String length = headers.get("content-length");
    if (length == null) {
      byte[] body = in.readNBytes(MAX_BODY + 1);
      checkSize(body.length);
      return body;
    }
    return exactly(in, number(length, 10));
  }

  private static int chunkSize(InputStream in) throws IOException {
    String line = line(in);
    int semicolon = line.indexOf(';');
    return number(semicolon < 0 ? line : line.substring(0, semicolon), 16);
  }

  private static int number(String text, int radix) throws IOException {
    try {
      int number = Integer.parseInt(text.trim(), radix);
      checkSize(number);
      return number;
    } catch (NumberFormatException e) {
      throw new IOException("bad length '" + shown(text) + "' in the answer", e);
    }
  }

  private static void checkSize(int size) throws IOException {
    if (size < 0 || size > MAX_BODY) {
      throw new IOException(
          "an answer of " + size + " bytes is not taken: " + MAX_BODY + " at most");
    }
  }

  private static byte[] exactly(InputStream in, int size) throws IOException {
    byte[] bytes = in.readNBytes(size);
    if (bytes.length < size) {
      throw new EOFException("the answer ended after " + bytes.length + " of " + size + " bytes");
    }
    return bytes;
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder(80);
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the connection was closed before the answer was complete");
      }
      if (line.length() >= MAX_LINE) {
        throw new IOException("a header line of the answer is too long");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }
}
