package io.pilothouse.framework;

import io.pilothouse.mesos.Printable;
import io.pilothouse.mesos.stream.Pauses;
import io.pilothouse.mesos.stream.SchedulerHttp;
import io.pilothouse.mesos.stream.Schedulers;
import io.pilothouse.mesos.stream.Subscription;
import io.pilothouse.mesos.stream.SubscriptionRefusedException;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread: subscribes, delivers events in order, and subscribes again. */
final class Reader {
  private static final Logger log = LoggerFactory.getLogger(Reader.class);

  /** Intervals of heartbeats without a byte. */
  private static final double MOST_MISSED = 2.5;

  private static final double USUAL_HEARTBEAT_S = 15;

  private final Framework framework;
  private final FrameworkOptions options;
  private final FrameworkHandler handler;
  private final Life life;
  private final Doubts doubts;
  private final Schedulers schedulers;
  private final Pauses pauses;
  private Duration silence;

  Reader(
      Framework framework,
      FrameworkOptions options,
      FrameworkHandler handler,
      Life life,
      Doubts doubts,
      SchedulerHttp http) {
    this.framework = framework;
    this.options = options;
    this.handler = handler;
    this.life = life;
    this.doubts = doubts;
    this.pauses = new Pauses(options.timing().firstPause(), options.timing().longestPause());
    this.schedulers =
        new Schedulers(http, options.schedulers(), pauses, text -> log.info("{}", text));
    this.silence = options.timing().patience();
  }

  /** Returns when the framework is closed or torn down. */
  void run() throws InterruptedException {
    while (!life.over()) {
      Subscription to = subscribe();
      long since = System.nanoTime();
      String why = follow(to);
      if (life.over()) {
        return;
      }
      pauses.lived(Duration.ofNanos(System.nanoTime() - since));
      Duration pause = pauses.next();
      log.warn(
          "framework '{}' lost {}: {}; it subscribes again in {} ms",
          options.info().getName(),
          to.at().getAuthority(),
          why,
          pause.toMillis());
      Thread.sleep(pause);
    }
  }

  private Subscription subscribe() throws InterruptedException {
    try {
      return schedulers.subscribe(framework.subscription().toByteArray());
    } catch (SubscriptionRefusedException e) {
      int status = e.status();
      throw new RefusedException(
          String.valueOf(e.getMessage()),
          status,
          e.text(),
          status == 401 || status == 403
              ? ": give credentials(…) as in its --framework-credentials"
              : "");
    }
  }

  /** Delivers until the stream is over, and returns why it is. */
  private String follow(Subscription to) throws InterruptedException {
    silence = options.timing().patience();
    String why;
    try {
      deliverAll(to);
      return "";
    } catch (HttpTimeoutException e) {
      // a host that is gone would be waited for once more
      schedulers.passOver();
      why = e.getMessage();
    } catch (IOException e) {
      why = e.getMessage();
    } finally {
      to.cancel();
    }
    boolean was = framework.session() != null;
    framework.session(null);
    if (was && !life.over()) {
      tell("disconnected", () -> handler.disconnected(framework, why));
    }
    return why;
  }

  private void deliverAll(Subscription to) throws IOException, InterruptedException {
    while (true) {
      // the time that handlers take does not count: only here is the scheduler waited for
      for (byte[] each : to.take(silence)) {
        if (life.over()) {
          return;
        }
        deliver(Event.parseFrom(each), to);
      }
      if (life.over()) {
        return;
      }
    }
  }

  private void deliver(Event event, Subscription to) throws IOException {
    Event.Type type = event.getType();
    if (type == Event.Type.ERROR) {
      framework.session(null);
      throw new EndedException(
          "the scheduler at %s ended the framework: %s"
              .formatted(to.at().getAuthority(), Printable.of(event.getError().getMessage())));
    } else if (type == Event.Type.SUBSCRIBED) {
      subscribed(event.getSubscribed(), to);
    } else if (framework.session() == null) {
      if (type != Event.Type.HEARTBEAT) {
        throw new IOException("it began with " + type + "; expected SUBSCRIBED");
      }
    } else if (type == Event.Type.UPDATE) {
      update(event.getUpdate().getStatus());
    } else if (type == Event.Type.UPDATE_OPERATION_STATUS) {
      operation(event.getUpdateOperationStatus().getStatus());
    } else if (type == Event.Type.HEARTBEAT) {
      ask();
    } else {
      tell(type.toString(), () -> dispatch(event));
    }
  }

  private void dispatch(Event event) throws Exception {
    switch (event.getType()) {
      case OFFERS -> handler.offers(framework, event.getOffers().getOffersList());
      case RESCIND -> handler.rescinded(framework, event.getRescind().getOfferId());
      case INVERSE_OFFERS ->
          handler.inverseOffers(framework, event.getInverseOffers().getInverseOffersList());
      case RESCIND_INVERSE_OFFER ->
          handler.inverseOfferRescinded(
              framework, event.getRescindInverseOffer().getInverseOfferId());
      case MESSAGE -> handler.message(framework, event.getMessage());
      case FAILURE -> handler.failure(framework, event.getFailure());
      case UPDATE_OPERATION_STATUS, SUBSCRIBED, UPDATE, ERROR, HEARTBEAT, UNKNOWN -> {}
    }
  }

  private void subscribed(Event.Subscribed subscribed, Subscription to) throws IOException {
    FrameworkID id = subscribed.getFrameworkId();
    double interval =
        subscribed.getHeartbeatIntervalSeconds() > 0
            ? subscribed.getHeartbeatIntervalSeconds()
            : USUAL_HEARTBEAT_S;
    silence = Duration.ofMillis((long) Math.min(interval * MOST_MISSED * 1000, Integer.MAX_VALUE));
    if (!framework.info().getId().equals(id)) {
      try {
        options.keepId().accept(id);
      } catch (RuntimeException e) {
        framework.giveUp(new Session(to.at(), to.id(), id));
        throw new EndedException(
            "the framework's id %s could not be stored: %s".formatted(id.getValue(), e), e);
      }
      framework.id(id);
    }
    framework.session(new Session(to.at(), to.id(), id));
    log.info(
        "framework '{}' is subscribed with {} as {}",
        options.info().getName(),
        to.at().getAuthority(),
        id.getValue());
    doubts.subscribed();
    tell("SUBSCRIBED", () -> handler.subscribed(framework, subscribed));
    ask();
  }

  /** For the tasks in doubt. Those that cannot be asked for now are with a later heartbeat. */
  private void ask() throws IOException {
    while (!life.isOver()) {
      List<Call.Reconcile.Task> silent = doubts.toAsk(System.nanoTime());
      if (silent.isEmpty()) {
        return;
      }
      called(silent.size() + " tasks in doubt", () -> framework.ask(silent));
    }
  }

  /**
   * @throws IOException when the scheduler no longer answers: all that is still buffered would have
   *     to wait as long, and comes again
   */
  private void update(TaskStatus status) throws IOException {
    if (!tell("UPDATE", () -> handler.update(framework, status))) {
      return;
    }
    doubts.told(status);
    if (!status.getUuid().isEmpty()) {
      acknowledge(
          "the update of task " + status.getTaskId().getValue(),
          () -> framework.acknowledge(status));
    }
  }

  /** The same, of an operation. */
  private void operation(OperationStatus status) throws IOException {
    boolean told = tell("UPDATE_OPERATION_STATUS", () -> handler.operation(framework, status));
    if (told && status.hasUuid()) {
      acknowledge(
          "the status of operation " + status.getOperationId().getValue(),
          () -> framework.acknowledge(status));
    }
  }

  private void acknowledge(String what, Runnable call) throws IOException {
    if (!options.byHand() && !life.isOver()) {
      called(what, call);
    }
  }

  private static void called(String what, Runnable call) throws IOException {
    try {
      call.run();
    } catch (UnansweredException e) {
      throw new IOException("it does not answer: " + e.getMessage(), e);
    } catch (FrameworkException e) {
      log.info("{}: tried again later: {}", what, e.getMessage());
    }
  }

  /** The last word. */
  void tellError(FrameworkException why) {
    tell("error", () -> handler.error(framework, why));
  }

  private interface Telling {
    void run() throws Exception;
  }

  /** Whether the handler took it without an exception. */
  private boolean tell(String what, Telling telling) {
    @Nullable Exception failed = null;
    try {
      telling.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failed = e;
    } catch (Exception e) {
      failed = e;
    }
    if (failed instanceof FrameworkException) { // a call of the handler's own, which it let pass
      log.warn("framework '{}', {}: {}", options.info().getName(), what, failed.getMessage());
    } else if (failed != null) {
      log.error("the handler of framework '{}' failed: {}", options.info().getName(), what, failed);
    }
    return failed == null;
  }
}
