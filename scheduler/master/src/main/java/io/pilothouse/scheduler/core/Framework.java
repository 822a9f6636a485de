package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.FrameworkInfo.Capability;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.mesos.v1.scheduler.OfferConstraints;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A framework that is subscribed, or that may come back. */
final class Framework {
  /** Tasks on machines that do not answer; of those that were so first, no more is known. */
  private static final int UNREACHABLE = 10_000;

  private @Nullable FrameworkInfo soleRoleOf;
  private String soleRole = "*";

  final String id;
  FrameworkInfo info;
  OfferConstraints constraints = OfferConstraints.getDefaultInstance();

  /** Null while it is not subscribed. */
  @Nullable String stream;

  /** With which it is written down, or about to be; null: it could not be. */
  @Nullable FrameworkInfo kept;

  /** It is written down, if perhaps as it was before. */
  boolean written;

  /** Known from an earlier leader or its tasks: it has not subscribed with this scheduler yet. */
  boolean recovered;

  long registered;
  long reregistered;
  long unregistered;
  String endedWhy = "";
  long nextHeartbeat;

  /** While it is not subscribed: removed then. */
  long failoverDeadline;

  final Map<String, Task> tasks = new LinkedHashMap<>();
  final Map<String, Task> unreachable =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Task> eldest) {
          return size() > UNREACHABLE;
        }
      };

  /** Operations with an id that are under way or not acknowledged, by id. */
  final Map<String, KnownOperation> operations = new LinkedHashMap<>();

  final Deque<Task> completed = new ArrayDeque<>();
  final Set<Offer> offers = new LinkedHashSet<>();
  final Requests requests = new Requests();

  /** Of this scheduler's own making, while it was not subscribed. */
  final List<Event> missed = new ArrayList<>();

  Framework(String id, FrameworkInfo info, long now) {
    this.id = id;
    this.info = info.toBuilder().setId(FrameworkID.newBuilder().setValue(id)).build();
    this.registered = now;
  }

  FrameworkID frameworkId() {
    return info.getId();
  }

  /** Removed, and only kept to be looked at. */
  boolean ended() {
    return unregistered > 0;
  }

  boolean can(Capability.Type capability) {
    return info.getCapabilitiesList().stream().anyMatch(each -> each.getType() == capability);
  }

  SortedSet<String> roles() {
    return roles(info);
  }

  @SuppressWarnings("deprecation") // role is what frameworks of one role say
  static SortedSet<String> roles(FrameworkInfo info) {
    boolean several =
        info.getCapabilitiesList().stream()
            .anyMatch(each -> each.getType() == Capability.Type.MULTI_ROLE);
    return new TreeSet<>(several ? info.getRolesList() : List.of(info.getRole()));
  }

  /** The role of what says none: frameworks of one role need not. Asked for each task. */
  String soleRole() {
    if (!info.equals(soleRoleOf)) {
      SortedSet<String> roles = roles();
      soleRole = roles.isEmpty() ? "*" : roles.first();
      soleRoleOf = info;
    }
    return soleRole;
  }

  ResourceForm form() {
    return new ResourceForm(
        can(Capability.Type.RESERVATION_REFINEMENT), can(Capability.Type.MULTI_ROLE));
  }

  /** Those that cannot tell partitions apart are told that a task is lost, whatever happened. */
  TaskState orLost(TaskState state) {
    return can(Capability.Type.PARTITION_AWARE) ? state : TaskState.TASK_LOST;
  }

  /** Of one that has ended all are complete. */
  void complete(Task task, int most) {
    if (ended()) {
      return;
    }
    completed.addLast(task);
    while (completed.size() > most) {
      completed.removeFirst();
    }
  }
}
