package io.pilothouse.scheduler.core;

import static io.pilothouse.scheduler.validation.FrameworkCheck.notAllowed;

import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.master.Event.FrameworkAdded;
import io.pilothouse.mesos.v1.master.Event.FrameworkRemoved;
import io.pilothouse.mesos.v1.master.Event.FrameworkUpdated;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.mesos.v1.scheduler.OfferConstraints;
import io.pilothouse.scheduler.validation.FrameworkCheck;
import io.pilothouse.scheduler.wire.FrameworkForm;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Frameworks come, fail over, change, and go. */
final class Frameworks {
  private static final Logger log = LoggerFactory.getLogger(Frameworks.class);

  private final Tables tables;
  private final Offering offering;
  private final Statuses statuses;

  Frameworks(Tables tables, Offering offering, Statuses statuses) {
    this.tables = tables;
    this.offering = offering;
    this.statuses = statuses;
  }

  void subscribe(String stream, Call.Subscribe call, Optional<String> principal) {
    FrameworkInfo info = call.getFrameworkInfo();
    if (principal.isPresent() && !info.hasPrincipal()) {
      info = info.toBuilder().setPrincipal(principal.get()).build();
    }
    String id = info.getId().getValue();
    @Nullable Framework known = tables.frameworks.get(id);
    if (known != null) {
      // what cannot change is what it was; a framework that comes back may not know better
      info =
          info.toBuilder()
              .setUser(known.info.getUser())
              .setCheckpoint(known.info.getCheckpoint())
              .build();
    }
    FrameworkInfo asked = info;
    Optional<String> objection =
        objection(asked, call.getSuppressedRolesList(), call.getOfferConstraints())
            .or(
                () ->
                    known == null
                        ? Optional.empty()
                        : FrameworkCheck.principalChanges(known.info, asked));
    if (objection.isPresent()) {
      log.info("Framework '{}' ({}) is refused: {}", info.getName(), id, objection.get());
      end(stream, objection.get());
      return;
    }
    if (known == null) {
      Framework added = new Framework(id.isEmpty() ? freeId() : id, info, tables.now);
      added.constraints = call.getOfferConstraints();
      tables.allocator.addFramework(
          FrameworkForm.of(added.info, call.getSuppressedRolesList(), added.constraints));
      tables.frameworks.put(added.id, added);
      connect(added, stream);
      tellAdded(added);
      return;
    }
    if (known.stream != null) {
      end(known.stream, "Framework failed over");
      tables.byStream.remove(known.stream);
      known.stream = null;
    }
    known.reregistered = tables.now;
    known.recovered = false;
    withdraw(known);
    change(known, info, call.getSuppressedRolesList(), call.getOfferConstraints());
    tables.allocator.activateFramework(known.id);
    connect(known, stream);
    statuses.tellAgain(known);
    tellUpdated(known);
  }

  /** Frameworks may bring ids of their own, and one may have brought the next of these. */
  private String freeId() {
    String id;
    do {
      id = "%s-%04d".formatted(tables.options.master().getId(), tables.nextFramework());
    } while (tables.frameworks.containsKey(id) || tables.completed.containsKey(id));
    return id;
  }

  private Optional<String> objection(
      FrameworkInfo info, List<String> suppressed, OfferConstraints constraints) {
    return FrameworkCheck.objection(info)
        .or(() -> notAllowed(Framework.roles(info), tables.options.roles()))
        .or(
            () ->
                !tables.options.root() && info.getUser().equals("root")
                    ? Optional.of(
                        "User 'root' is not allowed to run frameworks without --root_submissions"
                            + " set")
                    : Optional.empty())
        .or(
            () ->
                tables.completed.containsKey(info.getId().getValue())
                    ? Optional.of("Framework has been removed")
                    : Optional.empty())
        .or(() -> FrameworkCheck.suppressed(Framework.roles(info), suppressed))
        .or(() -> FrameworkForm.objection(Framework.roles(info), constraints))
        .or(() -> malformed(info, suppressed, constraints));
  }

  /** What the checks let pass and the allocator would not: said before anything is changed. */
  private static Optional<String> malformed(
      FrameworkInfo info, List<String> suppressed, OfferConstraints constraints) {
    try {
      var unused = FrameworkForm.of(info, suppressed, constraints);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of("'FrameworkInfo' is not valid: " + e.getMessage());
    }
  }

  private void connect(Framework framework, String stream) {
    framework.stream = stream;
    framework.nextHeartbeat = tables.now + tables.options.heartbeat();
    tables.byStream.put(stream, framework);
    log.info(
        "Framework {} '{}' is subscribed with roles {}",
        framework.id,
        framework.info.getName(),
        framework.roles());
    tables.tell(
        framework,
        Event.newBuilder()
            .setType(Event.Type.SUBSCRIBED)
            .setSubscribed(
                Event.Subscribed.newBuilder()
                    .setFrameworkId(framework.frameworkId())
                    .setHeartbeatIntervalSeconds(tables.options.heartbeat() / 1000.0)
                    .setMasterInfo(tables.options.master())));
    tables.tell(framework, Event.newBuilder().setType(Event.Type.HEARTBEAT));
    tables.allocateSoon = true;
  }

  private void end(String stream, String why) {
    tables.outbox.event(
        stream,
        Event.newBuilder()
            .setType(Event.Type.ERROR)
            .setError(Event.Error.newBuilder().setMessage(why))
            .build());
    tables.outbox.endStream(stream);
  }

  /** What its predecessor was offered, it does not know. */
  private void withdraw(Framework framework) {
    List.copyOf(framework.offers).forEach(offer -> offering.giveBack(offer, OptionalLong.empty()));
    tables.inverse.forget(framework);
  }

  private void change(
      Framework framework,
      FrameworkInfo info,
      List<String> suppressed,
      OfferConstraints constraints) {
    framework.info = info;
    framework.constraints = constraints;
    tables.allocator.updateFramework(FrameworkForm.of(info, suppressed, constraints));
    tables.allocateSoon = true;
  }

  Answer update(Framework framework, Call.UpdateFramework call) {
    FrameworkInfo info = call.getFrameworkInfo();
    Optional<String> objection =
        objection(info, call.getSuppressedRolesList(), call.getOfferConstraints())
            .or(() -> FrameworkCheck.changes(framework.info, info));
    if (objection.isPresent()) {
      return new Answer.Refused(400, objection.get());
    }
    // offers in roles that it has no more
    List.copyOf(framework.offers).stream()
        .filter(offer -> !Framework.roles(info).contains(offer.role()))
        .forEach(offering::rescind);
    change(framework, info, call.getSuppressedRolesList(), call.getOfferConstraints());
    tellUpdated(framework);
    return new Answer.Done();
  }

  void streamEnded(String stream) {
    @Nullable Framework framework = tables.byStream.remove(stream);
    if (framework == null) {
      return;
    }
    framework.stream = null;
    withdraw(framework);
    tables.allocator.deactivateFramework(framework.id);
    long wait = Math.round(framework.info.getFailoverTimeout() * 1000);
    framework.failoverDeadline = saturated(tables.now, Math.max(0, wait));
    log.info(
        "Framework {} '{}' is disconnected; it has {} s to come back",
        framework.id,
        framework.info.getName(),
        wait / 1000);
    if (wait <= 0) {
      remove(framework, "its stream ended, and its failover_timeout is 0");
    } else {
      tellUpdated(framework);
    }
  }

  private static long saturated(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  /** Known from what an agent runs of it; it has not subscribed here yet. */
  Framework recover(FrameworkInfo info) {
    Framework framework = new Framework(info.getId().getValue(), info, tables.now);
    framework.recovered = true;
    framework.failoverDeadline =
        Math.max(
            saturated(tables.now, Math.max(0, Math.round(info.getFailoverTimeout() * 1000))),
            saturated(tables.now, tables.options.reregister()));
    tables.frameworks.put(framework.id, framework);
    tables.allocator.addFramework(
        FrameworkForm.of(framework.info, List.of(), framework.constraints));
    tables.allocator.deactivateFramework(framework.id);
    tellAdded(framework);
    return framework;
  }

  void removeOverdue() {
    for (Framework each : List.copyOf(tables.frameworks.values())) {
      if (each.stream == null && tables.now >= each.failoverDeadline) {
        remove(each, "it did not come back within its failover_timeout");
      }
    }
  }

  void remove(Framework framework, String why) {
    log.info("Framework {} '{}' is removed: {}", framework.id, framework.info.getName(), why);
    withdraw(framework);
    for (Agent agent : tables.agents.values()) {
      if (agent.runsAnythingOf(framework)) {
        statuses.shutDown(agent, framework.id);
        agent.forget(framework);
      }
    }
    for (Task task : framework.tasks.values()) {
      if (!task.isOver()) {
        task.state = TaskState.TASK_KILLED;
        task.note(
            TaskStatus.newBuilder()
                .setTaskId(task.info.getTaskId())
                .setState(TaskState.TASK_KILLED)
                .setSource(TaskStatus.Source.SOURCE_MASTER)
                .setReason(TaskStatus.Reason.REASON_FRAMEWORK_REMOVED)
                .setMessage("Framework " + framework.id + " removed")
                .setTimestamp(tables.now / 1000.0)
                .build());
      }
      task.holding = false;
      framework.complete(task, tables.options.most().completedTasks());
    }
    framework.tasks.clear();
    framework.missed.clear();
    framework.unregistered = tables.now;
    tables.allocator.removeFramework(framework.id);
    tables.frameworks.remove(framework.id);
    if (framework.stream != null) {
      tables.byStream.remove(framework.stream);
      tables.outbox.endStream(framework.stream);
      framework.stream = null;
    }
    tables.completed.put(framework.id, framework);
    if (tables.completed.size() > tables.options.most().completedFrameworks()) {
      tables.completed.pollFirstEntry();
    }
    tables.allocateSoon = true;
    tables.tellOperators(
        io.pilothouse.mesos.v1.master.Event.newBuilder()
            .setType(io.pilothouse.mesos.v1.master.Event.Type.FRAMEWORK_REMOVED)
            .setFrameworkRemoved(FrameworkRemoved.newBuilder().setFrameworkInfo(framework.info)));
  }

  private void tellAdded(Framework framework) {
    tables.tellOperators(
        io.pilothouse.mesos.v1.master.Event.newBuilder()
            .setType(io.pilothouse.mesos.v1.master.Event.Type.FRAMEWORK_ADDED)
            .setFrameworkAdded(
                FrameworkAdded.newBuilder().setFramework(Picture.framework(framework))));
  }

  private void tellUpdated(Framework framework) {
    tables.tellOperators(
        io.pilothouse.mesos.v1.master.Event.newBuilder()
            .setType(io.pilothouse.mesos.v1.master.Event.Type.FRAMEWORK_UPDATED)
            .setFrameworkUpdated(
                FrameworkUpdated.newBuilder().setFramework(Picture.framework(framework))));
  }
}
