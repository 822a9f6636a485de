package io.pilothouse.scheduler.http;

import io.pilothouse.kit.ProgramException;
import io.pilothouse.mesos.http.ApiPort;
import io.pilothouse.mesos.http.Exchange;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/** The port that frameworks and operators' tools connect to. */
public final class ApiServer implements AutoCloseable {
  private static final int LARGEST_BODY = 16 << 20;

  private final ApiPort port;

  /**
   * @param tls speaks TLS with this; clients need no certificate, since frameworks have none
   */
  public ApiServer(InetSocketAddress address, Optional<SSLContext> tls, Consumer<Exchange> routes) {
    try {
      port =
          new ApiPort(
              "scheduler-http", address, tls, bounds(Runtime.getRuntime().maxMemory()), routes);
    } catch (IOException e) {
      throw new ProgramException(
          "cannot serve the Mesos API on %s: %s: stop the program that has the port, `ss -ltnp`"
                  .formatted(address, e.getMessage())
              + " names it, or give another --api",
          e);
    }
  }

  /**
   * A body may be a task list of thousands. Whoever can connect can send one, and is asked only
   * then who he is: so all of them together are bounded, too.
   */
  static ApiPort.Bounds bounds(long memory) {
    int body = (int) Math.min(LARGEST_BODY, memory / 8);
    return new ApiPort.Bounds(2, 20_000, body, Math.max(2L * body, memory / 8), false);
  }

  public int port() {
    return port.port();
  }

  @Override
  public void close() {
    port.close();
  }
}
