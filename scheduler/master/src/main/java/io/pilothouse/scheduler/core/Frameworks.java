package io.pilothouse.scheduler.core;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.mesos.v1.FrameworkID;
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
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Frameworks come, fail over, change, and go. */
final class Frameworks {
  private static final Logger log = LoggerFactory.getLogger(Frameworks.class);

  static final String NOT_KEPT = "The Device Manager does not keep this framework: ";

  private final Tables tables;
  private final Offering offering;
  private final Statuses statuses;
  private final SubscriptionRules rules;
  private final Admission admission;

  Frameworks(Tables tables, Offering offering, Statuses statuses) {
    this.tables = tables;
    this.offering = offering;
    this.statuses = statuses;
    this.rules = new SubscriptionRules(tables);
    this.admission = new Admission(tables, this);
  }

  void subscribe(String stream, Call.Subscribe call, Optional<String> principal) {
    FrameworkInfo info = of(principal, call.getFrameworkInfo());
    String id = info.getId().getValue();
    @Nullable Framework known = tables.frameworks.get(id);
    Optional<FrameworkInfo> before = known == null ? admission.info(id) : Optional.of(known.info);
    FrameworkInfo asked = before.isPresent() ? asItWas(info, before.get()) : info;
    Optional<String> objection =
        rules
            .objection(asked, call.getSuppressedRolesList(), call.getOfferConstraints())
            .or(() -> before.flatMap(was -> FrameworkCheck.principalChanges(was, asked)))
            .or(() -> before.isPresent() ? Optional.empty() : admission.objection());
    if (objection.isPresent()) {
      log.info("Framework '{}' ({}) is refused: {}", info.getName(), id, objection.get());
      end(stream, objection.get());
      return;
    }
    if (before.isEmpty() && !admission.hasTime()) {
      // no ERROR, on which libraries give up: a stream that ends is tried again
      log.warn("Framework '{}' is put off: too many new ones", info.getName());
      tables.outbox.endStream(stream);
      return;
    }
    if (known == null || !known.written) {
      FrameworkInfo withId = withId(asked, id.isEmpty() ? freeId() : id);
      admission.subscribe(stream, !id.isEmpty(), asked(withId, call));
    } else {
      admission.supersede(id);
      comeBack(known, stream, asked(asked, call));
    }
  }

  private static Admission.Asked asked(FrameworkInfo info, Call.Subscribe call) {
    return new Admission.Asked(info, call.getSuppressedRolesList(), call.getOfferConstraints());
  }

  /** Whoever does not say whose it is is whom the call was authenticated as. */
  private static FrameworkInfo of(Optional<String> principal, FrameworkInfo info) {
    return principal.isPresent() && !info.hasPrincipal()
        ? info.toBuilder().setPrincipal(principal.get()).build()
        : info;
  }

  private static FrameworkInfo withId(FrameworkInfo info, String id) {
    return info.toBuilder().setId(FrameworkID.newBuilder().setValue(id)).build();
  }

  /** What cannot change is what it was; a framework that comes back may not know better. */
  private static FrameworkInfo asItWas(FrameworkInfo info, FrameworkInfo before) {
    FrameworkInfo.Builder is = info.toBuilder().setUser(before.getUser()).clearCheckpoint();
    return before.hasCheckpoint() ? is.setCheckpoint(before.getCheckpoint()).build() : is.build();
  }

  /** A new one that is written down. */
  void admit(String stream, String id, Admission.Asked asked) {
    @Nullable Framework known = tables.frameworks.get(id);
    if (known != null) { // an agent has told of it meanwhile
      Optional<String> objection = FrameworkCheck.principalChanges(known.info, asked.info());
      if (objection.isPresent()) {
        end(stream, objection.get());
      } else {
        comeBack(
            known,
            stream,
            new Admission.Asked(
                asItWas(asked.info(), known.info), asked.suppressed(), asked.constraints()));
      }
      return;
    }
    Framework added = new Framework(id, asked.info(), tables.now);
    added.kept = added.info;
    added.written = true;
    added.constraints = asked.constraints();
    tables.allocator.addFramework(
        FrameworkForm.of(added.info, asked.suppressed(), added.constraints));
    tables.frameworks.put(added.id, added);
    connect(added, stream);
    tellAdded(added);
  }

  private void comeBack(Framework known, String stream, Admission.Asked asked) {
    if (known.stream != null) {
      end(known.stream, "Framework failed over");
      tables.byStream.remove(known.stream);
      known.stream = null;
    }
    known.reregistered = tables.now;
    known.recovered = false;
    withdraw(known);
    change(known, asked.info(), asked.suppressed(), asked.constraints());
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
    } while (tables.frameworks.containsKey(id) || tables.isEnded(id) || admission.has(id));
    return id;
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

  void end(String stream, String why) {
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
    framework.requests.drop(List.of());
  }

  private void change(
      Framework framework,
      FrameworkInfo info,
      List<String> suppressed,
      OfferConstraints constraints) {
    framework.info = info;
    framework.constraints = constraints;
    keep(framework);
    tables.allocator.updateFramework(FrameworkForm.of(info, suppressed, constraints));
    tables.allocateSoon = true;
  }

  /** Behind: whoever changed it subscribes again with the next leader, and brings it. */
  private void keep(Framework framework) {
    if (framework.info.equals(framework.kept)) {
      return;
    }
    framework.kept = framework.info;
    FrameworkInfo info = framework.info;
    tables.writes.write(
        keeping(info), () -> framework.written = true, why -> notKept(framework, info, why));
  }

  /** It runs on: what is written down is what it was, and its next change is written again. */
  private void notKept(Framework framework, FrameworkInfo refused, String why) {
    if (refused.equals(framework.kept)) {
      log.error("Framework {} is kept as it was, not as it is now: {}", framework.id, why);
      framework.kept = null;
    }
  }

  /** The same, of a change that was on its way when it was admitted. */
  void notKept(String id, FrameworkInfo refused, String why) {
    @Nullable Framework framework = tables.frameworks.get(id);
    if (framework != null) {
      notKept(framework, refused, why);
    }
  }

  static Write keeping(FrameworkInfo info) {
    return new Write.KeepFramework(
        OfferFramework.newBuilder()
            .setId(info.getId().getValue())
            .setName(info.getName())
            .setPrincipal(info.getPrincipal())
            .addAllRoles(Framework.roles(info))
            .setFailoverTimeoutMs(Math.max(0, Math.round(info.getFailoverTimeout() * 1000)))
            .setInfo(info.toByteString())
            .build());
  }

  Answer update(Framework framework, Call.UpdateFramework call, Optional<String> principal) {
    FrameworkInfo info = of(principal, call.getFrameworkInfo());
    Optional<String> objection =
        rules
            .objection(info, call.getSuppressedRolesList(), call.getOfferConstraints())
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
      admission.streamEnded(stream);
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

  /** What earlier leaders wrote down. */
  void remember(List<OfferFramework> all) {
    List<OfferFramework> byEnd =
        all.stream().sorted(Comparator.comparingLong(OfferFramework::getEndedAt)).toList();
    for (OfferFramework each : byEnd) {
      FrameworkInfo info;
      try {
        info = withId(FrameworkInfo.parseFrom(each.getInfo()), each.getId());
        if (each.getEndedAt() == 0) {
          Framework framework = recover(info, each.getSince());
          framework.kept = info;
          framework.written = true;
          continue;
        }
      } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
        log.error(
            "Framework {} is left out: what the Device Manager keeps of it is none that this"
                + " scheduler takes; it may subscribe anew",
            each.getId(),
            e);
        continue;
      }
      tables.hasEnded(each.getId());
      complete(
          new Framework(each.getId(), info, each.getSince()),
          each.getEndedAt(),
          each.getEndedWhy());
    }
  }

  /** Known from an earlier leader, or from what an agent runs of it; it has not subscribed here. */
  Framework recover(FrameworkInfo info, long since) {
    Framework framework = new Framework(info.getId().getValue(), info, since);
    framework.recovered = true;
    framework.failoverDeadline =
        Math.max(
            saturated(tables.now, Math.max(0, Math.round(info.getFailoverTimeout() * 1000))),
            saturated(tables.now, tables.options.reregister()));
    tables.allocator.addFramework(
        FrameworkForm.of(framework.info, List.of(), framework.constraints));
    tables.allocator.deactivateFramework(framework.id);
    tables.frameworks.put(framework.id, framework);
    tellAdded(framework);
    return framework;
  }

  private void complete(Framework framework, long at, String why) {
    framework.unregistered = at;
    framework.endedWhy = why;
    tables.completed.put(framework.id, framework);
    if (tables.completed.size() > tables.options.most().completedFrameworks()) {
      tables.completed.pollFirstEntry();
    }
  }

  /** Of one that is not known to anybody else yet. */
  boolean tearDown(String id, String why) {
    return admission.tearDown(id, why);
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
    admission.withdraw(framework.id);
    withdraw(framework);
    endTasks(framework);
    for (Agent agent : tables.agents.values()) {
      if (agent.runsAnythingOf(framework)) {
        statuses.shutDown(agent, framework.id);
      }
    }
    framework.missed.clear();
    tables.allocator.removeFramework(framework.id);
    tables.frameworks.remove(framework.id);
    tables.operations.remove(framework);
    if (framework.stream != null) {
      tables.byStream.remove(framework.stream);
      tables.outbox.endStream(framework.stream);
      framework.stream = null;
    }
    if (!framework.written) { // the end of one that is not there would not be kept
      tables.writes.write(keeping(framework.info), () -> {}, refusal -> {});
    }
    complete(framework, tables.now, why);
    tables.end(framework.id, why);
    tables.allocateSoon = true;
    tables.tellOperators(
        io.pilothouse.mesos.v1.master.Event.newBuilder()
            .setType(io.pilothouse.mesos.v1.master.Event.Type.FRAMEWORK_REMOVED)
            .setFrameworkRemoved(FrameworkRemoved.newBuilder().setFrameworkInfo(framework.info)));
  }

  /** They are over for people; what they have is free when their agents say that they ended. */
  private void endTasks(Framework framework) {
    for (Task task : List.copyOf(framework.tasks.values())) {
      boolean runs = task.holding && !task.waiting;
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
      if (runs) {
        task.agent.kills.remove(task);
        framework.complete(task, tables.options.most().completedTasks());
      } else {
        statuses.forget(task);
      }
    }
    framework.tasks.clear();
  }

  private void tellAdded(Framework framework) {
    tables.tellOperators(
        io.pilothouse.mesos.v1.master.Event.newBuilder()
            .setType(io.pilothouse.mesos.v1.master.Event.Type.FRAMEWORK_ADDED)
            .setFrameworkAdded(
                FrameworkAdded.newBuilder().setFramework(FrameworkLook.of(framework).message())));
  }

  private void tellUpdated(Framework framework) {
    tables.tellOperators(
        io.pilothouse.mesos.v1.master.Event.newBuilder()
            .setType(io.pilothouse.mesos.v1.master.Event.Type.FRAMEWORK_UPDATED)
            .setFrameworkUpdated(
                FrameworkUpdated.newBuilder().setFramework(FrameworkLook.of(framework).message())));
  }
}
