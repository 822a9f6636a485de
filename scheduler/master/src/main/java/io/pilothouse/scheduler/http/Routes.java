package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.scheduler.loop.Loop;
import io.pilothouse.scheduler.sandboxes.SandboxReads;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes: to the longest path that its own begins with, so that {@code
 * /api/v1/operator} is {@code /api/v1}. All is served below {@code /master}, too.
 */
public final class Routes implements Consumer<Exchange> {
  private static final String MASTER = "/master";

  private final Map<String, Consumer<Exchange>> routes = new HashMap<>();

  /**
   * @param started milliseconds since the epoch
   * @param sandboxes by which agents are asked for files
   */
  public Routes(
      Loop loop,
      Streams streams,
      Operators operators,
      MasterInfo master,
      long started,
      Entrance entrance,
      SandboxReads sandboxes) {
    Optional<Credentials> known = entrance.known();
    Documents documents = new Documents(loop);
    Pages pages =
        new Pages(loop, documents, new Gate(loop, known, "mesos-master-readonly"), master, started);
    routes.put(
        "/api/v1/scheduler",
        new SchedulerEndpoint(
                loop, streams, new Gate(loop, known, "mesos-master-scheduler"), entrance.turns())
            ::handle);
    Gate operatorGate = new Gate(loop, known, "mesos-master-readwrite");
    SandboxCalls files = new SandboxCalls(loop, sandboxes);
    OperatorEndpoint operator =
        new OperatorEndpoint(
            documents, operatorGate, operators, new MoreCalls(loop, files), master, started);
    routes.put("/api/v1", operator::handle);
    routes.put("/teardown", operator::tearDownPage);
    routes.put("/version", pages::version);
    routes.put("/health", pages::health);
    routes.put("/redirect", pages::redirect);
    routes.put("/metrics/snapshot", pages::metrics);
    routes.put("/state", pages::state);
    routes.put("/state.json", pages::state);
    routes.put("/state-summary", pages::summary);
    ToolPages tools =
        new ToolPages(loop, documents, new Gate(loop, known, "mesos-master-readonly"));
    routes.put("/slaves", tools::slaves);
    routes.put("/frameworks", tools::frameworks);
    routes.put("/tasks", tools::tasks);
    routes.put("/tasks.json", tools::tasks);
    routes.put("/roles", tools::roles);
    routes.put("/roles.json", tools::roles);
    routes.put("/quota", tools::quota);
    routes.put("/weights", tools::weights);
    FilePages sandboxPages = new FilePages(files, new Gate(loop, known, "mesos-master-readonly"));
    routes.put("/files/browse", sandboxPages::browse);
    routes.put("/files/browse.json", sandboxPages::browse);
    routes.put("/files/read", sandboxPages::read);
    routes.put("/files/read.json", sandboxPages::read);
    routes.put("/files/download", sandboxPages::download);
    routes.put("/files/download.json", sandboxPages::download);
    MachinePages machines = new MachinePages(loop, operatorGate);
    routes.put("/maintenance/schedule", machines::schedule);
    routes.put("/maintenance/status", machines::status);
    routes.put("/machine/up", machines::up);
    routes.put("/machine/down", machines::down);
    routes.put("/flags", machines::flags);
  }

  @Override
  public void accept(Exchange exchange) {
    String path = exchange.path();
    if (path.startsWith(MASTER + "/")) {
      path = path.substring(MASTER.length());
    }
    while (!path.isEmpty()) {
      @Nullable Consumer<Exchange> route = routes.get(path);
      if (route != null) {
        route.accept(exchange);
        return;
      }
      path = path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }
    exchange.text(404, "no such path: " + exchange.path());
  }
}
