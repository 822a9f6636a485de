package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.ClientSession;
import io.pilothouse.api.log.v1.FleetPart;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.DomainHold;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Freeze;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.Order;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogState;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Typed read access to the tables, shared by {@link State} (what is committed) and {@link Draft}
 * (that plus what the request at hand has changed). Collections iterate in key order.
 */
public interface Entities {

  /** The entities of a table by key. Read-only. */
  SortedMap<String, Message> table(Table table);

  /** What follows from the tables, kept as they change. For the rules of this package. */
  Indexes indexes();

  /** Time, counters and the fleet's revision. */
  default Meta meta() {
    return (Meta) table(Table.META).getOrDefault(Change.ONLY, Meta.getDefaultInstance());
  }

  /** The fleet specification, without machines. */
  default Fleet fleet() {
    return (Fleet) table(Table.FLEET).getOrDefault(Change.ONLY, Fleet.getDefaultInstance());
  }

  default Freeze freeze() {
    return (Freeze) table(Table.FREEZE).getOrDefault(Change.ONLY, Freeze.getDefaultInstance());
  }

  default Collection<Machine> machines() {
    return all(Table.MACHINE);
  }

  default Optional<Machine> machine(String name) {
    return get(Table.MACHINE, name);
  }

  /**
   * The machine that was seen on the network: the one with that MAC, else the one so named. Of
   * several, one of the inventory before others, and one that was taken out of the fleet last.
   */
  default Optional<Machine> seenAs(String mac, String name) {
    return indexes().machines.withMac(mac).stream()
        .flatMap(each -> machine(each).stream())
        .min(
            Comparator.comparing((Machine each) -> each.getLifecycle() == Lifecycle.DECOMMISSIONED)
                .thenComparing(each -> !each.getInInventory()))
        .or(() -> machine(name));
  }

  /** Verdicts on one machine, by watchdog. */
  default Collection<Verdict> verdicts(String machine) {
    // '0' is the character after '/', which no name holds
    SortedMap<String, Message> range = table(Table.VERDICT).subMap(machine + "/", machine + "0");
    return cast(range.values());
  }

  default Collection<Verdict> verdicts() {
    return all(Table.VERDICT);
  }

  default Optional<Verdict> verdict(String machine, String watchdog) {
    return get(Table.VERDICT, Change.verdictKey(machine, watchdog));
  }

  default Collection<Repair> repairs() {
    return all(Table.REPAIR);
  }

  default Optional<Repair> repair(String id) {
    return get(Table.REPAIR, id);
  }

  default Collection<Rollout> rollouts() {
    return all(Table.ROLLOUT);
  }

  default Optional<Rollout> rollout(String id) {
    return get(Table.ROLLOUT, id);
  }

  default Collection<UnitVersion> unitVersions() {
    return all(Table.UNIT_VERSION);
  }

  /** The manifest's version of a unit. */
  default Optional<UnitVersion> unitVersion(String type, String unit) {
    return unitVersion(type, unit, Thing.THING_MANIFEST);
  }

  default Optional<UnitVersion> unitVersion(String type, String unit, Thing thing) {
    return get(Table.UNIT_VERSION, Change.unitVersionKey(type, unit, thing));
  }

  default Collection<Manifest> manifests() {
    return all(Table.MANIFEST);
  }

  default Optional<Manifest> manifest(String name, String version) {
    return get(Table.MANIFEST, Change.manifestKey(name, version));
  }

  default Collection<DeploymentReplica> replicas() {
    return all(Table.REPLICA);
  }

  default Optional<DeploymentReplica> replica(String id) {
    return get(Table.REPLICA, id);
  }

  default Collection<Lease> leases() {
    return all(Table.LEASE);
  }

  default Optional<Lease> lease(String role) {
    return get(Table.LEASE, role);
  }

  default Collection<WatchdogState> watchdogs() {
    return all(Table.WATCHDOG);
  }

  default Optional<WatchdogState> watchdog(String name) {
    return get(Table.WATCHDOG, name);
  }

  default Collection<ClientSession> sessions() {
    return all(Table.SESSION);
  }

  default Optional<ClientSession> session(String clientId) {
    return get(Table.SESSION, clientId);
  }

  default Collection<Incident> incidents() {
    return all(Table.INCIDENT);
  }

  default Optional<Incident> incident(String id) {
    return get(Table.INCIDENT, id);
  }

  /** Operators' vetoes over whole domains, by domain. */
  default Collection<DomainHold> domainHolds() {
    return all(Table.DOMAIN_HOLD);
  }

  default Optional<DomainHold> domainHold(String domain) {
    return get(Table.DOMAIN_HOLD, domain);
  }

  default Collection<Order> orders() {
    return all(Table.ORDER);
  }

  default Optional<Order> order(String id) {
    return get(Table.ORDER, id);
  }

  /** Of the offers layer, those that ended and are kept with the others. */
  default Collection<OfferFramework> offerFrameworks() {
    return all(Table.OFFER_FRAMEWORK);
  }

  default Optional<OfferFramework> offerFramework(String id) {
    return get(Table.OFFER_FRAMEWORK, id);
  }

  /** Of the offers layer, by machine. */
  default Collection<OfferAgent> offerAgents() {
    return all(Table.OFFER_AGENT);
  }

  default Optional<OfferAgent> offerAgent(String machine) {
    return get(Table.OFFER_AGENT, machine);
  }

  /** Of a large fleet whose parts have come, or some of them; by number. */
  default Collection<FleetPart> fleetParts() {
    return all(Table.FLEET_PART);
  }

  default Collection<AuditRecord> audit() {
    return all(Table.AUDIT);
  }

  private <T extends Message> Collection<T> all(Table table) {
    return cast(table(table).values());
  }

  @SuppressWarnings("unchecked") // a table holds one message type: Change.of put it there
  private <T extends Message> Optional<T> get(Table table, String key) {
    return Optional.ofNullable((T) table(table).get(key));
  }

  @SuppressWarnings("unchecked") // as above
  private static <T extends Message> Collection<T> cast(Collection<Message> messages) {
    return (Collection<T>) (Collection<?>) messages;
  }
}
