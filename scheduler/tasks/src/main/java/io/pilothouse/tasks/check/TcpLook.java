package io.pilothouse.tasks.check;

import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.CheckStatusInfo;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** Whether a port of this machine takes a connection. */
record TcpLook(String host, int port) implements Probe {
  @Override
  public Finding look(Duration timeout) throws InterruptedException {
    boolean taken;
    String failure = "";
    try (Socket socket = new Socket()) {
      long millis = Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE);
      socket.connect(new InetSocketAddress(host, port), (int) millis);
      taken = true;
    } catch (IOException | IllegalArgumentException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      taken = false;
      failure = "TCP connection failed: %s:%d: %s".formatted(host, port, e.getMessage());
    }
    CheckStatusInfo.Builder status = CheckStatusInfo.newBuilder().setType(CheckInfo.Type.TCP);
    status.getTcpBuilder().setSucceeded(taken);
    return new Finding(status.build(), failure);
  }
}
