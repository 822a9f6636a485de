package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is asked of every request before it is read: who it is from, and whether we lead. */
final class Gate {
  static final String NOT_LEADING = "No leader elected";

  private final Loop loop;
  private final Optional<Credentials> credentials;
  private final String realm;

  Gate(Loop loop, Optional<Credentials> credentials, String realm) {
    this.loop = loop;
    this.credentials = credentials;
    this.realm = realm;
  }

  /**
   * Who calls.
   *
   * @param principal empty when nobody is asked who he is
   */
  record Caller(Optional<String> principal) {}

  /** Null: it was answered. */
  @Nullable Caller pass(Exchange exchange) {
    Optional<String> principal = Optional.empty();
    if (credentials.isPresent()) {
      principal = credentials.get().principal(exchange.header("Authorization").orElse(null));
      if (principal.isEmpty()) {
        exchange.text(401, "", Map.of("WWW-Authenticate", "Basic realm=\"" + realm + "\""));
        return null;
      }
    }
    return leads(exchange) ? new Caller(principal) : null;
  }

  /** Else it has been answered. */
  boolean leads(Exchange exchange) {
    return switch (loop.leadership()) {
      case Leadership.Leading leading -> true;
      case Leadership.Starting starting -> {
        exchange.text(503, "Master has not finished recovery");
        yield false;
      }
      case Leadership.Standby standby -> {
        if (standby.leader().isEmpty()) {
          exchange.text(503, NOT_LEADING);
        } else {
          // without a scheme, as Mesos': clients go on as they came
          exchange.text(
              307, "", Map.of("Location", "//" + standby.leader().get() + exchange.uri()));
        }
        yield false;
      }
    };
  }
}
