package io.pilothouse.testing.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;

/** Bytes sent to a port of this machine as they are, and what comes back until it is closed. */
public final class RawCall {
  private static final int MOST_ANSWER = 4 << 20;
  private static final int PATIENCE_MS = 20_000;

  private RawCall() {}

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

  /** The status of an HTTP answer, 0 when there is none. */
  public static int status(String answer) {
    return answer.matches("(?s)HTTP/1\\.[01] \\d{3}.*")
        ? Integer.parseInt(answer.substring(9, 12))
        : 0;
  }
}
