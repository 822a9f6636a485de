package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.AuditKey;
import io.pilothouse.api.log.v1.ClientSession;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.FleetPart;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.VerdictKey;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.DomainHold;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Freeze;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.Order;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * The state as one request sees and changes it. Each {@code put} yields an event and is visible to
 * later reads of the same request at once; {@link #undo} takes all of them back, so a refused
 * request leaves no trace.
 */
public final class Draft implements Entities {

  private final State state;
  private final Instant now;
  private final long index;
  private Request request;
  private final int firstOrdinal;
  private final List<Event> events = new ArrayList<>();
  private final List<Change> before = new ArrayList<>();
  private final Agenda agenda = new Agenda();
  private TrailChain chain;
  private int audits;

  Draft(State state, Instant now, long index, Request request, int firstOrdinal) {
    this.state = state;
    this.now = now;
    this.index = index;
    this.request = request;
    this.firstOrdinal = firstOrdinal;
    this.chain = TrailChain.of(state.meta());
  }

  /** The decision's time: the highest leader stamp so far. */
  public Instant now() {
    return now;
  }

  /** {@link #now} as entities store it. */
  public long nowMillis() {
    return now.toEpochMilli();
  }

  /** Log index of the entry; the revision of whatever it changes. */
  public long index() {
    return index;
  }

  public Request request() {
    return request;
  }

  /** From here on somebody else's order is done: he is who did it, in his words. */
  void actAs(Request other) {
    request = other;
  }

  /** Machines put since {@link #takeTouched} was last called: those whose rules must be re-run. */
  public SortedSet<String> takeTouched() {
    return agenda.takeMachines();
  }

  /** What each rule has to look at again. */
  Agenda agenda() {
    return agenda;
  }

  /** A fresh fencing token, above all given before. */
  public long nextToken() {
    long token = meta().getNextToken() + 1;
    put(meta().toBuilder().setNextToken(token).build());
    return token;
  }

  /** Has the machine's rules re-run although it did not change itself (a verdict of it did). */
  public void touch(String machine) {
    agenda.machine(machine);
  }

  /** Has the rules of every machine re-run. */
  void touchAll() {
    agenda.machines(table(Table.MACHINE));
  }

  /** When the first timeout is due that was not decided yet, by now or later. */
  Optional<Instant> nextDue() {
    return state.nextDue();
  }

  /** What is due by now in a table, by key. */
  public SortedMap<String, Message> due(Table table) {
    return state.due(table, now);
  }

  @Override
  public SortedMap<String, Message> table(Table table) {
    return state.table(table);
  }

  @Override
  public Indexes indexes() {
    return state.indexes();
  }

  public void put(Meta meta) {
    add(Event.newBuilder().setMeta(meta).build());
  }

  public void put(Fleet fleet) {
    add(Event.newBuilder().setFleet(fleet).build());
  }

  /** Also stamps the machine's revision. */
  public void put(Machine machine) {
    Optional<Machine> before = machine(machine.getName());
    if (before.filter(each -> isSame(each, machine)).isPresent()) {
      return;
    }
    agenda.machine(machine.getName());
    add(Event.newBuilder().setMachine(machine.toBuilder().setRevision(index)).build());
  }

  private static boolean isSame(Machine before, Machine now) {
    return before.getRevision() == now.getRevision()
        ? before.equals(now)
        : before.equals(now.toBuilder().setRevision(before.getRevision()).build());
  }

  public void put(Verdict verdict) {
    add(Event.newBuilder().setVerdict(verdict).build());
  }

  public void put(Repair repair) {
    add(Event.newBuilder().setRepair(repair).build());
  }

  public void put(Rollout rollout) {
    add(Event.newBuilder().setRollout(rollout).build());
  }

  public void put(UnitVersion version) {
    add(Event.newBuilder().setUnitVersion(version).build());
  }

  public void put(Manifest manifest) {
    add(Event.newBuilder().setManifest(manifest).build());
  }

  public void put(DeploymentReplica replica) {
    add(Event.newBuilder().setReplica(replica).build());
  }

  public void put(Lease lease) {
    add(Event.newBuilder().setLease(lease).build());
  }

  public void put(WatchdogState watchdog) {
    add(Event.newBuilder().setWatchdog(watchdog).build());
  }

  public void put(Freeze freeze) {
    add(Event.newBuilder().setFreeze(freeze).build());
  }

  public void put(Incident incident) {
    add(Event.newBuilder().setIncident(incident).build());
  }

  public void removeIncident(String id) {
    add(Event.newBuilder().setIncidentRemoved(id).build());
  }

  public void put(DomainHold hold) {
    add(Event.newBuilder().setDomainHold(hold).build());
  }

  public void removeDomainHold(String domain) {
    add(Event.newBuilder().setDomainHoldRemoved(domain).build());
  }

  public void put(Order order) {
    add(Event.newBuilder().setOrder(order).build());
  }

  public void removeOrder(String id) {
    add(Event.newBuilder().setOrderRemoved(id).build());
  }

  public void put(OfferFramework framework) {
    add(Event.newBuilder().setOfferFramework(framework).build());
  }

  public void removeOfferFramework(String id) {
    add(Event.newBuilder().setOfferFrameworkRemoved(id).build());
  }

  public void put(OfferAgent agent) {
    add(Event.newBuilder().setOfferAgent(agent).build());
  }

  public void removeOfferAgent(String machine) {
    add(Event.newBuilder().setOfferAgentRemoved(machine).build());
  }

  public void put(FleetPart part) {
    add(Event.newBuilder().setFleetPart(part).build());
  }

  public void removeFleetPart(int part) {
    add(Event.newBuilder().setFleetPartRemoved(part).build());
  }

  public void put(ClientSession session) {
    add(Event.newBuilder().setSession(session).build());
  }

  public void removeMachine(String name) {
    add(Event.newBuilder().setMachineRemoved(name).build());
  }

  public void removeVerdict(String machine, String watchdog) {
    VerdictKey key = VerdictKey.newBuilder().setMachine(machine).setWatchdog(watchdog).build();
    add(Event.newBuilder().setVerdictRemoved(key).build());
  }

  public void removeRepair(String id) {
    add(Event.newBuilder().setRepairRemoved(id).build());
  }

  public void removeRollout(String id) {
    add(Event.newBuilder().setRolloutRemoved(id).build());
  }

  public void removeManifest(String name, String version) {
    add(Event.newBuilder().setManifestRemoved(Change.manifestKey(name, version)).build());
  }

  public void removeReplica(String id) {
    add(Event.newBuilder().setReplicaRemoved(id).build());
  }

  public void removeWatchdog(String name) {
    add(Event.newBuilder().setWatchdogRemoved(name).build());
  }

  public void removeSession(String clientId) {
    add(Event.newBuilder().setSessionRemoved(clientId).build());
  }

  public void removeAudit(AuditRecord record) {
    AuditKey key =
        AuditKey.newBuilder().setIndex(record.getIndex()).setOrdinal(record.getOrdinal()).build();
    add(Event.newBuilder().setAuditRemoved(key).build());
    chain.removed(record);
  }

  /**
   * Records who changed what and why. Index, ordinal, time, request id and, unless set, principal,
   * reason and trigger are filled from the request.
   */
  public void audit(AuditRecord.Builder record) {
    record
        .setIndex(index)
        .setOrdinal(firstOrdinal + audits++)
        .setAt(nowMillis())
        .setRequestId(request.getRequestId());
    if (record.getPrincipal().isEmpty()) {
      record.setPrincipal(request.getPrincipal());
    }
    if (record.getReason().isEmpty()) {
      record.setReason(request.getReason());
    }
    if (record.getTrigger().isEmpty()) {
      record.setTrigger(request.getCommand().getKindCase().name());
    }
    add(Event.newBuilder().setAudit(chain.append(record)).build());
  }

  /** Writes down how far the trail's hash chain has come: once, after the request's last record. */
  void sealTrail() {
    chain.seal(meta()).ifPresent(this::put);
  }

  /** How many events there are so far; equal before and after a round of rules = settled. */
  int size() {
    return events.size();
  }

  List<Event> events() {
    return List.copyOf(events);
  }

  int audits() {
    return audits;
  }

  void undo() {
    for (int i = before.size() - 1; i >= 0; i--) {
      state.put(before.get(i));
    }
    before.clear();
    events.clear();
    agenda.clear();
    audits = 0;
    chain = TrailChain.of(meta());
  }

  private void add(Event event) {
    Change change = Change.of(event);
    @Nullable Message old = state.table(change.table()).get(change.key());
    if (Objects.equals(old, change.value())) {
      return;
    }
    before.add(new Change(change.table(), change.key(), old));
    events.add(event);
    long freed = indexes().ledger.freed();
    state.replay(event);
    agenda.changed(change.table(), old, change.value(), this);
    if (indexes().ledger.freed() != freed) {
      agenda.room();
    }
  }
}
