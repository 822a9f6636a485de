package io.pilothouse.filesync.server;

import io.pilothouse.filesync.TransferClass;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * The transfers that run now, at most so many, of which bulk ones leave a quarter free for urgent
 * ones. A machine that lost its power in the middle of one answers nothing for many minutes: when
 * no slot is free, transfers that wait for their peer too long are broken off, so that a dead rack
 * cannot block the replica.
 *
 * <p>Whoever may be held waits for a slot for a short while, a few at a time, in the order in which
 * they came; all others are told at once that there is none.
 */
final class Transfers {
  private static final int URGENT_SHARE = 4;

  /** As many as can be held for what is on its way: what comes wakes all who wait for it. */
  private static final int MOST_HELD = 128;

  private final int most;
  private final long patienceNanos;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Transfer> running = new HashSet<>();
  private final Queue<Held> held = new ArrayDeque<>();

  Transfers(int most, Duration patience, LongSupplier nanoTime) {
    this.most = most;
    this.patienceNanos = patience.toNanos();
    this.nanoTime = nanoTime;
  }

  /** What may wait for the peer. */
  interface Waiting<T> {
    T run() throws IOException;
  }

  /** One that waits for a slot. */
  private record Held(Transfer transfer, Condition free) {}

  /** One transfer, on the thread that entered. */
  final class Transfer implements AutoCloseable {
    private final TransferClass transferClass;
    private final Thread thread = Thread.currentThread();
    private final long heldUntil;
    private boolean waits;
    private long since;

    private Transfer(TransferClass transferClass, Duration hold) {
      this.transferClass = transferClass;
      this.heldUntil = nanoTime.getAsLong() + hold.toNanos();
    }

    /** For how long it may still be held before it must be answered. */
    Duration holdLeft() {
      return Duration.ofNanos(Math.max(0, heldUntil - nanoTime.getAsLong()));
    }

    TransferClass transferClass() {
      return transferClass;
    }

    /** Runs a read from or write to the peer; broken off by an interrupt. */
    <T> T waiting(Waiting<T> work) throws IOException {
      waits(true);
      try {
        return work.run();
      } finally {
        waits(false);
      }
    }

    private void waits(boolean now) {
      lock.lock();
      try {
        waits = now;
        since = nanoTime.getAsLong();
      } finally {
        lock.unlock();
      }
    }

    /** Gives its slot to others while it has nothing to send. */
    void stepAside() {
      lock.lock();
      try {
        if (running.remove(this)) {
          wakeNext();
        }
      } finally {
        lock.unlock();
      }
    }

    /** False when no slot became free in that time. */
    boolean stepBack(Duration hold) throws InterruptedException {
      return Transfers.this.enter(this, hold);
    }

    /** The interrupt, if there was one, was meant for this transfer alone. */
    @Override
    public void close() {
      stepAside();
      Thread.interrupted();
    }
  }

  /** A slot, or empty when all are taken. */
  Optional<Transfer> enter(TransferClass transferClass) {
    try {
      return enter(transferClass, Duration.ZERO);
    } catch (InterruptedException e) {
      throw new IllegalStateException("nothing was waited for", e);
    }
  }

  /**
   * A slot, or empty when none became free.
   *
   * @param hold how long to wait for one
   */
  Optional<Transfer> enter(TransferClass transferClass, Duration hold) throws InterruptedException {
    Transfer transfer = new Transfer(transferClass, hold);
    return enter(transfer, hold) ? Optional.of(transfer) : Optional.empty();
  }

  private boolean enter(Transfer transfer, Duration hold) throws InterruptedException {
    lock.lock();
    try {
      if (!hasRoom(transfer)) {
        breakOffStalled();
        if (hold.isZero() || held.size() >= MOST_HELD || !freed(transfer, hold)) {
          return false;
        }
      }
      running.add(transfer);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean freed(Transfer transfer, Duration hold) throws InterruptedException {
    Held own = new Held(transfer, lock.newCondition());
    held.add(own);
    try {
      long left = hold.toNanos();
      while (!hasRoom(transfer) && left > 0) {
        left = own.free().awaitNanos(left);
      }
      return hasRoom(transfer);
    } finally {
      held.remove(own);
      wakeNext(); // it may have been woken for a slot that it does not take, or left one more
    }
  }

  /** How many wait for a slot. */
  int held() {
    lock.lock();
    try {
      return held.size();
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoom(Transfer transfer) {
    boolean urgent = transfer.transferClass == TransferClass.URGENT;
    return running.size() < (urgent ? most : most - most / URGENT_SHARE);
  }

  private void wakeNext() {
    for (Iterator<Held> i = held.iterator(); i.hasNext(); ) {
      Held each = i.next();
      if (hasRoom(each.transfer())) {
        each.free().signal();
        return;
      }
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
