package io.pilothouse.dm.raft;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first reason for which this replica cannot go on, told once. */
final class Failure {

  private static final Logger log = LoggerFactory.getLogger(Failure.class);

  private final String replica;
  private final CompletableFuture<String> reason = new CompletableFuture<>();
  private volatile boolean closing;
  private volatile boolean diverged;
  private volatile boolean outdated;

  Failure(String replica) {
    this.replica = replica;
  }

  /** Ends the replica, unless it is being closed anyway. */
  void report(String sentence, @Nullable Throwable cause) {
    if (!closing && reason.complete(sentence)) {
      log.error("Replica {} must stop: {}", replica, sentence, cause);
    }
  }

  /** Ends the replica because its state is not the others'. */
  void reportDiverged(String sentence) {
    diverged = true;
    report(sentence, null);
  }

  /** Ends the replica because rules are in force that its build does not have. */
  void reportOutdated(String sentence) {
    outdated = true;
    report(sentence, null);
  }

  boolean isOutdated() {
    return outdated;
  }

  boolean isDiverged() {
    return diverged;
  }

  /** From here on the end is wanted. */
  void expectClose() {
    closing = true;
  }

  boolean isClosing() {
    return closing;
  }

  boolean isReported() {
    return reason.isDone();
  }

  CompletableFuture<String> reason() {
    return reason.copy();
  }
}
