package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.ExplainFrameworkReply;
import io.pilothouse.api.v1.ExplainFrameworkRequest;
import io.pilothouse.api.v1.ExplainTaskReply;
import io.pilothouse.api.v1.ExplainTaskRequest;
import io.pilothouse.api.v1.ListFrameworksReply;
import io.pilothouse.api.v1.ListFrameworksRequest;
import io.pilothouse.api.v1.ListRolesReply;
import io.pilothouse.api.v1.ListRolesRequest;
import io.pilothouse.api.v1.ListTasksReply;
import io.pilothouse.api.v1.ListTasksRequest;
import io.pilothouse.scheduler.core.UnansweredException.Why;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.stream.Stream;

/**
 * What people ask of the scheduler. Changes nothing; used on the core's thread, and not kept beyond
 * the input that it was made for. What cannot be answered throws {@link UnansweredException}.
 */
public final class Questions {
  /** Each is a question about all machines. */
  private static final int MOST_EXPLAINED = 16;

  private final Tables tables;
  private final Finder finder;

  Questions(Tables tables) {
    this.tables = tables;
    this.finder = new Finder(tables);
  }

  public ListFrameworksReply frameworks(ListFrameworksRequest request) {
    ListFrameworksReply.Builder reply = ListFrameworksReply.newBuilder();
    if (!request.getFramework().isEmpty()) {
      return reply.addFrameworks(Views.framework(finder.framework(request.getFramework()))).build();
    }
    List<Framework> all = new ArrayList<>(tables.frameworks.values());
    if (request.getEnded()) {
      all.addAll(tables.completed.values());
    }
    int left = Bounded.fill(all, Views::framework, reply::addFrameworks);
    return reply.setLeftOut(left).build();
  }

  public ListRolesReply roles(ListRolesRequest request) {
    ListRolesReply.Builder reply = ListRolesReply.newBuilder();
    List<RoleFigures> all = roles();
    if (!request.getRole().isEmpty()) {
      return reply.addRoles(RoleViews.role(role(all, request.getRole()))).build();
    }
    int left = Bounded.fill(all, RoleViews::role, reply::addRoles);
    return reply.setLeftOut(left).build();
  }

  /** By name: those that somebody is in, that operators set something of, and those above. */
  public List<RoleFigures> roles() {
    return new RoleCount(tables).roles();
  }

  private static RoleFigures role(List<RoleFigures> all, String name) {
    return all.stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UnansweredException(
                    Why.NOT_FOUND,
                    "no framework is in a role '%s', and nothing is set of it%s"
                        .formatted(
                            Bounded.text(name),
                            Near.hint(name, all.stream().map(RoleFigures::name)))));
  }

  public ListTasksReply tasks(ListTasksRequest request) {
    List<Framework> of = new ArrayList<>();
    if (request.getFramework().isEmpty()) {
      of.addAll(tables.frameworks.values());
      if (request.getEnded()) {
        of.addAll(tables.completed.values());
      }
    } else {
      of.add(finder.framework(request.getFramework()));
    }
    Iterable<Task> all =
        () ->
            of.stream()
                .flatMap(each -> tasks(each, request.getEnded()))
                .flatMap(Collection::stream)
                .iterator();
    ListTasksReply.Builder reply = ListTasksReply.newBuilder();
    int left = Bounded.fill(all, Views::task, reply::addTasks);
    return reply.setLeftOut(left).build();
  }

  private static Stream<Collection<Task>> tasks(Framework framework, boolean ended) {
    Stream<Collection<Task>> here =
        Stream.of(framework.tasks.values(), framework.unreachable.values());
    return ended ? Stream.concat(here, Stream.of(framework.completed)) : here;
  }

  public ExplainFrameworkReply explain(ExplainFrameworkRequest request) {
    Framework framework = finder.framework(request.getFramework());
    ExplainFrameworkReply.Builder reply =
        ExplainFrameworkReply.newBuilder().setFramework(Views.framework(framework));
    if (framework.ended()) {
      return reply.build();
    }
    SortedSet<String> its = framework.roles();
    String asked = request.getRole();
    if (!asked.isEmpty() && !its.contains(asked)) {
      throw new UnansweredException(
          Why.NOT_FOUND,
          "framework %s is not in role '%s'%s; it is in %s"
              .formatted(
                  framework.id,
                  Bounded.text(asked),
                  Near.hint(asked, its.stream()),
                  Near.some(its)));
    }
    List<String> wanted =
        asked.isEmpty() ? its.stream().limit(MOST_EXPLAINED).toList() : List.of(asked);
    List<RoleFigures> figures = roles();
    for (String role : wanted) {
      reply.addRoles(
          RoleViews.explanation(
              role(figures, role), tables.allocator.explain(framework.id, role, tables.now)));
    }
    return reply.setLeftOut(asked.isEmpty() ? its.size() - wanted.size() : 0).build();
  }

  public ExplainTaskReply explain(ExplainTaskRequest request) {
    Optional<Framework> framework =
        request.getFramework().isEmpty()
            ? Optional.empty()
            : Optional.of(finder.framework(request.getFramework()));
    Task task = finder.task(request.getTask(), framework);
    return ExplainTaskReply.newBuilder()
        .setTask(Views.task(task))
        .addAllLines(new TaskStory(tables, task).lines())
        .build();
  }

  /**
   * Where the sandbox of a task is.
   *
   * @param framework id or name; empty: the only one that has the task
   * @param machine empty: where the task is known to be; else anything that ran there
   * @param container empty: the run that is known, or the newest
   */
  public SandboxPlace sandbox(String task, String framework, String machine, String container) {
    Whereabouts where = new Whereabouts(tables);
    if (machine.isEmpty()) {
      return where.of(task, framework, container);
    }
    return where.on(machine, framework, task, container);
  }

  /**
   * The same as tools of Mesos name it.
   *
   * @param agent its id; empty: whichever has it
   * @param executor of a task without one: the task's id
   */
  public SandboxPlace sandboxOfExecutor(
      String agent, String framework, String executor, String container) {
    Whereabouts where = new Whereabouts(tables);
    if (!agent.isEmpty()) {
      return where.onAgent(agent, framework, executor, container);
    }
    return where
        .ofExecutor(framework, executor, container)
        .orElseThrow(
            () ->
                new UnansweredException(
                    Why.NOT_FOUND,
                    "framework '%s' has no executor or task '%s'"
                        .formatted(Bounded.text(framework), Bounded.text(executor))));
  }

  /** Which machines are taken, or will be. */
  public Maintenance maintenance() {
    return new Maintenance(tables);
  }

  /** Whom the one who would end a framework means; its id. */
  public String running(String framework) {
    Framework found = finder.framework(framework);
    if (found.ended()) {
      throw new UnansweredException(
          Why.REFUSED, "framework %s has ended already".formatted(found.id));
    }
    return found.id;
  }
}
