package io.pilothouse.driver;

import io.pilothouse.mesos.stream.Pauses;
import io.pilothouse.mesos.stream.SchedulerHttp;
import io.pilothouse.mesos.stream.Schedulers;
import io.pilothouse.mesos.stream.Subscription;
import io.pilothouse.mesos.stream.SubscriptionRefusedException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The thread for the network: subscribes, has events told, and subscribes again. */
final class Reader {
  private static final Logger log = System.getLogger(Reader.class.getName());

  /** Intervals of heartbeats without a byte. */
  private static final double MOST_MISSED = 2.5;

  private static final double USUAL_HEARTBEAT_S = 15;

  private final Driver driver;
  private final Settings settings;
  private final SchedulerHttp http;
  private final Calls calls;
  private final Callbacks<Listener> callbacks;
  private final Pauses pauses;
  private final Thread thread = new Thread(this::run, "mesos-scheduler-stream");
  private volatile Self self;
  private List<URI> masters = List.of();
  private byte[] framework;
  private boolean registered;
  private Duration silence;

  Reader(
      Driver driver,
      Self self,
      Settings settings,
      SchedulerHttp http,
      Calls calls,
      Callbacks<Listener> callbacks) {
    this.driver = driver;
    this.self = self;
    this.settings = settings;
    this.http = http;
    this.calls = calls;
    this.callbacks = callbacks;
    Settings.Timing timing = settings.timing();
    this.pauses = new Pauses(timing.firstPause(), timing.longestPause());
    this.silence = timing.patience();
    this.framework = self.id();
    thread.setDaemon(true);
  }

  void start(List<URI> at) {
    masters = at;
    thread.start();
  }

  void self(Self now) {
    self = now;
  }

  void interrupt() {
    thread.interrupt();
  }

  private void run() {
    try {
      subscribeAndRead();
    } catch (SubscriptionRefusedException e) {
      int status = e.status();
      String remedy =
          status == 401 || status == 403
              ? ": the framework's principal and secret must be in the scheduler's"
                  + " --framework-credentials"
              : "";
      driver.fails("%s: status %d %s%s".formatted(e.getMessage(), status, e.text(), remedy));
    } catch (InterruptedException e) {
      if (driver.isRunning()) {
        driver.fails("the thread of the driver was interrupted");
      }
    } catch (RuntimeException | Error e) {
      log.log(Level.ERROR, "the driver fails", e);
      driver.fails("the driver has a fault: " + e);
    } finally {
      calls.session(null);
    }
  }

  private void subscribeAndRead() throws InterruptedException, SubscriptionRefusedException {
    Schedulers schedulers =
        new Schedulers(http, masters, pauses, text -> log.log(Level.INFO, "{0}", text));
    while (driver.isRunning()) {
      Subscription to = schedulers.subscribe(Call.subscribe(self, framework));
      long since = System.nanoTime();
      String why = read(to);
      if (!driver.isRunning()) {
        return;
      }
      pauses.lived(Duration.ofNanos(System.nanoTime() - since));
      Duration pause = pauses.next();
      log.log(
          Level.INFO,
          "lost {0}: {1}; the driver subscribes again in {2} ms",
          to.at().getAuthority(),
          why,
          pause.toMillis());
      Thread.sleep(pause.toMillis());
    }
  }

  /** Has events told until the stream is over, and returns why it is. */
  private String read(Subscription to) throws InterruptedException {
    silence = settings.timing().patience();
    String why;
    try {
      while (driver.state() != State.STOPPED) {
        // the time that callbacks take does not count: only here is the scheduler waited for
        for (byte[] each : to.take(silence)) {
          event(Fields.of(each), to);
        }
      }
      return "";
    } catch (IOException e) {
      why = String.valueOf(e.getMessage());
    } finally {
      to.cancel();
    }
    @Nullable Session was = calls.session();
    calls.session(null);
    if (was != null) {
      callbacks.now("disconnected", Listener::disconnected);
    }
    return why;
  }

  private void event(Fields event, Subscription to) throws IOException, InterruptedException {
    int type = (int) event.number(1);
    if (type == Events.ERROR) {
      calls.session(null);
      String said = Fields.of(event.bytes(8)).text(1);
      driver.fails(said);
      throw new IOException("the scheduler ended the framework: " + said);
    }
    if (type == Events.SUBSCRIBED) {
      subscribed(Fields.of(event.bytes(2)), to);
    } else if (type == Events.HEARTBEAT) {
      calls.askForDoubtful();
    } else if (calls.session() == null) {
      throw new IOException("it began with an event of type " + type + "; expected SUBSCRIBED");
    } else if (type == Events.UPDATE) {
      update(Fields.of(event.bytes(5)).bytes(1));
    } else {
      Events.tell(type, event, callbacks);
    }
  }

  private void subscribed(Fields subscribed, Subscription to)
      throws IOException, InterruptedException {
    double given = subscribed.real(2);
    double interval = given > 0 ? given : USUAL_HEARTBEAT_S;
    silence = Duration.ofMillis((long) Math.min(interval * MOST_MISSED * 1000, Integer.MAX_VALUE));
    framework = subscribed.bytes(1);
    byte[] master = Events.master(subscribed, to.at());
    calls.session(new Session(to.at(), to.id(), framework));
    if (registered) {
      callbacks.now("reregistered", it -> it.reregistered(master));
    } else {
      registered = true;
      byte[] id = framework;
      callbacks.now("registered", it -> it.registered(id, master));
    }
  }

  /**
   * @throws IOException when the scheduler no longer answers: all that is still buffered would have
   *     to wait as long, and comes again
   */
  private void update(byte[] bytes) throws IOException, InterruptedException {
    Fields status = Fields.of(bytes);
    boolean told = callbacks.now("statusUpdate", it -> it.update(bytes));
    calls.heardOf(Task.ofStatus(status));
    boolean wanted = settings.acknowledges() && status.has(Task.STATUS_UUID);
    if (!told || !wanted || !driver.isRunning()) {
      return;
    }
    if (calls.sendOrLog(Call.acknowledge(status)) instanceof Calls.Unanswered unanswered) {
      throw new IOException("it does not answer: " + unanswered.why());
    }
  }
}
