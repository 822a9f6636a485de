package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Request;
import java.util.Optional;

/**
 * How long those texts of a request may be that are kept: each record of the trail has the reason
 * and the request's id, and ten thousand clients are remembered. From {@link
 * FeatureLevel#BOUNDED_REQUESTS} on; before, a request's own size was the only bound.
 */
final class RequestBounds {
  /** A long paragraph, in UTF-16 units. */
  private static final int REASON = 2000;

  private static final int ID = 256;

  private RequestBounds() {}

  /** Asked before the request is remembered in any way. */
  static Optional<Refusal> objection(Draft draft) {
    if (!FeatureLevel.has(draft, FeatureLevel.BOUNDED_REQUESTS)) {
      return Optional.empty();
    }
    Request request = draft.request();
    return tooLong("reason", request.getReason(), REASON)
        .or(() -> tooLong("request id", request.getRequestId(), ID))
        .or(() -> tooLong("client id", request.getClientId(), ID))
        .or(() -> tooLong("principal", request.getPrincipal(), ID));
  }

  private static Optional<Refusal> tooLong(String what, String text, int most) {
    return text.length() <= most
        ? Optional.empty()
        : Optional.of(
            Refusal.newBuilder()
                .setCode(Refusal.Code.INVALID)
                .setMessage(
                    "the %s has %s characters; expected at most %s"
                        .formatted(what, text.length(), most))
                .setRemedy("say it shorter, with a link to the rest")
                .build());
  }
}
