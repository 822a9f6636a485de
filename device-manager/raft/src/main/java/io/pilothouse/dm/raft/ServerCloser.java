package io.pilothouse.dm.raft;

import java.io.IOException;
import org.apache.ratis.server.RaftServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes Ratis from a thread of its own: after a failure more than one may want to. */
final class ServerCloser {

  private static final Logger log = LoggerFactory.getLogger(ServerCloser.class);

  private ServerCloser() {}

  /** The thread ends when the server is closed, or somebody else has begun to. */
  static Thread start(RaftServer server) {
    return Thread.ofPlatform()
        .daemon()
        .name("close-ratis")
        .start(
            () -> {
              try {
                server.close();
              } catch (IOException e) {
                log.warn("Ratis does not close: {}", e.getMessage(), e);
              }
            });
  }
}
