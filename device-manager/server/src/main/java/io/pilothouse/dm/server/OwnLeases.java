package io.pilothouse.dm.server;

import io.grpc.Status;
import java.util.function.Predicate;

/**
 * A satellite speaks in its own name, and writes under leases that it holds itself. The log knows
 * tokens, and those are no secrets: every reader sees them.
 */
final class OwnLeases {

  private final Ledger ledger;

  OwnLeases(Ledger ledger) {
    this.ledger = ledger;
  }

  /**
   * The name under which the caller acts, when it is its own.
   *
   * @throws io.grpc.StatusRuntimeException PERMISSION_DENIED when it is another's
   */
  static String name(String name) {
    Principal principal = Caller.current().principal();
    if (!principal.name().equals(name)) {
      throw Refusals.of(
          Status.Code.PERMISSION_DENIED,
          "%s may not act as '%s'".formatted(principal, name),
          "a satellite's --id and the name in its certificate are one");
    }
    return name;
  }

  /**
   * The token that the caller gives, unless another holds the lease under it. One that is no
   * lease's is the log's to refuse.
   *
   * @throws io.grpc.StatusRuntimeException PERMISSION_DENIED when it is another's
   */
  long token(String role, long token) {
    Principal principal = Caller.current().principal();
    ledger
        .read(state -> state.lease(role))
        .filter(lease -> lease.getToken() == token)
        .map(lease -> lease.getHolder())
        .filter(Predicate.not(String::isEmpty))
        .filter(holder -> !holder.equals(principal.name()))
        .ifPresent(
            holder -> {
              throw Refusals.of(
                  Status.Code.PERMISSION_DENIED,
                  "%s may not act under the lease %s: %s holds it"
                      .formatted(principal, role, holder),
                  "acquire the lease, and act under the token that comes with it");
            });
    return token;
  }
}
