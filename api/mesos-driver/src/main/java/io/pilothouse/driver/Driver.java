package io.pilothouse.driver;

import io.pilothouse.mesos.stream.SchedulerHttp;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A driver's life and its calls. {@link Reader} is its thread for the network, {@link Callbacks}
 * the one for the framework.
 *
 * <p>States and results are those of Mesos' native driver: a driver is started once; calls on one
 * that does not run have no effect, and say so by the state that they return; {@link #abort} leaves
 * the subscription as it is, without offers, until {@link #stop}.
 */
public final class Driver implements Life {
  private static final Logger log = System.getLogger(Driver.class.getName());

  private final Settings settings;
  private final Calls calls;
  private final Callbacks<Listener> callbacks;
  private final Reader reader;
  private final CountDownLatch over = new CountDownLatch(1);
  private State state = State.NOT_STARTED;

  public Driver(Settings settings, Self self, Listener listener) {
    this.settings = settings;
    SchedulerHttp http =
        new SchedulerHttp(
            SchedulerHttp.client(settings.timing().patience()).build(),
            settings.authorization(),
            settings.timing().patience());
    this.calls = new Calls(http);
    this.callbacks = new Callbacks<>(this, listener, "mesos-scheduler-driver");
    this.reader = new Reader(this, self, settings, http, calls, callbacks);
  }

  synchronized State state() {
    return state;
  }

  @Override
  public boolean isRunning() {
    return state() == State.RUNNING;
  }

  /** Begins to look for a scheduler. A bad master is an error, and ends it at once. */
  public State start() {
    @Nullable String bad = null;
    synchronized (this) {
      if (state != State.NOT_STARTED) {
        return state;
      }
      try {
        List<URI> masters = Masters.parse(settings.master());
        state = State.RUNNING;
        reader.start(masters);
      } catch (IllegalArgumentException e) {
        state = State.ABORTED;
        bad = String.valueOf(e.getMessage());
      }
    }
    if (bad != null) {
      callbacks.tellError(bad); // no other can be under way
      ends();
      return State.ABORTED;
    }
    return State.RUNNING;
  }

  /**
   * Ends it. Tasks are killed, unless it shall fail over: then they live for the {@code
   * failover_timeout}.
   */
  public State stop(boolean failover) {
    State was;
    synchronized (this) {
      was = state;
      if (was != State.RUNNING && was != State.ABORTED) {
        return was;
      }
      state = State.STOPPED;
    }
    if (!failover) {
      if (calls.session() == null) {
        log.log(
            Level.WARNING,
            "the driver is stopped while it is not connected: the framework and its tasks live on"
                + " for the failover_timeout");
      } else {
        var unused = calls.sendOrLog(Call.teardown());
      }
    }
    ends();
    return was == State.ABORTED ? State.ABORTED : State.STOPPED;
  }

  private void ends() {
    calls.session(null);
    reader.interrupt();
    callbacks.close();
    over.countDown();
  }

  /** No more callbacks, and no more offers. Tasks run on; {@link #stop} may follow. */
  @Override
  public State abort() {
    var unused = aborts();
    return state();
  }

  /** Whether it ran until now. */
  private boolean aborts() {
    synchronized (this) {
      if (state != State.RUNNING) {
        return false;
      }
      state = State.ABORTED;
    }
    over.countDown();
    if (calls.session() == null) {
      reader.interrupt();
    } else {
      var unused = calls.sendOrLog(Call.suppress(List.of()));
    }
    return true;
  }

  /** Something that it cannot help: it aborts, and the framework is told. */
  @Override
  public void fails(String why) {
    if (aborts()) {
      log.log(Level.ERROR, "the driver aborts: {0}", why);
      callbacks.error(why);
    }
  }

  /** Waits until it is stopped or aborted, and says which. */
  public State join() {
    State now = state();
    if (now != State.RUNNING) {
      return now;
    }
    await(over);
    return state();
  }

  /** Until it is at zero; an interrupt waits, too, as with the native driver. */
  static void await(CountDownLatch latch) {
    boolean interrupted = false;
    while (latch.getCount() > 0) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sends it once; without a subscription, not at all. */
  public State call(Call call) {
    if (isRunning()) {
      var unused = calls.sendOrLog(call);
    }
    return state();
  }

  /**
   * Answers offers. Tasks of a launch that certainly did not arrive are told as lost; after those
   * that may have, the scheduler is asked.
   */
  public State accept(Call accept) {
    if (!isRunning()) {
      return state();
    }
    Calls.Outcome outcome = calls.sendOrLog(accept);
    if (outcome instanceof Calls.Taken) {
      return state();
    }
    List<Task> tasks;
    try {
      tasks = accept.tasks();
    } catch (IOException e) {
      throw new IllegalArgumentException("an operation cannot be read: " + e.getMessage(), e);
    }
    if (outcome instanceof Calls.Refused refused) {
      for (Task each : tasks) {
        callbacks.later(
            "statusUpdate", to -> to.update(each.lost(refused.why(), refused.status() == 0)));
      }
    } else {
      calls.doubt(tasks);
    }
    return state();
  }

  /** Acknowledges a TaskStatus; without a uuid there is nothing to acknowledge. */
  public State acknowledge(byte[] status) {
    if (settings.acknowledges()) {
      throw new IllegalStateException(
          "acknowledgeStatusUpdate: this driver acknowledges by itself; construct it with"
              + " implicitAcknowledgements false");
    }
    Fields fields;
    try {
      fields = Fields.of(status);
    } catch (IOException e) {
      throw new IllegalArgumentException("the status cannot be read: " + e.getMessage(), e);
    }
    return fields.has(Task.STATUS_UUID) ? call(Call.acknowledge(fields)) : state();
  }

  /** From now on the framework is so; later subscriptions say the same. */
  public State update(Self self) {
    if (isRunning()) {
      reader.self(self);
      @Nullable Session to = calls.session();
      if (to != null) {
        var unused = calls.sendOrLog(Call.update(self, to.framework()));
      }
    }
    return state();
  }
}
