package io.pilothouse.deployment;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.pilothouse.kit.HttpPage;
import io.pilothouse.tls.HttpServers;
import io.pilothouse.tls.PeerName;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * Every certificate of the cluster may fetch; contents are brought by operators and other
 * satellites alone, so that no machine can fill the disks that all are served from.
 */
record UploadsByFew(HttpHandler contents) implements HttpHandler {
  private static final Set<String> KINDS = Set.of("operator", "satellite");

  @Override
  public void handle(HttpExchange http) throws IOException {
    Optional<PeerName> caller = HttpServers.caller(http);
    boolean brings = http.getRequestMethod().equals("PUT");
    if (brings && caller.isPresent() && !KINDS.contains(caller.get().kind())) {
      HttpPage.send(
          http,
          403,
          "text/plain",
          "%s may not upload; expected operator/NAME or satellite/ID\n"
              .formatted(caller.get().principal()));
      return;
    }
    contents.handle(http);
  }
}
