package io.pilothouse.driver;

import io.pilothouse.mesos.stream.SchedulerHttp;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An executor's driver: its states, and what it says to its agent. {@link ExecutorReader} is the
 * thread that hears the agent.
 */
public final class ExecutorSide implements Life {
  private static final Logger log = System.getLogger(ExecutorSide.class.getName());

  private static final int UPDATE = 2;
  private static final int MESSAGE = 3;
  private static final int TASK_STAGING = 6;
  private static final long AGAIN_MS = 500;

  private final Map<String, String> environment;
  private final Settings.Timing timing;
  private final Callbacks<ExecutorListener> callbacks;
  private final CountDownLatch over = new CountDownLatch(1);
  private State state = State.NOT_STARTED;
  private volatile @Nullable ExecutorReader reader;
  private volatile @Nullable Updates updates;

  /** Only one update is under way, so that they arrive in order. */
  private final Object sending = new Object();

  /**
   * @param environment that the agent made
   */
  public ExecutorSide(
      Map<String, String> environment, Settings.Timing timing, ExecutorListener listener) {
    this.environment = environment;
    this.timing = timing;
    this.callbacks = new Callbacks<>(this, listener, "mesos-executor-driver");
  }

  private synchronized State state() {
    return state;
  }

  @Override
  public boolean isRunning() {
    return state() == State.RUNNING;
  }

  /** Subscribes with the agent. An environment that no agent made is an error, and ends it. */
  public State start() {
    @Nullable String bad = null;
    synchronized (this) {
      if (state != State.NOT_STARTED) {
        return state;
      }
      try {
        Surroundings around = Surroundings.of(environment);
        SchedulerHttp http =
            new SchedulerHttp(
                SchedulerHttp.client(timing.patience()).build(),
                around.authorization(),
                timing.patience());
        updates = new Updates(around);
        ExecutorReader made = new ExecutorReader(this, around, timing, http, updates, callbacks);
        reader = made;
        state = State.RUNNING;
        made.start();
      } catch (IllegalArgumentException e) {
        state = State.ABORTED;
        bad = String.valueOf(e.getMessage());
      }
    }
    if (bad != null) {
      callbacks.tellError(bad);
      ends();
    }
    return state();
  }

  /** Ends it. Statuses that the agent has not taken are lost with the process. */
  public State stop() {
    State was;
    synchronized (this) {
      was = state;
      if (was != State.RUNNING && was != State.ABORTED) {
        return was;
      }
      state = State.STOPPED;
    }
    ends();
    return was == State.ABORTED ? State.ABORTED : State.STOPPED;
  }

  @Override
  public State abort() {
    var unused = aborts();
    return state();
  }

  private boolean aborts() {
    synchronized (this) {
      if (state != State.RUNNING) {
        return false;
      }
      state = State.ABORTED;
    }
    @Nullable ExecutorReader open = reader;
    if (open != null) {
      open.close();
    }
    over.countDown();
    return true;
  }

  @Override
  public void fails(String why) {
    if (aborts()) {
      log.log(Level.ERROR, "the driver aborts: {0}", why);
      callbacks.error(why);
    }
  }

  private void ends() {
    @Nullable ExecutorReader open = reader;
    if (open != null) {
      open.close();
    }
    callbacks.close();
    over.countDown();
  }

  /** Waits until it is stopped or aborted, and says which. */
  public State join() {
    if (isRunning()) {
      Driver.await(over);
    }
    return state();
  }

  /**
   * Tells the framework of a task. It is told again, whatever the agent does meanwhile, until the
   * framework has acknowledged it.
   */
  public State update(byte[] status) {
    @Nullable Updates all = updates;
    if (!isRunning() || all == null) {
      return state();
    }
    try {
      Fields fields = Fields.of(status);
      if (fields.number(2) == TASK_STAGING) {
        fails("TASK_STAGING is not for executors to tell");
        return state();
      }
      all.add(status, fields);
    } catch (IOException e) {
      throw new IllegalArgumentException("the status cannot be read: " + e.getMessage(), e);
    }
    flush();
    return state();
  }

  /** Gives the agent all that it has not taken; what it does not take now it is given again. */
  void flush() {
    @Nullable ExecutorReader to = reader;
    @Nullable Updates all = updates;
    if (to == null || all == null) {
      return;
    }
    synchronized (sending) {
      while (isRunning() && to.isSubscribed()) {
        byte[] next = all.next();
        if (next.length == 0) {
          return;
        }
        Calls.Outcome outcome = to.send("UPDATE", UPDATE, 5, new Message().bytes(1, next));
        boolean taken = outcome instanceof Calls.Taken;
        if (!taken && !ExecutorReader.never(outcome)) {
          CompletableFuture.delayedExecutor(AGAIN_MS, TimeUnit.MILLISECONDS).execute(this::flush);
          return;
        }
        try {
          all.done(next, taken);
        } catch (IOException e) {
          throw new IllegalStateException(e); // it was written here
        }
      }
    }
  }

  /** Says something to the framework. It may be lost on its way. */
  public State message(byte[] data) {
    @Nullable ExecutorReader to = reader;
    if (isRunning() && to != null) {
      var unused = to.send("MESSAGE", MESSAGE, 6, new Message().bytes(2, data));
    }
    return state();
  }
}
