package io.pilothouse.dm.record;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.ClientSession;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.FleetPart;
import io.pilothouse.api.log.v1.Meta;
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
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.Table;
import java.util.ArrayList;
import java.util.List;

/**
 * The state at one index, by reference: entities never change, so taking it costs a walk over the
 * tables and no copy, and it can be written by another thread.
 *
 * @param index last applied
 * @param at the state's clock, milliseconds
 */
record BaseState(long index, long at, List<Row> rows) {

  /** One entity and where it belongs. */
  record Row(Table table, Message entity) {

    Event event() {
      Event.Builder event = Event.newBuilder();
      switch (table) {
        case META -> event.setMeta((Meta) entity);
        case FLEET -> event.setFleet((Fleet) entity);
        case MACHINE -> event.setMachine((Machine) entity);
        case VERDICT -> event.setVerdict((Verdict) entity);
        case REPAIR -> event.setRepair((Repair) entity);
        case ROLLOUT -> event.setRollout((Rollout) entity);
        case UNIT_VERSION -> event.setUnitVersion((UnitVersion) entity);
        case MANIFEST -> event.setManifest((Manifest) entity);
        case REPLICA -> event.setReplica((DeploymentReplica) entity);
        case LEASE -> event.setLease((Lease) entity);
        case WATCHDOG -> event.setWatchdog((WatchdogState) entity);
        case FREEZE -> event.setFreeze((Freeze) entity);
        case SESSION -> event.setSession((ClientSession) entity);
        case AUDIT -> event.setAudit((AuditRecord) entity);
        case INCIDENT -> event.setIncident((Incident) entity);
        case DOMAIN_HOLD -> event.setDomainHold((DomainHold) entity);
        case ORDER -> event.setOrder((Order) entity);
        case OFFER_FRAMEWORK -> event.setOfferFramework((OfferFramework) entity);
        case OFFER_AGENT -> event.setOfferAgent((OfferAgent) entity);
        case FLEET_PART -> event.setFleetPart((FleetPart) entity);
      }
      return event.build();
    }
  }

  /** Takes it; the caller keeps the writer of the state away meanwhile. */
  static BaseState of(Entities state, long index) {
    int size = 0;
    for (Table table : Table.values()) {
      size += state.table(table).size();
    }
    List<Row> rows = new ArrayList<>(size);
    for (Table table : Table.values()) {
      state.table(table).values().forEach(entity -> rows.add(new Row(table, entity)));
    }
    return new BaseState(index, state.meta().getNow(), rows);
  }
}
