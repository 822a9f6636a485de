package io.pilothouse.filesync.server;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The transfers that run now, at most so many. A machine that lost its power in the middle of one
 * answers nothing for many minutes: when no slot is free, transfers that wait for their peer too
 * long are broken off, so that a dead rack cannot block the replica.
 */
final class Transfers {
  private final int most;
  private final long patienceNanos;
  private final LongSupplier nanoTime;
  private final Set<Transfer> running = new HashSet<>();

  Transfers(int most, Duration patience, LongSupplier nanoTime) {
    this.most = most;
    this.patienceNanos = patience.toNanos();
    this.nanoTime = nanoTime;
  }

  /** What may wait for the peer. */
  interface Waiting<T> {
    T run() throws IOException;
  }

  /** One transfer, on the thread that entered. */
  final class Transfer implements AutoCloseable {
    private final Thread thread = Thread.currentThread();
    private boolean waits;
    private long since;

    private Transfer() {}

    /** Runs a read from or write to the peer; broken off by an interrupt. */
    <T> T waiting(Waiting<T> work) throws IOException {
      synchronized (running) {
        waits = true;
        since = nanoTime.getAsLong();
      }
      try {
        return work.run();
      } finally {
        synchronized (running) {
          waits = false;
        }
      }
    }

    /** The interrupt, if there was one, was meant for this transfer alone. */
    @Override
    public void close() {
      synchronized (running) {
        running.remove(this);
      }
      Thread.interrupted();
    }
  }

  /** A slot, or empty when all are taken. */
  Optional<Transfer> enter() {
    synchronized (running) {
      if (running.size() >= most) {
        breakOffStalled();
        return Optional.empty();
      }
      Transfer transfer = new Transfer();
      running.add(transfer);
      return Optional.of(transfer);
    }
  }

  private void breakOffStalled() {
    long now = nanoTime.getAsLong();
    for (Transfer each : running) {
      if (each.waits && now - each.since > patienceNanos) {
        each.thread.interrupt();
      }
    }
  }
}
