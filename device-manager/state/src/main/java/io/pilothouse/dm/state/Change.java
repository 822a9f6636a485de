package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.AuditKey;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.VerdictKey;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VersionRef;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * An event as a storage operation: the entity under (table, key) becomes {@code value}, or goes
 * when it is null. This is the one place that says how entities are keyed.
 */
public record Change(Table table, String key, @Nullable Message value) {

  /** The single key of tables that hold one entity. */
  public static final String ONLY = "";

  /** The storage operation of an event. */
  public static Change of(Event event) {
    return switch (event.getKindCase()) {
      case META -> put(Table.META, ONLY, event.getMeta());
      case FLEET -> put(Table.FLEET, ONLY, event.getFleet());
      case MACHINE -> put(Table.MACHINE, event.getMachine().getName(), event.getMachine());
      case MACHINE_REMOVED -> remove(Table.MACHINE, event.getMachineRemoved());
      case VERDICT -> put(Table.VERDICT, key(event.getVerdict()), event.getVerdict());
      case VERDICT_REMOVED -> remove(Table.VERDICT, key(event.getVerdictRemoved()));
      case REPAIR -> put(Table.REPAIR, event.getRepair().getId(), event.getRepair());
      case REPAIR_REMOVED -> remove(Table.REPAIR, event.getRepairRemoved());
      case ROLLOUT -> put(Table.ROLLOUT, event.getRollout().getId(), event.getRollout());
      case ROLLOUT_REMOVED -> remove(Table.ROLLOUT, event.getRolloutRemoved());
      case UNIT_VERSION ->
          put(Table.UNIT_VERSION, key(event.getUnitVersion()), event.getUnitVersion());
      case MANIFEST -> put(Table.MANIFEST, key(event.getManifest().getRef()), event.getManifest());
      case MANIFEST_REMOVED -> remove(Table.MANIFEST, event.getManifestRemoved());
      case REPLICA -> put(Table.REPLICA, event.getReplica().getId(), event.getReplica());
      case REPLICA_REMOVED -> remove(Table.REPLICA, event.getReplicaRemoved());
      case LEASE -> put(Table.LEASE, event.getLease().getRole(), event.getLease());
      case WATCHDOG -> put(Table.WATCHDOG, event.getWatchdog().getName(), event.getWatchdog());
      case WATCHDOG_REMOVED -> remove(Table.WATCHDOG, event.getWatchdogRemoved());
      case FREEZE -> put(Table.FREEZE, ONLY, event.getFreeze());
      case SESSION -> put(Table.SESSION, event.getSession().getClientId(), event.getSession());
      case SESSION_REMOVED -> remove(Table.SESSION, event.getSessionRemoved());
      case AUDIT -> put(Table.AUDIT, key(event.getAudit()), event.getAudit());
      case AUDIT_REMOVED -> remove(Table.AUDIT, key(event.getAuditRemoved()));
      case INCIDENT -> put(Table.INCIDENT, event.getIncident().getId(), event.getIncident());
      case INCIDENT_REMOVED -> remove(Table.INCIDENT, event.getIncidentRemoved());
      case DOMAIN_HOLD ->
          put(Table.DOMAIN_HOLD, event.getDomainHold().getDomain(), event.getDomainHold());
      case DOMAIN_HOLD_REMOVED -> remove(Table.DOMAIN_HOLD, event.getDomainHoldRemoved());
      case ORDER -> put(Table.ORDER, event.getOrder().getId(), event.getOrder());
      case ORDER_REMOVED -> remove(Table.ORDER, event.getOrderRemoved());
      case OFFER_FRAMEWORK ->
          put(Table.OFFER_FRAMEWORK, event.getOfferFramework().getId(), event.getOfferFramework());
      case OFFER_FRAMEWORK_REMOVED ->
          remove(Table.OFFER_FRAMEWORK, event.getOfferFrameworkRemoved());
      case OFFER_AGENT ->
          put(Table.OFFER_AGENT, event.getOfferAgent().getMachine(), event.getOfferAgent());
      case OFFER_AGENT_REMOVED -> remove(Table.OFFER_AGENT, event.getOfferAgentRemoved());
      case FLEET_PART ->
          put(Table.FLEET_PART, fleetPartKey(event.getFleetPart().getPart()), event.getFleetPart());
      case FLEET_PART_REMOVED ->
          remove(Table.FLEET_PART, fleetPartKey(event.getFleetPartRemoved()));
      case KIND_NOT_SET ->
          throw new IllegalStateException(
              "an event of a kind this version does not know; upgrade this replica first");
    };
  }

  /** Verdicts sort by machine, then watchdog. */
  public static String verdictKey(String machine, String watchdog) {
    return machine + "/" + watchdog;
  }

  /** Manifests and images sort by name, then version. */
  public static String manifestKey(String name, String version) {
    return name + "@" + version;
  }

  /** Unit versions sort by type, then unit; those of manifests have the shortest key. */
  public static String unitVersionKey(String type, String unit, Thing thing) {
    String key = type + "/" + unit;
    return thing == Thing.THING_MANIFEST ? key : key + "/" + thing;
  }

  /** Audit records sort by index, then ordinal. */
  public static String auditKey(long index, int ordinal) {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(index) + "." + hex.toHexDigits(ordinal);
  }

  /** Parts of a staged fleet sort by number. */
  public static String fleetPartKey(int part) {
    return HexFormat.of().toHexDigits((short) part);
  }

  private static String key(Verdict verdict) {
    return verdictKey(verdict.getMachine(), verdict.getWatchdog());
  }

  private static String key(VerdictKey verdict) {
    return verdictKey(verdict.getMachine(), verdict.getWatchdog());
  }

  private static String key(VersionRef ref) {
    return manifestKey(ref.getName(), ref.getVersion());
  }

  private static String key(UnitVersion version) {
    return unitVersionKey(version.getType(), version.getScaleUnit(), version.getThing());
  }

  private static String key(AuditRecord record) {
    return auditKey(record.getIndex(), record.getOrdinal());
  }

  private static String key(AuditKey record) {
    return auditKey(record.getIndex(), record.getOrdinal());
  }

  private static Change put(Table table, String key, Message value) {
    return new Change(table, key, value);
  }

  private static Change remove(Table table, String key) {
    return new Change(table, key, null);
  }
}
