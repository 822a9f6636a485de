package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.State;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A state machine small enough to reason about: each request becomes a lease under its role. Time
 * and entropy are kept in the state, so replicas that did not read both from the log differ.
 */
final class LeaseLedger implements Applier {

  /** A role whose request this version cannot apply. */
  static final String POISON = "poison";

  static Request put(String role) {
    return Request.newBuilder()
        .setRequestId(role)
        .setCommand(Command.newBuilder().setAcquireLease(AcquireLease.newBuilder().setRole(role)))
        .build();
  }

  /** A request of about this size. */
  static Request put(String role, int bytes) {
    return put(role).toBuilder().setReason("x".repeat(bytes)).build();
  }

  static boolean holds(State state, String role) {
    return state.lease(role).isPresent();
  }

  @Override
  public Applied apply(State state, Entry entry, long index) {
    List<Event> events = new ArrayList<>();
    List<Reply> replies = new ArrayList<>();
    Meta meta = state.meta().toBuilder().setNow(entry.getAt()).build();
    events.add(Event.newBuilder().setMeta(meta).build());
    for (Request request : entry.getRequestsList()) {
      String role = request.getCommand().getAcquireLease().getRole();
      if (role.equals(POISON)) {
        throw new IllegalStateException("an event of a kind this version does not know");
      }
      Lease lease =
          Lease.newBuilder()
              .setRole(role)
              .setHolder(HexFormat.of().formatHex(request.getEntropy().toByteArray()))
              .setToken(index)
              .build();
      events.add(Event.newBuilder().setLease(lease).build());
      replies.add(Reply.newBuilder().setId(role).setRevision(index).setLease(lease).build());
    }
    events.forEach(state::replay);
    return new Applied(events, replies);
  }
}
