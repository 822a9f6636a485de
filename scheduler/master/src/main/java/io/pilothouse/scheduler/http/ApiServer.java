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
  /** A body may be a task list of thousands. */
  private static final ApiPort.Bounds BOUNDS =
      new ApiPort.Bounds(2, 20_000, 16 << 20, Long.MAX_VALUE, false);

  private final ApiPort port;

  /**
   * @param tls speaks TLS with this; clients need no certificate, since frameworks have none
   */
  public ApiServer(InetSocketAddress address, Optional<SSLContext> tls, Consumer<Exchange> routes) {
    try {
      port = new ApiPort("scheduler-http", address, tls, BOUNDS, routes);
    } catch (IOException e) {
      throw new ProgramException(
          "cannot serve the Mesos API on %s: %s: stop the program that has the port, `ss -ltnp`"
                  .formatted(address, e.getMessage())
              + " names it, or give another --api",
          e);
    }
  }

  public int port() {
    return port.port();
  }

  @Override
  public void close() {
    port.close();
  }
}
