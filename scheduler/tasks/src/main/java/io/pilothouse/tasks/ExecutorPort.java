package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.http.ApiPort;
import io.pilothouse.mesos.http.Exchange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where executors find the agent, on the machine alone. Opened for the first of them, and by the
 * next agent where they know it to be: their environment cannot be changed. Under the monitor of
 * {@link Tasks}.
 */
final class ExecutorPort implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ExecutorPort.class);
  private static final String HOST = "127.0.0.1";

  /** An agent has 40 MiB in all. */
  private static final ApiPort.Bounds BOUNDS = new ApiPort.Bounds(1, 1000, 2 << 20, 4 << 20, true);

  private final Path file;
  private final PortRange range;
  private final Consumer<Exchange> routes;
  private @Nullable ApiPort open;
  private boolean warned;

  /**
   * @param file for the port's number
   * @param range where it is to be
   */
  ExecutorPort(Path file, PortRange range, Consumer<Exchange> routes) {
    this.file = file;
    this.range = range;
    this.routes = routes;
  }

  boolean isOpen() {
    return open != null;
  }

  /**
   * Opens it if it is not.
   *
   * @param mayMove to another number, since nobody who runs knows this one
   * @throws IOException when it cannot be had
   */
  void open(boolean mayMove) throws IOException {
    if (open != null) {
      return;
    }
    int before = before();
    open = listen(mayMove || before == 0 ? range.tries(before) : List.of(before));
    if (!range.equals(PortRange.ANY) && !range.has(open.port())) {
      log.warn(
          "executors are served on port {}, which is not of {} (--executor-ports): another process"
              + " of this machine can take it while the agent is replaced",
          open.port(),
          range);
    }
    if (open.port() != before) {
      String text = Integer.toString(open.port());
      DurableFiles.replace(file, text.getBytes(StandardCharsets.UTF_8));
    }
    log.info("executors are served on {}", endpoint());
  }

  /** The same for executors that run; later if it cannot be had now. */
  boolean isOpenAgain() {
    try {
      open(false);
      return true;
    } catch (IOException e) {
      if (!warned) {
        warned = true;
        log.warn("{}; tried again until it is free: executors know no other", e.getMessage());
      }
      return false;
    }
  }

  private int before() throws IOException {
    if (!Files.isRegularFile(file)) {
      return 0;
    }
    try {
      int port = Integer.parseInt(Files.readString(file).strip());
      return port > 0 && port < 1 << 16 ? port : 0;
    } catch (NumberFormatException e) {
      log.warn("{} is damaged: executors of before will not find this agent", file);
      return 0;
    }
  }

  private ApiPort listen(List<Integer> ports) throws IOException {
    List<String> refusals = new ArrayList<>();
    for (int each : ports) {
      try {
        return listen(each);
      } catch (IOException e) {
        refusals.add("%s:%d: %s".formatted(HOST, each, e.getMessage()));
      }
    }
    throw new IOException("cannot listen for executors on " + String.join("; ", refusals));
  }

  private ApiPort listen(int port) throws IOException {
    InetAddress here = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    return new ApiPort(
        "executors", new InetSocketAddress(here, port), Optional.empty(), BOUNDS, routes);
  }

  int port() {
    if (open == null) {
      throw new IllegalStateException("not open");
    }
    return open.port();
  }

  /** Host and port. */
  String endpoint() {
    return HOST + ":" + port();
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
      open = null;
    }
  }
}
