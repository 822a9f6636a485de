package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.ReadOffersRequest;
import io.pilothouse.api.v1.UpdateOffersRequest;
import io.pilothouse.dm.state.OfferRecords;
import io.pilothouse.dm.state.State;
import java.util.Optional;

/** What a scheduler must not forget, written and read under the lease of the one that leads. */
final class OfferWrites {

  private final Ledger ledger;
  private final Writes writes;
  private final OwnLeases own;
  private final Clocks clocks;

  OfferWrites(Ledger ledger, Writes writes, OwnLeases own, Clocks clocks) {
    this.ledger = ledger;
    this.writes = writes;
    this.own = own;
    this.clocks = clocks;
  }

  Command.Builder update(UpdateOffersRequest request) {
    return Command.newBuilder()
        .setUpdateOffers(
            UpdateOffers.newBuilder()
                .setLeaseToken(own.token(OfferRecords.LEASE, request.getToken()))
                .setCore(request.getCore())
                .addAllFrameworks(request.getFrameworksList())
                .addAllFrameworksEnded(request.getFrameworksEndedList())
                .addAllAgents(request.getAgentsList())
                .addAllAgentsGone(request.getAgentsGoneList())
                .addAllConsents(request.getConsentsList()));
  }

  /** All of it; sees every write that was acknowledged, by whatever leader. */
  ReadOffersReply read(ReadOffersRequest request) {
    writes.linearize();
    long token = own.token(OfferRecords.LEASE, request.getToken());
    String principal = Caller.current().principal().toString();
    return ledger.read(
        state -> {
          Optional<Refusal> objection =
              OfferRecords.objection(state, principal, token, clocks.now());
          if (objection.isPresent()) {
            throw Refusals.of(objection.get());
          }
          return all(state);
        });
  }

  private ReadOffersReply all(State state) {
    return ReadOffersReply.newBuilder()
        .setRevision(ledger.appliedIndex())
        .setCore(state.lease(OfferRecords.LEASE).map(Lease::getCore).orElse(0L))
        .addAllFrameworks(state.offerFrameworks())
        .addAllAgents(state.offerAgents())
        .build();
  }
}
