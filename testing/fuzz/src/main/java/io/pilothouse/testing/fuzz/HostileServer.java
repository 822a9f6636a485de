package io.pilothouse.testing.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Answers whatever is asked with the bytes that it was told to, and closes the connection. */
public final class HostileServer implements AutoCloseable {
  private static final int MOST_UNREAD = 64 << 10;

  private final ServerSocket socket;
  private volatile byte[] answer = {};
  private volatile Runnable answered = () -> {};

  /** On loopback. */
  public HostileServer() throws IOException {
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().name("hostile-server").daemon().start(this::serve);
  }

  public int port() {
    return socket.getLocalPort();
  }

  /** From the next connection on. */
  public void answers(byte[] bytes) {
    answer = bytes;
  }

  /** Run after each answer, on a thread of the server's. */
  public void whenAnswered(Runnable what) {
    answered = what;
  }

  private void serve() {
    while (!socket.isClosed()) {
      try {
        Socket caller = socket.accept();
        // each for itself: who has an answer may call again before it has read all of that
        Thread.ofVirtual().start(() -> answer(caller));
      } catch (IOException e) {
        // it is closed, which is looked at above
      }
    }
  }

  private void answer(Socket connection) {
    try (Socket caller = connection) {
      caller.setSoTimeout(10_000);
      caller.setTcpNoDelay(true);
      readHead(caller.getInputStream());
      caller.getOutputStream().write(answer);
      caller.shutdownOutput();
      answered.run();
      // a body left unread would reset the connection before the answer is read
      caller.getInputStream().readNBytes(MOST_UNREAD);
    } catch (IOException e) {
      // the caller has gone, as it may
    }
  }

  private static void readHead(InputStream in) throws IOException {
    int ends = 0;
    for (int b = in.read(); b >= 0 && ends < 2; b = in.read()) {
      ends = b == '\n' ? ends + 1 : b == '\r' ? ends : 0;
      if (ends == 2) {
        return;
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
