package io.pilothouse.mesos.stream;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Looks for the scheduler that leads: asks each in turn, and goes where a standby points. */
public final class Schedulers {

  /** Standbys that point at each other know no better yet. */
  private static final int MOST_REDIRECTS = 5;

  /** Some may be gone for a moment, and the one that is there may be wrong: some seconds. */
  private static final int MOST_IN_VAIN = 5;

  private final SchedulerHttp http;
  private final List<URI> schedulers;
  private final Pauses pauses;
  private final Consumer<String> log;
  private final boolean ids;
  private int first;

  /** Whether somebody answered in this round who may take it later. */
  private boolean hope;

  /** Rounds, one after the other, in which all that answered refused it. */
  private int inVain;

  /**
   * Of these, in this order.
   *
   * @param log is told in one line when none took a subscription, and why
   */
  public Schedulers(SchedulerHttp http, List<URI> schedulers, Pauses pauses, Consumer<String> log) {
    this(http, schedulers, pauses, log, true);
  }

  private Schedulers(
      SchedulerHttp http, List<URI> schedulers, Pauses pauses, Consumer<String> log, boolean ids) {
    this.http = http;
    this.schedulers = List.copyOf(schedulers);
    this.pauses = pauses;
    this.log = log;
    this.ids = ids;
  }

  /** The one agent of an executor: it answers alike, and its streams have no ids. */
  public static Schedulers agent(
      SchedulerHttp http, URI agent, Pauses pauses, Consumer<String> log) {
    return new Schedulers(http, List.of(agent), pauses, log, false);
  }

  /**
   * Asks until one takes the subscription, with a pause after all were asked.
   *
   * @throws SubscriptionRefusedException all refused it for what it is, or for several rounds all
   *     that answered did; one alone may be told something else than the others
   */
  public Subscription subscribe(byte[] call)
      throws InterruptedException, SubscriptionRefusedException {
    while (true) {
      List<String> troubles = new ArrayList<>();
      List<SubscriptionRefusedException> refusals = new ArrayList<>();
      hope = false;
      for (int each = 0; each < schedulers.size(); each++) {
        int index = (first + each) % schedulers.size();
        try {
          Optional<Subscription> taken = ask(schedulers.get(index), call, troubles);
          if (taken.isPresent()) {
            first = index;
            return taken.get();
          }
        } catch (SubscriptionRefusedException e) {
          refusals.add(e);
          troubles.add(String.valueOf(e.getMessage()));
        }
      }
      inVain = refusals.isEmpty() || hope ? 0 : inVain + 1;
      if (refusals.size() == schedulers.size() || inVain == MOST_IN_VAIN) {
        throw refusals.get(0);
      }
      Duration pause = pauses.next();
      log.accept(
          "no scheduler takes the subscription; again in %d ms: %s"
              .formatted(pause.toMillis(), String.join("; ", troubles)));
      Thread.sleep(pause.toMillis());
    }
  }

  /** Who was asked first last time falls silent: the next time another one is. */
  public void passOver() {
    first = (first + 1) % schedulers.size();
  }

  private Optional<Subscription> ask(URI scheduler, byte[] call, List<String> troubles)
      throws InterruptedException, SubscriptionRefusedException {
    URI at = scheduler;
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      HttpResponse<Body> answer;
      try {
        answer = http.subscribe(at, call);
      } catch (IOException e) {
        troubles.add(at.getAuthority() + ": " + e.getMessage());
        return Optional.empty();
      }
      if (answer.body() instanceof EventPieces events) {
        Optional<String> stream = answer.headers().firstValue(SchedulerHttp.STREAM_ID);
        if (stream.isPresent() || !ids) {
          return Optional.of(new Subscription(at, stream.orElse(""), events));
        }
        events.cancel();
        troubles.add(at.getAuthority() + ": no " + SchedulerHttp.STREAM_ID + " in its answer");
        return Optional.empty();
      }
      String text = answer.body() instanceof Body.Text words ? words.text() : "";
      int status = answer.statusCode();
      refuse(at, status, text);
      Optional<URI> next = status == 307 ? leader(at, answer) : Optional.empty();
      if (next.isEmpty()) {
        hope = true; // it says that another one leads, or will
        troubles.add("%s: status %d %s".formatted(at.getAuthority(), status, text).strip());
        return Optional.empty();
      }
      at = next.get();
    }
    hope = true;
    troubles.add(scheduler.getAuthority() + ": redirected more than 5 times");
    return Optional.empty();
  }

  /** Where a standby points. The secret goes along, so never from https to http. */
  private static Optional<URI> leader(URI at, HttpResponse<Body> answer) {
    try {
      return answer
          .headers()
          .firstValue("Location")
          .map(at::resolve)
          .filter(to -> to.getHost() != null && to.getScheme().equals(at.getScheme()));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // no address: told as the status that it came with
    }
  }

  /** Throws if to ask again would be in vain. */
  private static void refuse(URI at, int status, String text) throws SubscriptionRefusedException {
    boolean wrong = status >= 400 && status < 500 && status != 408 && status != 429;
    if (wrong) {
      throw new SubscriptionRefusedException(at, status, text);
    }
  }
}
