package io.pilothouse.filesync.server;

import io.pilothouse.filesync.TransferClass;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The transfers that run now, at most so many, of which bulk ones leave a quarter free for urgent
 * ones. A machine that lost its power in the middle of one answers nothing for many minutes: when
 * no slot is free, transfers that wait for their peer too long are broken off, so that a dead rack
 * cannot block the replica.
 */
final class Transfers {
  private static final int URGENT_SHARE = 4;

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
    private final TransferClass transferClass;
    private final Thread thread = Thread.currentThread();
    private boolean waits;
    private long since;

    private Transfer(TransferClass transferClass) {
      this.transferClass = transferClass;
    }

    TransferClass transferClass() {
      return transferClass;
    }

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
  Optional<Transfer> enter(TransferClass transferClass) {
    int allowed = transferClass == TransferClass.URGENT ? most : most - most / URGENT_SHARE;
    synchronized (running) {
      if (running.size() >= allowed) {
        breakOffStalled();
        return Optional.empty();
      }
      Transfer transfer = new Transfer(transferClass);
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
