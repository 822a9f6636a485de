package io.pilothouse.examples.batch;

import io.pilothouse.examples.frameworks.Demand;
import io.pilothouse.examples.frameworks.Room;
import io.pilothouse.examples.frameworks.Site;
import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkException;
import io.pilothouse.framework.FrameworkHandler;
import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.Environment;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The batch framework: takes of each offer as much as there is to do, wants no offers while there
 * is nothing, and runs again what was lost. Jobs come from other threads than events, so all is
 * synchronized.
 */
public final class Batch implements FrameworkHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Batch.class);

  /** REVIVE forgets it; until then nothing is wanted anyway. */
  private static final double REFUSE_S = 600;

  private final Site site;
  private final Consumer<Report> reports;
  private final InstantSource clock;
  private final Terms terms;
  private final JobQueue queue = new JobQueue();
  private final Demand demand = new Demand();

  /**
   * With no jobs yet.
   *
   * @param reports is told of each job that is over
   */
  public Batch(Site site, Consumer<Report> reports, InstantSource clock) {
    this(site, reports, clock, Terms.USUAL);
  }

  /** The same, with tasks that run otherwise. */
  public Batch(Site site, Consumer<Report> reports, InstantSource clock, Terms terms) {
    this.site = site;
    this.reports = reports;
    this.clock = clock;
    this.terms = terms;
  }

  /** A further job, behind those that are there. */
  public synchronized void submit(Framework framework, Job job) {
    queue.add(job, clock.instant());
    demand.is(true, framework);
  }

  /** Whether all jobs are over. */
  public synchronized boolean isIdle() {
    return queue.isEmpty();
  }

  /** To be called every second or so. */
  public synchronized void tick(Framework framework) {
    demand.is(queue.wants(), framework);
  }

  @Override
  public synchronized void subscribed(Framework framework, Event.Subscribed subscribed) {
    demand.subscribed();
  }

  @Override
  public synchronized void offers(Framework framework, List<Offer> offers) {
    for (Offer offer : offers) {
      List<JobQueue.Attempt> tasks =
          site.takes(offer)
              ? queue.take(new Room(offer, terms.revocable()), clock.instant())
              : List.of();
      if (tasks.isEmpty()) {
        framework.decline(offer, REFUSE_S);
      } else {
        launch(framework, offer, tasks);
      }
    }
    demand.is(queue.wants(), framework);
  }

  private void launch(Framework framework, Offer offer, List<JobQueue.Attempt> tasks) {
    try {
      framework.launch(
          offer,
          tasks.stream().map(each -> info(offer, each)).map(terms::of).toArray(TaskInfo[]::new));
    } catch (FrameworkException e) {
      // whether they run is not known: they are asked for, and run again if the answer is no
      LOG.warn("{} tasks on {}: {}", tasks.size(), offer.getHostname(), e.getMessage());
    }
  }

  private static TaskInfo info(Offer offer, JobQueue.Attempt attempt) {
    Job job = attempt.job();
    TaskInfo.Builder task =
        Tasks.command(offer, attempt.id(), job.command(), job.cpus(), job.mem()).toBuilder();
    task.getCommandBuilder()
        .getEnvironmentBuilder()
        .addVariables(variable("JOB", job.name()))
        .addVariables(variable("TASK", Integer.toString(attempt.task())));
    return task.build();
  }

  private static Environment.Variable variable(String name, String value) {
    return Environment.Variable.newBuilder().setName(name).setValue(value).build();
  }

  @Override
  public synchronized void update(Framework framework, TaskStatus status) {
    String id = status.getTaskId().getValue();
    if (!Tasks.isOver(status.getState())) {
      if (!queue.running().contains(id)) {
        kill(framework, id); // was taken for lost, and has been run again
      }
      return;
    }
    boolean finished = status.getState() == TaskState.TASK_FINISHED;
    if (!finished) {
      LOG.info("task {}: {} {}", id, status.getState(), status.getMessage());
    }
    if (status.getReason() == TaskStatus.Reason.REASON_CONTAINER_PREEMPTED) {
      queue.revoked(id);
    }
    JobQueue.Outcome outcome = queue.over(id, finished, clock.instant());
    outcome.kill().forEach(each -> kill(framework, each));
    demand.is(queue.wants(), framework);
    outcome.report().ifPresent(reports);
  }

  private static void kill(Framework framework, String task) {
    try {
      framework.kill(TaskID.newBuilder().setValue(task).build());
    } catch (FrameworkException e) {
      LOG.warn("could not kill {}: {}", task, e.getMessage());
    }
  }
}
