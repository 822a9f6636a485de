package io.pilothouse.scheduler.core;

import io.pilothouse.scheduler.core.UnansweredException.Why;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Whom people mean by what they typed. */
final class Finder {
  private final Tables tables;

  Finder(Tables tables) {
    this.tables = tables;
  }

  /** By id, else by name; one that has ended only if none is there: the newest of that name. */
  Framework framework(String asked) {
    if (asked.isEmpty()) {
      throw new UnansweredException(Why.NOT_CLEAR, "which framework? say its id, or its name");
    }
    @Nullable Framework byId = tables.frameworks.get(asked);
    if (byId == null) {
      byId = tables.completed.get(asked);
    }
    if (byId != null) {
      return byId;
    }
    List<Framework> named = named(tables.frameworks.values(), asked);
    if (named.size() > 1) {
      throw new UnansweredException(
          Why.NOT_CLEAR,
          "%d frameworks have the name '%s': %s; say which one by its id"
              .formatted(named.size(), asked, Near.some(named.stream().map(f -> f.id).toList())));
    }
    if (named.isEmpty()) {
      named = named(tables.completed.values(), asked);
    }
    if (named.isEmpty()) {
      throw new UnansweredException(Why.NOT_FOUND, none(asked));
    }
    return named.get(named.size() - 1);
  }

  private static List<Framework> named(Collection<Framework> among, String name) {
    return among.stream().filter(each -> each.info.getName().equals(name)).toList();
  }

  private String none(String asked) {
    String hint =
        Near.hint(
            asked,
            Stream.concat(
                tables.frameworks.values().stream().flatMap(f -> Stream.of(f.id, name(f))),
                tables.completed.keySet().stream()));
    List<String> known =
        tables.frameworks.values().stream().map(f -> f.id + " '" + name(f) + "'").toList();
    return "no framework has the id or name '%s'%s; %s"
        .formatted(
            Bounded.text(asked),
            hint,
            known.isEmpty() ? "none is there" : "there are " + Near.some(known));
  }

  private static String name(Framework framework) {
    return Bounded.text(framework.info.getName());
  }

  /**
   * Of this id: one that is not over goes first.
   *
   * @param framework whose; empty: anybody's
   */
  Task task(String asked, Optional<Framework> framework) {
    if (asked.isEmpty()) {
      throw new UnansweredException(Why.NOT_CLEAR, "which task? say its id");
    }
    List<Framework> among =
        framework.map(List::of).orElseGet(() -> List.copyOf(tables.frameworks.values()));
    List<Task> found = tasks(among, asked);
    if (found.isEmpty() && framework.isEmpty()) {
      found = tasks(tables.completed.values(), asked);
    }
    if (found.size() > 1) {
      throw new UnansweredException(
          Why.NOT_CLEAR,
          ("%d frameworks have a task '%s': %s; say whose by the framework's id (pilot:"
                  + " --framework ID)")
              .formatted(
                  found.size(),
                  asked,
                  Near.some(found.stream().map(each -> each.framework.id).toList())));
    }
    if (found.isEmpty()) {
      throw new UnansweredException(
          Why.NOT_FOUND,
          "%s task '%s'%s; of those that are over the newest %d of each framework are kept"
              .formatted(
                  framework
                      .map(each -> "framework %s has no".formatted(each.id))
                      .orElse("no framework has a"),
                  Bounded.text(asked),
                  Near.hint(asked, among.stream().flatMap(Finder::ids)),
                  tables.options.most().completedTasks()));
    }
    return found.get(0);
  }

  private static List<Task> tasks(Collection<Framework> among, String id) {
    List<Task> found = new ArrayList<>();
    for (Framework each : among) {
      @Nullable Task task = each.tasks.get(id);
      if (task == null) {
        task = each.unreachable.get(id);
      }
      if (task == null) {
        // an id may have been used again: the newest counts
        task =
            each.completed.stream()
                .filter(done -> done.id().equals(id))
                .reduce((older, newer) -> newer)
                .orElse(null);
      }
      if (task != null) {
        found.add(task);
      }
    }
    return found;
  }

  private static Stream<String> ids(Framework framework) {
    return Stream.of(framework.tasks.values(), framework.unreachable.values(), framework.completed)
        .flatMap(Collection::stream)
        .map(Task::id);
  }
}
