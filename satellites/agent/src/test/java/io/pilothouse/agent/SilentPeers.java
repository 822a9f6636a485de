package io.pilothouse.agent;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Neighbours that take connections and never answer: the worst way to be dead. */
final class SilentPeers implements AutoCloseable {
  private final List<ServerSocket> listening = new ArrayList<>();
  private final List<Socket> taken = new CopyOnWriteArrayList<>();

  SilentPeers(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      listening.add(socket);
      Thread.ofVirtual().start(() -> take(socket));
    }
  }

  private void take(ServerSocket socket) {
    try {
      while (true) {
        taken.add(socket.accept());
      }
    } catch (IOException e) {
      return; // closed
    }
  }

  String[] addresses() {
    return listening.stream()
        .map(each -> "127.0.0.1:" + each.getLocalPort())
        .toArray(String[]::new);
  }

  /** How often one of them was asked. */
  int asked() {
    return taken.size();
  }

  @Override
  public void close() throws IOException {
    for (ServerSocket each : listening) {
      each.close();
    }
    for (Socket each : taken) {
      each.close();
    }
  }
}
