package io.pilothouse.client;

import io.pilothouse.tls.Troubles;
import java.net.ConnectException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Finds out, once for each server, whether a plain client gets no answer because of TLS there. */
final class PlainTrouble {
  private final Map<ServerAddress, Boolean> speakTls = new ConcurrentHashMap<>();

  /** What to tell; empty when the trouble is another. */
  Optional<String> of(ServerAddress server, @Nullable Throwable trouble) {
    if (trouble instanceof ConnectException) {
      return Optional.empty(); // nobody listens there, and may later
    }
    boolean tls =
        speakTls.computeIfAbsent(server, each -> Troubles.speaksTls(each.host(), each.port()));
    return tls ? Optional.of(Troubles.GIVE_TLS) : Optional.empty();
  }
}
