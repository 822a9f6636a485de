package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A Device Manager's state in virtual time, driven by commands and by a Tick whenever one is due.
 * After every entry it checks the invariants, that each change of a condition was recorded once,
 * that a Tick left nothing due, and that a replica which only replays the events is the same.
 */
final class FleetScenario {
  static final VersionRef IMAGE = version("base", "1.0.0");

  final State state = new State();
  final List<Entry> log = new ArrayList<>();
  private final State replica = new State();
  private final Apply apply = new Apply();
  private long now = Instant.parse("2026-03-01T08:00:00Z").toEpochMilli();
  private long index;
  private final int birth;

  FleetScenario() {
    this(FeatureLevel.NEWEST);
  }

  /** Of a cluster that begins by the rules of a level. */
  private FleetScenario(int birth) {
    this.birth = birth;
  }

  /** The quick fleet of a cluster that began by older rules, every machine in service. */
  static FleetScenario bornAt(int level) {
    return inService(expected(new FleetScenario(level), QuickFleet.spec()));
  }

  /** The quick fleet is applied, its image registered, nothing discovered yet. */
  static FleetScenario expected() {
    return expected(QuickFleet.spec());
  }

  static FleetScenario expected(Fleet spec) {
    return expected(new FleetScenario(), spec);
  }

  private static FleetScenario expected(FleetScenario fleet, Fleet spec) {
    fleet.apply(spec);
    fleet.registers(IMAGE, true);
    return fleet;
  }

  /** Every machine is in service and HEALTHY. */
  static FleetScenario inService() {
    return inService(QuickFleet.spec());
  }

  static FleetScenario inService(Fleet spec) {
    return inService(expected(spec));
  }

  private static FleetScenario inService(FleetScenario fleet) {
    for (String name : List.copyOf(fleet.state.table(Table.MACHINE).keySet())) {
      fleet.machine(name).isDiscovered().isInstalled().reportsOk();
    }
    fleet.passes(QuickFleet.QUIET);
    assertThat(fleet.state.machines()).allMatch(each -> each.getCondition() == Condition.HEALTHY);
    return fleet;
  }

  FakeMachine machine(String name) {
    return new FakeMachine(this, name);
  }

  FakeRepairService repairService() {
    return new FakeRepairService(this, "repair-1");
  }

  Instant now() {
    return Instant.ofEpochMilli(now);
  }

  /** Lets time go by, with a Tick at each moment that one is due, as the leader would. */
  void passes(Duration span) {
    long until = now + span.toMillis();
    int ticks = 0;
    while (state.nextDue().filter(due -> due.toEpochMilli() <= until).isPresent()) {
      now = Math.max(now, state.nextDue().orElseThrow().toEpochMilli());
      commit(List.of(request(Command.newBuilder().setTick(Tick.newBuilder()), "dm", "").build()));
      assertThat(ticks++).as("Ticks within " + span).isLessThan(10_000);
    }
    now = until;
  }

  /** The leader's clock jumps: nobody had a chance to notice what was due meanwhile. */
  void jumps(Duration span) {
    now += span.toMillis();
  }

  /** Sends as an operator with a reason, and expects it to be done. */
  Reply sends(Command.Builder command) {
    Reply reply = answers(command);
    assertThat(reply.hasRefusal()).as(reply.getRefusal().getMessage()).isFalse();
    return reply;
  }

  /** Sends as an operator with a reason, and expects a refusal that says what to do. */
  Refusal isRefused(Command.Builder command) {
    SortedMap<Table, Object> before = tables();
    Reply reply = answers(command);
    assertThat(reply.hasRefusal()).as("refused: " + command).isTrue();
    assertThat(reply.getRefusal().getMessage()).isNotBlank();
    assertThat(reply.getRefusal().getRemedy()).isNotBlank();
    assertThat(tables()).as("a refused command leaves no trace").isEqualTo(before);
    return reply.getRefusal();
  }

  /** Everything but the clock. */
  private SortedMap<Table, Object> tables() {
    SortedMap<Table, Object> tables = new TreeMap<>();
    for (Table table : Table.values()) {
      tables.put(table, new TreeMap<>(state.table(table)));
    }
    tables.put(Table.META, state.meta().toBuilder().clearNow().build());
    return tables;
  }

  /** As {@link #sends(Command.Builder)}, by another person. */
  Reply sends(String principal, Command.Builder command) {
    Reply reply = commit(List.of(request(command, principal, "as the test asks").build())).get(0);
    assertThat(reply.hasRefusal()).as(reply.getRefusal().getMessage()).isFalse();
    return reply;
  }

  Reply answers(Command.Builder command) {
    return commit(List.of(request(command, "operator/alice", "as the test asks").build())).get(0);
  }

  static Request.Builder request(Command.Builder command, String principal, String reason) {
    return Request.newBuilder()
        .setPrincipal(principal)
        .setRequestId("rid")
        .setReason(reason)
        .setEntropy(ByteString.copyFromUtf8("entropy"))
        .setCommand(command);
  }

  /** One log entry, with everything that must hold after it. */
  List<Reply> commit(List<Request> requests) {
    SortedMap<String, Condition> conditions = conditions();
    Map<String, Budget.Usage> usage = Budget.usage(state);
    Entry entry =
        Entry.newBuilder().setAt(now).setBornAtLevel(birth).addAllRequests(requests).build();
    log.add(entry);
    Applied applied = apply.apply(state, entry, ++index);
    for (Event event : applied.events()) {
      replica.replay(event);
    }
    assertThat(Invariants.check(state, usage)).isEmpty();
    assertThat(StateDigest.of(replica)).isEqualTo(StateDigest.of(state));
    checkAudit(conditions);
    boolean tick = requests.stream().anyMatch(each -> each.getCommand().hasTick());
    if (tick) {
      assertThat(state.nextDue().filter(due -> !due.isAfter(now()))).as("still due").isEmpty();
    }
    return applied.replies();
  }

  private SortedMap<String, Condition> conditions() {
    SortedMap<String, Condition> conditions = new TreeMap<>();
    state.machines().forEach(each -> conditions.put(each.getName(), each.getCondition()));
    return conditions;
  }

  /** The records of this entry lead from the condition before to the one after, step by step. */
  private void checkAudit(SortedMap<String, Condition> before) {
    for (Machine machine : state.machines()) {
      Condition at = before.getOrDefault(machine.getName(), Condition.CONDITION_UNSPECIFIED);
      for (AuditRecord record : state.audit()) {
        if (record.getIndex() == index
            && record.getKind().equals("CONDITION")
            && record.getMachine().equals(machine.getName())) {
          String from = at == Condition.CONDITION_UNSPECIFIED ? "" : at.name();
          assertThat(record.getFrom()).as("record of " + machine.getName()).isEqualTo(from);
          assertThat(record.getEvidenceList()).as("evidence: " + record.getText()).isNotEmpty();
          at = Condition.valueOf(record.getTo());
        }
      }
      assertThat(machine.getCondition())
          .as("audited condition of " + machine.getName())
          .isEqualTo(at);
    }
  }

  /** Sets an entity without a command, in the state and in the replica that is compared to it. */
  void putEverywhere(Change change) {
    state.put(change);
    replica.put(change);
  }

  // what happens to the fleet as a whole

  List<String> apply(Fleet spec) {
    return sends(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(spec)))
        .getLinesList();
  }

  Refusal refuses(Fleet spec) {
    return isRefused(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(spec)));
  }

  static VersionRef version(String name, String version) {
    String digest =
        StateDigest.hex((name + version).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return VersionRef.newBuilder().setName(name).setVersion(version).setDigest(digest).build();
  }

  /** Registers a version, and has a deployment replica hold it. */
  void registers(VersionRef ref, boolean image) {
    registers(ref, image ? Thing.THING_IMAGE : Thing.THING_MANIFEST);
  }

  void registers(VersionRef ref, Thing thing) {
    boolean image = thing == Thing.THING_IMAGE;
    sends(
        Command.newBuilder()
            .setRegisterManifest(
                RegisterManifest.newBuilder()
                    .setManifest(
                        Manifest.newBuilder().setRef(ref).setImage(image).setThing(thing))));
    sends(
        Command.newBuilder()
            .setObserveReplica(
                ObserveReplica.newBuilder()
                    .setReplica(
                        DeploymentReplica.newBuilder()
                            .setId("deployment-1")
                            .setAddress("127.0.0.1:1")
                            .addAllHeld(
                                state.manifests().stream()
                                    .map(each -> each.getRef().getDigest())
                                    .sorted()
                                    .toList())
                            .setUp(true))));
  }

  /** The deployment replica comes up again, or has not been heard of. */
  void deployment(boolean up) {
    DeploymentReplica replica = state.replicas().iterator().next();
    sends(
        Command.newBuilder()
            .setObserveReplica(
                ObserveReplica.newBuilder().setReplica(replica.toBuilder().setUp(up))));
  }

  /** Takes or renews a lease for five minutes; returns its token. */
  long lease(String role, String holder) {
    return sends(
            Command.newBuilder()
                .setAcquireLease(
                    AcquireLease.newBuilder().setRole(role).setHolder(holder).setTtlMs(300_000)))
        .getLease()
        .getToken();
  }

  // what can be asked

  Machine show(String machine) {
    return state.machine(machine).orElseThrow();
  }

  /** Lets the time pass for which a fatal fault is looked at before hardware is replaced. */
  void looksTwice(String machine) {
    boolean waits =
        repairOf(machine).getVetoesList().stream()
            .anyMatch(each -> each.getKind().equals(SecondLook.VETO));
    if (waits) {
      passes(QuickFleet.CONFIRM);
    }
  }

  /** The machine's open repair. */
  Repair repairOf(String machine) {
    return state.repair(show(machine).getRepairId()).orElseThrow();
  }

  /** Records of a kind about a machine, oldest first. */
  List<AuditRecord> history(String machine, String kind) {
    return state.audit().stream()
        .filter(each -> each.getMachine().equals(machine) && each.getKind().equals(kind))
        .toList();
  }

  /** The conditions that a machine went through, oldest first. */
  List<String> conditionsOf(String machine) {
    return history(machine, "CONDITION").stream().map(AuditRecord::getTo).toList();
  }
}
