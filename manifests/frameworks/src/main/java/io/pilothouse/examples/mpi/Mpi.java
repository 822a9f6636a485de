package io.pilothouse.examples.mpi;

import io.pilothouse.examples.frameworks.Demand;
import io.pilothouse.examples.frameworks.Site;
import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkException;
import io.pilothouse.framework.FrameworkHandler;
import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.Filters;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The MPI framework: one job after the other, each on all of its slots at once or not at all.
 * Offers are held until they are enough, for a bounded time; then all are declined for as long, so
 * that others have their turn. Synchronized, as {@code mpiexec} ends when it ends.
 */
public final class Mpi implements FrameworkHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Mpi.class);

  /** A job that fails so often is given up. */
  static final int MOST_STARTS = 4;

  /** REVIVE forgets it; until then nothing is wanted anyway. */
  private static final double REFUSE_S = 600;

  private static final class Waiting {
    final MpiJob job;
    final Instant came;
    int starts;

    Waiting(MpiJob job, Instant came) {
      this.job = job;
      this.came = came;
    }
  }

  private final Site site;
  private final Launcher launcher;
  private final Duration patience;
  private final Consumer<Report> reports;
  private final InstantSource clock;
  private final Gang gang;
  private final Demand demand = new Demand();
  private final Deque<Waiting> queue = new ArrayDeque<>();
  private final Set<String> names = new HashSet<>();
  private @Nullable Attempt attempt;

  /**
   * With no jobs yet.
   *
   * @param patience for which offers are held, and then declined
   * @param reports is told of each job that is over
   */
  public Mpi(
      Site site,
      Launcher launcher,
      Duration patience,
      Consumer<Report> reports,
      InstantSource clock) {
    this.site = site;
    this.launcher = launcher;
    this.patience = patience;
    this.reports = reports;
    this.clock = clock;
    this.gang = new Gang(patience);
  }

  /** A further job, behind those that are there. */
  public synchronized void submit(Framework framework, MpiJob job) {
    if (!names.add(job.name())) {
      throw new IllegalArgumentException(
          "there was a job %s before: give this one another name".formatted(job.name()));
    }
    queue.add(new Waiting(job, clock.instant()));
    demand.is(wants(), framework);
  }

  /** Whether all jobs are over. */
  public synchronized boolean isIdle() {
    return queue.isEmpty();
  }

  /** Ends {@code mpiexec}, if one runs. */
  public synchronized void stop() {
    if (attempt != null) {
      attempt.run.kill();
    }
  }

  private boolean wants() {
    return !queue.isEmpty() && attempt == null;
  }

  /** To be called every second or so. */
  public synchronized void tick(Framework framework) {
    demand.is(wants(), framework);
    if (gang.isTired(clock.instant())) {
      decline(framework, gang.clear(), patience.toMillis() / 1e3);
    }
    if (attempt != null && attempt.hasFailed()) {
      attempt.running().forEach(each -> kill(framework, each)); // a call may not have arrived
    }
  }

  @Override
  public synchronized void subscribed(Framework framework, Event.Subscribed subscribed) {
    demand.subscribed();
    gang.clear(); // offers from before are void
  }

  @Override
  public synchronized void rescinded(Framework framework, OfferID offer) {
    gang.rescinded(offer);
  }

  @Override
  public synchronized void offers(Framework framework, List<Offer> offers) {
    List<OfferID> useless = new ArrayList<>();
    for (Offer each : offers) {
      if (!wants() || !site.takes(each) || !gang.add(each, clock.instant())) {
        useless.add(each.getId());
      }
    }
    decline(framework, useless, wants() ? 5 : REFUSE_S);
    if (wants()) {
      List<Gang.Seat> seats = gang.seats(queue.getFirst().job.ranks());
      if (!seats.isEmpty()) {
        start(framework, queue.getFirst(), seats);
      }
    }
    demand.is(wants(), framework);
  }

  private void start(Framework framework, Waiting waiting, List<Gang.Seat> seats) {
    waiting.starts++;
    String prefix = waiting.job.name() + "." + waiting.starts + ".";
    seats.forEach(seat -> seat.offers().forEach(each -> gang.rescinded(each.getId())));
    decline(framework, gang.clear(), REFUSE_S);
    Launcher.Run run;
    try {
      run = launcher.start(waiting.job, seats.stream().map(Gang.Seat::ranks).toList());
    } catch (IOException e) {
      seats.forEach(seat -> decline(framework, ids(seat), REFUSE_S));
      over(waiting, clock.instant(), List.of(), Optional.of(e.getMessage()));
      return;
    }
    List<String> tasks = new ArrayList<>();
    List<String> machines = new ArrayList<>();
    for (Gang.Seat seat : seats) {
      tasks.add(prefix + tasks.size());
      machines.add(seat.first().getHostname());
    }
    Attempt fresh = new Attempt(run, tasks, machines, clock.instant());
    attempt = fresh;
    for (int i = 0; i < seats.size(); i++) {
      launch(framework, seats.get(i), tasks.get(i), run.commands().get(i));
    }
    // on a thread of its own: it may wait for this framework, which may wait for an answer to a
    // call, and that needs a thread of the common pool
    var unused =
        run.exit()
            .thenAcceptAsync(
                status -> exited(framework, fresh, status),
                ending -> Thread.ofPlatform().daemon().name("mpiexec-exited").start(ending));
  }

  private static void launch(Framework framework, Gang.Seat seat, String id, String command) {
    TaskInfo task =
        Tasks.command(
            seat.first(), id, "exec " + command, Gang.CPUS * seat.ranks(), Gang.MEM * seat.ranks());
    Offer.Operation.Builder launch =
        Offer.Operation.newBuilder().setType(Offer.Operation.Type.LAUNCH);
    launch.getLaunchBuilder().addTaskInfos(task);
    try {
      framework.accept(ids(seat), List.of(launch.build()), refusing(REFUSE_S));
    } catch (FrameworkException e) {
      // whether it runs is not known: it is asked for, and all begins anew if the answer is no
      LOG.warn("{} on {}: {}", id, seat.first().getHostname(), e.getMessage());
    }
  }

  @Override
  public synchronized void update(Framework framework, TaskStatus status) {
    String id = status.getTaskId().getValue();
    @Nullable Attempt now = attempt;
    boolean known = now != null && now.has(id);
    if (!Tasks.isOver(status.getState())) {
      if (now == null || !known || now.hasFailed()) {
        kill(framework, id); // of an attempt that was given up
      }
    } else if (now != null && known) {
      boolean finished = status.getState() == TaskState.TASK_FINISHED;
      String how = status.getState() + " " + status.getMessage();
      if (now.over(id, finished ? Optional.empty() : Optional.of(how))) {
        abort(framework, now);
      }
      settle(framework, now);
    }
  }

  private synchronized void exited(Framework framework, Attempt of, int status) {
    if (of.equals(attempt)) {
      if (of.exited(status)) {
        abort(framework, of);
      }
      settle(framework, of);
    }
  }

  /** One part has failed, so no other needs to go on. */
  private static void abort(Framework framework, Attempt failed) {
    LOG.warn("all is ended, since {}", failed.failure().orElseThrow());
    failed.run.kill();
    failed.running().forEach(each -> kill(framework, each));
  }

  /** When nothing of an attempt runs any more: it is the job's end, or another begins. */
  private void settle(Framework framework, Attempt of) {
    if (!of.isOver()) {
      return;
    }
    attempt = null;
    Waiting waiting = queue.getFirst();
    if (of.failure().isEmpty() || waiting.starts >= MOST_STARTS) {
      over(waiting, of.began, of.machines, of.failure());
    }
    demand.is(wants(), framework);
  }

  private void over(
      Waiting waiting, Instant began, List<String> machines, Optional<String> failure) {
    queue.remove(waiting);
    reports.accept(
        new Report(
            waiting.job,
            waiting.starts,
            Duration.between(waiting.came, began),
            Duration.between(began, clock.instant()),
            machines,
            failure));
  }

  private static List<OfferID> ids(Gang.Seat seat) {
    return seat.offers().stream().map(Offer::getId).toList();
  }

  private static Filters refusing(double seconds) {
    return Filters.newBuilder().setRefuseSeconds(seconds).build();
  }

  private static void decline(Framework framework, List<OfferID> offers, double seconds) {
    if (offers.isEmpty()) {
      return;
    }
    try {
      framework.decline(offers, refusing(seconds));
    } catch (FrameworkException e) {
      LOG.warn(
          "{} offers were not declined, and end by themselves: {}", offers.size(), e.getMessage());
    }
  }

  private static void kill(Framework framework, String task) {
    try {
      framework.kill(TaskID.newBuilder().setValue(task).build());
    } catch (FrameworkException e) {
      LOG.warn("could not kill {}: {}", task, e.getMessage());
    }
  }
}
