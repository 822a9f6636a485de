package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.Task;
import io.pilothouse.mesos.v1.master.Response.GetAgents;
import io.pilothouse.mesos.v1.master.Response.GetFrameworks;
import io.pilothouse.mesos.v1.master.Response.GetState;
import io.pilothouse.mesos.v1.master.Response.GetTasks;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.Picture;
import io.pilothouse.scheduler.core.RoleFigures;
import io.pilothouse.scheduler.loop.Loop;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** More of what tools poll with GET: a part of {@code /state} each, and what is set of roles. */
final class ToolPages {
  /** Tasks that are shown unless more are asked for, as in Mesos. */
  private static final int TASKS = 100;

  private final Loop loop;
  private final Documents documents;
  private final Gate gate;

  ToolPages(Loop loop, Documents documents, Gate gate) {
    this.loop = loop;
    this.documents = documents;
    this.gate = gate;
  }

  void slaves(Exchange exchange) {
    document(
        exchange,
        picture -> {
          Supplier<GetAgents> agents = picture.agentsLater();
          return () ->
              ToolJson.slaves(
                  GetState.newBuilder().setGetAgents(agents.get()).build(),
                  exchange.parameter("slave_id"));
        });
  }

  void frameworks(Exchange exchange) {
    document(
        exchange,
        picture -> {
          Supplier<GetFrameworks> frameworks = picture.frameworksLater();
          Supplier<GetTasks> tasks = picture.tasksLater();
          return () ->
              ToolJson.frameworks(
                  GetState.newBuilder()
                      .setGetFrameworks(frameworks.get())
                      .setGetTasks(tasks.get())
                      .build(),
                  exchange.parameter("framework_id"));
        });
  }

  void tasks(Exchange exchange) {
    int limit;
    int offset;
    boolean ascending;
    try {
      limit = number(exchange, "limit", TASKS);
      offset = number(exchange, "offset", 0);
      ascending = ascending(exchange);
    } catch (IllegalArgumentException e) {
      exchange.text(400, "Failed to read the query: " + e.getMessage());
      return;
    }
    Predicate<Task> asked = asked(exchange);
    document(
        exchange,
        picture -> {
          Supplier<GetTasks> later = picture.tasksLater();
          return () ->
              json -> {
                GetTasks all = later.get();
                List<Task> wanted = new ArrayList<>();
                for (List<Task> some :
                    List.of(
                        all.getTasksList(),
                        all.getUnreachableTasksList(),
                        all.getCompletedTasksList())) {
                  some.stream().filter(asked).forEach(wanted::add);
                }
                Comparator<Task> byTime = Comparator.comparingDouble(ToolPages::began);
                wanted.sort(ascending ? byTime : byTime.reversed());
                ToolJson.tasks(json, wanted.stream().skip(offset).limit(limit).toList());
              };
        });
  }

  /** Of its first status; one without any is the newest. */
  private static double began(Task task) {
    return task.getStatusesCount() == 0
        ? Double.POSITIVE_INFINITY
        : task.getStatuses(0).getTimestamp();
  }

  private static Predicate<Task> asked(Exchange exchange) {
    Optional<String> framework = exchange.parameter("framework_id");
    Optional<String> id = exchange.parameter("task_id");
    return task ->
        framework.map(task.getFrameworkId().getValue()::equals).orElse(true)
            && id.map(task.getTaskId().getValue()::equals).orElse(true);
  }

  private static int number(Exchange exchange, String name, int otherwise) {
    Optional<String> said = exchange.parameter(name);
    if (said.isEmpty()) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(said.get());
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // answered below, as a negative one is
    }
    throw new IllegalArgumentException(
        "%s is '%s'; expected a number from 0 to %d"
            .formatted(name, said.get(), Integer.MAX_VALUE));
  }

  private static boolean ascending(Exchange exchange) {
    String order = exchange.parameter("order").orElse("des");
    return switch (order) {
      case "asc" -> true;
      case "des", "desc" -> false;
      default ->
          throw new IllegalArgumentException("order is '" + order + "'; expected asc or des");
    };
  }

  void roles(Exchange exchange) {
    ask(
        exchange,
        (core, now) -> {
          List<RoleFigures> roles = core.questions(now).roles();
          return json -> ToolJson.roles(json, roles);
        });
  }

  void quota(Exchange exchange) {
    if (isRead(exchange)) {
      ask(
          exchange,
          (core, now) -> {
            List<RoleFigures> roles = core.questions(now).roles();
            return json -> ToolJson.quota(json, roles);
          });
    }
  }

  void weights(Exchange exchange) {
    if (isRead(exchange)) {
      ask(
          exchange,
          (core, now) -> {
            List<RoleFigures> roles = core.questions(now).roles();
            return json -> ToolJson.weights(json, roles);
          });
    }
  }

  /** False: it was answered. */
  private boolean isRead(Exchange exchange) {
    switch (exchange.method()) {
      case "GET" -> {
        return true;
      }
      case "POST", "PUT", "DELETE" -> {
        if (gate.pass(exchange) != null) {
          exchange.text(403, exchange.method() + OperatorEndpoint.ROLES_ARE_TEXT);
        }
      }
      default ->
          exchange.text(
              405,
              "Expecting one of { 'GET' }, but received '" + exchange.method() + "'",
              Map.of("Allow", "GET"));
    }
    return false;
  }

  /** The same, of what is large. */
  private void document(Exchange exchange, Function<Picture, Supplier<Pages.Writer>> what) {
    if (gate.pass(exchange) == null) {
      return;
    }
    documents.answer(
        exchange,
        (core, now) -> {
          Supplier<Pages.Writer> writer = what.apply(core.picture());
          return () -> exchange.json(Pages.document(writer.get()));
        });
  }

  /** The core is asked for what there is; the text is made of it elsewhere. */
  private void ask(Exchange exchange, BiFunction<Core, Long, Pages.Writer> what) {
    if (gate.pass(exchange) == null) {
      return;
    }
    loop.submit(
        (core, now) -> {
          Pages.Writer writer = what.apply(core, now);
          exchange.later(() -> exchange.json(Pages.document(writer)));
        },
        () -> exchange.text(503, Gate.NOT_LEADING));
  }
}
