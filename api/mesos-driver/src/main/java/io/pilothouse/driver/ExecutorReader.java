package io.pilothouse.driver;

import io.pilothouse.mesos.stream.Pauses;
import io.pilothouse.mesos.stream.SchedulerHttp;
import io.pilothouse.mesos.stream.Schedulers;
import io.pilothouse.mesos.stream.Subscription;
import io.pilothouse.mesos.stream.SubscriptionRefusedException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The thread that hears the agent: subscribes, has events told, and subscribes again. */
final class ExecutorReader {
  private static final Logger log = System.getLogger(ExecutorReader.class.getName());

  /** An agent's heartbeats are half an hour apart; it is on this machine, and its end is seen. */
  private static final Duration SILENCE = Duration.ofHours(2);

  private static final int SUBSCRIBE = 1;
  private static final int ACKNOWLEDGED = 4;

  private final ExecutorSide driver;
  private final Surroundings around;
  private final Settings.Timing timing;
  private final SchedulerHttp http;
  private final Updates updates;
  private final Callbacks<ExecutorListener> callbacks;
  private final Pauses pauses;
  private final Thread thread = new Thread(this::run, "mesos-executor-stream");
  private volatile boolean subscribed;
  private volatile boolean closed;
  private boolean registered;

  /** How often it was subscribed: what waits for the agent waits after one of them. */
  private final AtomicLong subscriptions = new AtomicLong();

  ExecutorReader(
      ExecutorSide driver,
      Surroundings around,
      Settings.Timing timing,
      SchedulerHttp http,
      Updates updates,
      Callbacks<ExecutorListener> callbacks) {
    this.driver = driver;
    this.around = around;
    this.timing = timing;
    this.http = http;
    this.updates = updates;
    this.callbacks = callbacks;
    this.pauses = new Pauses(timing.firstPause(), timing.longestPause());
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  void close() {
    closed = true;
    thread.interrupt();
  }

  boolean isSubscribed() {
    return subscribed;
  }

  /** Numbers are those of mesos/v1/executor.proto. */
  private byte[] call(int type, int field, Message body) {
    return new Message()
        .bytes(1, around.executor())
        .bytes(2, around.framework())
        .number(3, type)
        .message(field, body)
        .toBytes();
  }

  Calls.Outcome send(String name, int type, int field, Message body) {
    boolean interrupted = Thread.interrupted(); // as for Calls
    try {
      SchedulerHttp.Answer answer = http.call(around.agent(), "", call(type, field, body));
      if (answer.ok()) {
        return new Calls.Taken();
      }
      String why = "status %d: %s".formatted(answer.status(), answer.text());
      log.log(Level.WARNING, "the agent does not take {0}: {1}", name, why);
      return new Calls.Refused(why, answer.status());
    } catch (IOException e) {
      log.log(Level.WARNING, "the agent does not answer {0}: {1}", name, e.getMessage());
      return new Calls.Unanswered(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      interrupted = true;
      return new Calls.Unanswered("interrupted while it waited for the answer");
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What is wrong with it does not pass: not that there is no subscription, or no room. */
  static boolean never(Calls.Outcome outcome) {
    return outcome instanceof Calls.Refused refused
        && refused.status() / 100 == 4
        && refused.status() != 403;
  }

  private void run() {
    try {
      subscribeAndRead();
    } catch (SubscriptionRefusedException e) {
      driver.fails("the agent refuses the executor: status %d %s".formatted(e.status(), e.text()));
    } catch (InterruptedException e) {
      if (!closed) {
        gives();
      }
    } catch (RuntimeException | Error e) {
      log.log(Level.ERROR, "the driver fails", e);
      driver.fails("the driver has a fault: " + e);
    } finally {
      subscribed = false;
    }
  }

  private void subscribeAndRead() throws InterruptedException, SubscriptionRefusedException {
    Schedulers agent =
        Schedulers.agent(
            http, around.agent(), pauses, text -> log.log(Level.INFO, "agent: {0}", text));
    while (driver.isRunning()) {
      waits();
      Subscription to = agent.subscribe(call(SUBSCRIBE, 4, updates.subscribe()));
      long since = System.nanoTime();
      String why = read(to);
      if (!driver.isRunning() || closed) {
        return;
      }
      pauses.lived(Duration.ofNanos(System.nanoTime() - since));
      Duration pause = pauses.next();
      log.log(Level.INFO, "lost the agent: {0}; again in {1} ms", why, pause.toMillis());
      Thread.sleep(pause.toMillis());
    }
  }

  /** If it is not subscribed in time the agent is given up. */
  private void waits() {
    long before = subscriptions.get();
    CompletableFuture.delayedExecutor(around.recovery().toMillis(), TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              if (subscriptions.get() == before && !closed) {
                thread.interrupt();
              }
            });
  }

  /** Without an agent there is nothing to work for. */
  private void gives() {
    log.log(Level.ERROR, "no agent for {0}: the executor is shut down", around.recovery());
    try {
      callbacks.now("shutdown", ExecutorListener::shutdown);
    } catch (InterruptedException e) {
      log.log(Level.DEBUG, "interrupted while the executor shut down");
    }
    var unused = driver.abort();
  }

  /** Has events told until the stream is over, and returns why it is. */
  private String read(Subscription to) throws InterruptedException {
    Duration silence = timing.patience();
    String why;
    try {
      while (driver.isRunning()) {
        for (byte[] each : to.take(silence)) {
          event(Fields.of(each));
          silence = SILENCE;
        }
      }
      return "";
    } catch (IOException e) {
      why = String.valueOf(e.getMessage());
    } finally {
      to.cancel();
    }
    boolean was = subscribed;
    subscribed = false;
    if (was) {
      callbacks.now("disconnected", ExecutorListener::disconnected);
    }
    return why;
  }

  private void event(Fields event) throws IOException, InterruptedException {
    int type = (int) event.number(1);
    if (closed && type != ACKNOWLEDGED) {
      return;
    }
    switch (type) {
      case 1 -> subscribed(Fields.of(event.bytes(2)));
      case 2 -> {
        byte[] task = Fields.of(event.bytes(4)).bytes(1);
        updates.launched(task);
        callbacks.now("launchTask", it -> it.launch(task));
      }
      case 3 -> {
        byte[] task = Fields.of(event.bytes(5)).bytes(1);
        callbacks.now("killTask", it -> it.kill(task));
      }
      case ACKNOWLEDGED -> {
        Fields acknowledged = Fields.of(event.bytes(3));
        updates.acknowledged(acknowledged.bytes(1), acknowledged.bytes(2));
      }
      case 5 -> {
        byte[] data = Fields.of(event.bytes(6)).bytes(1);
        callbacks.now("frameworkMessage", it -> it.message(data));
      }
      case 6 -> driver.fails(Fields.of(event.bytes(7)).text(1));
      case 7 -> {
        closed = true; // nothing is told after it; what still is to be sent is sent
        callbacks.now("shutdown", ExecutorListener::shutdown);
      }
      default -> {} // heartbeats; groups are not for this driver
    }
  }

  private void subscribed(Fields with) throws InterruptedException {
    subscribed = true;
    subscriptions.incrementAndGet();
    updates.subscribed();
    byte[] agent = with.bytes(3);
    if (registered) {
      callbacks.now("reregistered", it -> it.reregistered(agent));
    } else {
      registered = true;
      callbacks.now("registered", it -> it.registered(with.bytes(1), with.bytes(2), agent));
    }
    driver.flush();
  }
}
