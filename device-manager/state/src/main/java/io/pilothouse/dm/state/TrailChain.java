package io.pilothouse.dm.state;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.manifests.audit.AuditChain;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The audit trail's hash chain, as one request goes on with it. The head is stored once a request
 * rather than with each record, so that the chain costs a hash a record and no more events.
 */
final class TrailChain {

  private ByteString head;
  private ByteString base;
  private boolean moved;

  private TrailChain(ByteString head, ByteString base) {
    this.head = head;
    this.base = base;
  }

  static TrailChain of(Meta meta) {
    return new TrailChain(bytes(meta.getAuditHash()), bytes(meta.getAuditBase()));
  }

  /** The next record, with its hash. */
  AuditRecord append(AuditRecord.Builder record) {
    AuditRecord bare = record.clearHash().build();
    head = AuditChain.hash(head, bare);
    moved = true;
    return bare.toBuilder().setHash(head).build();
  }

  /** The oldest record was removed; one from before the chain leaves no mark in it. */
  void removed(AuditRecord oldest) {
    if (!oldest.getHash().isEmpty()) {
      base = oldest.getHash();
      moved = true;
    }
  }

  /** The state's numbers with the chain's ends; empty when they have not moved. */
  Optional<Meta> seal(Meta meta) {
    return moved
        ? Optional.of(meta.toBuilder().setAuditHash(hex(head)).setAuditBase(hex(base)).build())
        : Optional.empty();
  }

  /** The newest record's hash; empty before the first. */
  static ByteString head(Meta meta) {
    return bytes(meta.getAuditHash());
  }

  /** What the oldest record kept goes on from; empty when it is the chain's first. */
  static ByteString base(Meta meta) {
    return bytes(meta.getAuditBase());
  }

  private static ByteString bytes(String hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex));
  }

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }
}
