package io.pilothouse.testing.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.List;

/** Bytes sent to a port of this machine as they are, and what comes back until it is closed. */
public final class RawCall {
  private static final int MOST_ANSWER = 4 << 20;
  private static final int PATIENCE_MS = 20_000;
  private static final int MOMENT_MS = 30;

  private RawCall() {}

  /**
   * A sound request.
   *
   * @param line method and path
   * @param headers without Host and Content-Length
   */
  public static byte[] request(String line, List<String> headers, byte[] body) {
    StringBuilder head = new StringBuilder(line).append(" HTTP/1.1\r\nHost: x\r\n");
    headers.forEach(each -> head.append(each).append("\r\n"));
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    byte[] begin = head.toString().getBytes(ISO_8859_1);
    byte[] whole = Arrays.copyOf(begin, begin.length + body.length);
    System.arraycopy(body, 0, whole, begin.length, body.length);
    return whole;
  }

  /**
   * The answer; empty when the connection was closed without one.
   *
   * @throws SocketTimeoutException when the other side neither answers nor closes
   */
  public static String of(int port, byte[] request) throws SocketTimeoutException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE_MS);
      socket.setTcpNoDelay(true);
      try {
        socket.getOutputStream().write(request);
        socket.shutdownOutput();
      } catch (IOException e) {
        // it was closed before all was sent; an answer may be there yet
      }
      InputStream in = socket.getInputStream();
      return new String(in.readNBytes(MOST_ANSWER), ISO_8859_1);
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      return ""; // reset: closed without an answer
    }
  }

  /**
   * The same of a sound request, to which the server closes the connection when it has answered.
   */
  public static String sound(int port, byte[] request) throws SocketTimeoutException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE_MS);
      socket.getOutputStream().write(request);
      return new String(socket.getInputStream().readNBytes(MOST_ANSWER), ISO_8859_1);
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      return ""; // reset: closed without an answer
    }
  }

  /**
   * The same of a server that answers nobody who has said that no more comes: that is said when the
   * answer begins, or when there is none for a moment.
   */
  public static String patiently(int port, byte[] request) throws SocketTimeoutException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      try {
        socket.getOutputStream().write(request);
        socket.setSoTimeout(MOMENT_MS);
        in.mark(1);
        if (in.read() >= 0) {
          in.reset();
        }
      } catch (SocketTimeoutException e) {
        // it waits for more
      }
      socket.setSoTimeout(PATIENCE_MS);
      socket.shutdownOutput();
      return new String(in.readNBytes(MOST_ANSWER), ISO_8859_1);
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      return ""; // reset: closed without an answer
    }
  }

  /**
   * A request whose Content-Length is the right one again, where it has one: else most of those
   * that were spoiled would never be read to their end.
   */
  public static byte[] complete(byte[] request) {
    String text = new String(request, ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      return request;
    }
    String head =
        text.substring(0, end)
            .replaceFirst(
                "(?i)content-length: *[0-9]*", "Content-Length: " + (text.length() - end - 4));
    return (head + text.substring(end)).getBytes(ISO_8859_1);
  }

  /** What an answer says behind its head, in UTF-8. */
  public static String text(String answer) {
    int end = answer.indexOf("\r\n\r\n");
    return end < 0 ? "" : new String(answer.substring(end + 4).getBytes(ISO_8859_1), UTF_8);
  }

  /** The status of an HTTP answer, 0 when there is none. */
  public static int status(String answer) {
    return answer.matches("(?s)HTTP/1\\.[01] \\d{3}.*")
        ? Integer.parseInt(answer.substring(9, 12))
        : 0;
  }
}
