package io.pilothouse.dm.raft;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps {@link RaftSeen} up to date while a replica runs. */
final class RaftWatch {
  private static final Logger log = LoggerFactory.getLogger(RaftWatch.class);
  private static final Duration EVERY = Duration.ofSeconds(2);

  private final ReplicaParts parts;
  private final RaftNode node;
  private final Path root;
  private final Path meta;
  private RaftSeen seen = RaftSeen.NOTHING;

  RaftWatch(ReplicaParts parts, RaftNode node, Path group) {
    this.parts = parts;
    this.node = node;
    this.root = parts.dataDir().root();
    this.meta = RaftCheck.meta(group);
  }

  void start() {
    Thread.ofVirtual().name("dm-raft-seen").start(this::rounds);
  }

  private void rounds() {
    try {
      while (!parts.failure().isClosing()) {
        note(false);
        Thread.sleep(EVERY);
      }
    } catch (InterruptedException e) {
      log.debug("Nothing is noted of raft/ any more", e);
    }
  }

  /** After Ratis has closed its files. */
  void close() {
    note(true);
  }

  private synchronized void note(boolean isClosed) {
    if (!isClosed && parts.failure().isClosing()) {
      return; // the last word is close()'s
    }
    try {
      RaftSeen before = seen.equals(RaftSeen.NOTHING) ? RaftSeen.in(root) : seen;
      seen = before.noted(root, meta, isClosed ? -1 : node.committedHere(), isClosed);
    } catch (IOException e) {
      // it is behind then, and says less at the next start; a full disk stops the log itself
      log.warn("What raft/ holds cannot be noted in {}: {}", root, e.toString());
    }
  }
}
