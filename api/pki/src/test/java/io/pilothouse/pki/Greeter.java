package io.pilothouse.pki;

import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A server that answers each connection with one byte and keeps it open until the caller ends. */
final class Greeter implements AutoCloseable {
  private final ServerSocket server;

  /** With TLS, or plain. */
  Greeter(Optional<TlsDirectory> tls) throws IOException {
    InetAddress here = InetAddress.getLoopbackAddress();
    if (tls.isPresent()) {
      SSLServerSocket secure =
          (SSLServerSocket)
              tls.get().server().getServerSocketFactory().createServerSocket(0, 50, here);
      secure.setNeedClientAuth(true);
      server = secure;
    } else {
      server = new ServerSocket(0, 50, here);
    }
    Thread.ofVirtual().start(this::accept);
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket each = server.accept();
        Thread.ofVirtual().start(() -> greet(each));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private static void greet(Socket caller) {
    try (caller) {
      byte[] said = new byte[64];
      int length = caller.getInputStream().read(said);
      while (length > 0) {
        caller.getOutputStream().write("hello\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        length = caller.getInputStream().read(said);
      }
    } catch (IOException e) {
      // refused: the caller's side tells the test why
    }
  }

  int port() {
    return server.getLocalPort();
  }

  /** An open connection that has been greeted. */
  static SSLSocket connect(int port, TlsDirectory tls, io.pilothouse.tls.Peers expected)
      throws IOException {
    SSLSocket socket =
        (SSLSocket)
            tls.client(expected)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), port);
    try {
      greeting(socket);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  static void greeting(SSLSocket socket) throws IOException {
    socket.setSoTimeout(5_000);
    socket.getOutputStream().write('?');
    if (socket.getInputStream().read() < 0) {
      throw new IOException("closed without a greeting");
    }
  }

  static String serverOf(SSLSocket socket) {
    return PeerName.of(socket.getSession()).principal();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
