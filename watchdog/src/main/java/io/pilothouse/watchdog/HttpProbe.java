package io.pilothouse.watchdog;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One GET with a time limit for all of it. The JDK's clients limit only the wait for the next byte:
 * a server that sends one now and then would hold a probe for ever.
 */
public final class HttpProbe {
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})( .*)?");
  private static final int LONGEST_STATUS_LINE = 1024;
  private static final int REST = 64 << 10;

  private HttpProbe() {}

  /**
   * The status that a server answers with.
   *
   * @throws IOException in words for a person: it does not, or not in time
   */
  public static int status(String host, int port, String path, Duration timeout)
      throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new IOException("no host is called " + host);
    }
    try (Socket socket = new Socket()) {
      socket.connect(address, left(deadline));
      String request =
          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: pilothouse\r\nConnection: close\r\n\r\n"
              .formatted(path, host, port);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      String line = statusLine(socket, deadline);
      Matcher status = STATUS.matcher(line);
      if (!status.matches()) {
        throw new IOException("it speaks no HTTP");
      }
      readRest(socket, deadline);
      return Integer.parseInt(status.group(1));
    } catch (SocketTimeoutException e) {
      throw new IOException("no answer in " + timeout.toMillis() + " ms", e);
    }
  }

  private static String statusLine(Socket socket, long deadline) throws IOException {
    InputStream in = socket.getInputStream();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (line.size() < LONGEST_STATUS_LINE) {
      socket.setSoTimeout(left(deadline));
      int next = in.read();
      if (next < 0) {
        throw new IOException("it closed the connection without an answer");
      }
      if (next == '\n') {
        break;
      }
      line.write(next);
    }
    return line.toString(StandardCharsets.US_ASCII).stripTrailing();
  }

  /** A server that is cut off in the middle of its answer would log that each time. */
  private static void readRest(Socket socket, long deadline) {
    try {
      InputStream in = socket.getInputStream();
      byte[] buffer = new byte[4096];
      int total = 0;
      for (int read = 0; read >= 0 && total < REST; total += read) {
        socket.setSoTimeout(left(deadline));
        read = in.read(buffer);
      }
    } catch (IOException e) {
      return; // it has answered: how it goes on is its own affair
    }
  }

  /** Milliseconds that are left, at least one: 0 would mean for ever. */
  private static int left(long deadline) throws SocketTimeoutException {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException();
    }
    return (int) Math.min(left, Integer.MAX_VALUE);
  }
}
