package io.pilothouse.dm.state;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
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

/**
 * The kinds of entity the state holds; each is one sorted table of key to message. The {@link
 * #storageId} is part of the on-disk format and is never reused.
 */
public enum Table {
  META("meta", Meta.parser()),
  FLEET("fleet", Fleet.parser()),
  MACHINE("machine", Machine.parser()),
  VERDICT("verdict", Verdict.parser()),
  REPAIR("repair", Repair.parser()),
  ROLLOUT("rollout", Rollout.parser()),
  UNIT_VERSION("unit-version", UnitVersion.parser()),
  MANIFEST("manifest", Manifest.parser()),
  REPLICA("replica", DeploymentReplica.parser()),
  LEASE("lease", Lease.parser()),
  WATCHDOG("watchdog", WatchdogState.parser()),
  FREEZE("freeze", Freeze.parser()),
  SESSION("session", ClientSession.parser()),
  AUDIT("audit", AuditRecord.parser()),
  INCIDENT("incident", Incident.parser()),
  DOMAIN_HOLD("domain-hold", DomainHold.parser()),
  ORDER("order", Order.parser()),
  OFFER_FRAMEWORK("offer-framework", OfferFramework.parser()),
  OFFER_AGENT("offer-agent", OfferAgent.parser()),
  FLEET_PART("fleet-part", FleetPart.parser());

  private final String storageId;
  private final Parser<? extends Message> parser;

  Table(String storageId, Parser<? extends Message> parser) {
    this.storageId = storageId;
    this.parser = parser;
  }

  /** Name on disk. */
  public String storageId() {
    return storageId;
  }

  /** Reads an entity as {@link Change#value} wrote it. */
  public Message parse(byte[] bytes) throws InvalidProtocolBufferException {
    return parser.parseFrom(bytes);
  }
}
