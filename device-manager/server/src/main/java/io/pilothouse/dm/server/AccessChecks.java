package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.AccessObjection;
import io.pilothouse.api.v1.CheckAccessReply;
import io.pilothouse.api.v1.CheckAccessRequest;
import io.pilothouse.dm.state.Authorization;
import io.pilothouse.dm.state.Need;
import java.util.Optional;

/** Answers satellites that serve people themselves: what a caller of theirs may do. */
final class AccessChecks {
  private final Ledger ledger;
  private final Writes writes;

  AccessChecks(Ledger ledger, Writes writes) {
    this.ledger = ledger;
    this.writes = writes;
  }

  /** By every role that was given or taken before this was asked. */
  CheckAccessReply check(CheckAccessRequest request) {
    Principal principal =
        Principal.parse(request.getPrincipal())
            .filter(each -> each.kind() == Principal.Kind.OPERATOR)
            .orElseThrow(
                () ->
                    Refusals.of(
                        Status.Code.INVALID_ARGUMENT,
                        "'%s' is no operator".formatted(request.getPrincipal()),
                        "ask about operator/NAME"));
    writes.linearize();
    return ledger.read(
        state -> {
          CheckAccessReply.Builder reply =
              CheckAccessReply.newBuilder().setRevision(ledger.appliedIndex());
          objection(Authorization.objection(state, principal.toString(), Need.READ))
              .ifPresent(reply::setRead);
          objection(Authorization.objection(state, principal.toString(), Need.OPERATE))
              .ifPresent(reply::setOperate);
          return reply.build();
        });
  }

  private static Optional<AccessObjection> objection(Optional<Refusal> refusal) {
    return refusal.map(
        each ->
            AccessObjection.newBuilder()
                .setMessage(each.getMessage())
                .setRemedy(each.getRemedy())
                .build());
  }
}
