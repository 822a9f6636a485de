package io.pilothouse.examples.mpi;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.examples.frameworks.Stage;
import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class MpiTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** A run whose end the test says. */
  private record Played(List<Integer> ranks, CompletableFuture<Integer> exit, List<String> killed)
      implements Launcher.Run {
    @Override
    public List<String> commands() {
      return IntStream.range(0, ranks.size()).mapToObj(each -> "proxy " + each).toList();
    }

    @Override
    public void kill() {
      killed.add("killed");
      exit.complete(143);
    }
  }

  private final BlockingQueue<Report> reports = new LinkedBlockingQueue<>();
  private final BlockingQueue<Played> runs = new LinkedBlockingQueue<>();
  private boolean missing;
  private @Nullable Mpi made;
  private final Stage stage =
      new Stage(clock -> made = new Mpi(Stage.SITE, this::plays, PATIENCE, reports::add, clock));

  MpiTest() throws InterruptedException {}

  private Launcher.Run plays(MpiJob job, List<Integer> ranks) throws IOException {
    if (missing) {
      throw new IOException("mpiexec does not start");
    }
    Played run =
        new Played(
            ranks,
            new CompletableFuture<>(),
            java.util.Collections.synchronizedList(new ArrayList<>()));
    runs.add(run);
    return run;
  }

  @AfterEach
  void close() {
    stage.close();
  }

  private Mpi mpi() {
    return Objects.requireNonNull(made);
  }

  private void submits(String name, int ranks) {
    mpi().submit(stage.framework, new MpiJob(name, ranks, List.of("pi")));
  }

  private Report report() throws InterruptedException {
    return Objects.requireNonNull(reports.poll(60, TimeUnit.SECONDS), "a report");
  }

  /** A job of four ranks, on two machines. */
  private List<TaskInfo> started() throws InterruptedException {
    stage.master.offers(stage.master.offer("m1", 2, 512), stage.master.offer("m2", 2, 512));
    List<TaskInfo> tasks = new ArrayList<>(stage.launched());
    tasks.addAll(stage.launched());
    return tasks;
  }

  @Test
  void itBeginsWhenThereIsRoomForAllRanksAndNotBefore() throws Exception {
    submits("a", 4);

    stage.master.offers(stage.master.offer("m1", 3, 512));
    stage.answersAll();
    assertThat(stage.master.heard(Call.Type.ACCEPT)).isEmpty();
    stage.passes(Duration.ofSeconds(7));
    stage.master.offers(stage.master.offer("m2", 3, 512));

    TaskInfo first = stage.launched().getFirst();
    TaskInfo second = stage.launched().getFirst();
    assertThat(first.getTaskId().getValue()).isEqualTo("a.1.0");
    assertThat(first.getCommand().getValue()).isEqualTo("exec proxy 0");
    assertThat(cpus(first)).isEqualTo(3);
    assertThat(cpus(second)).isEqualTo(1);
    Played run = runs.remove();
    assertThat(run.ranks()).containsExactly(3, 1);

    stage.passes(Duration.ofSeconds(9));
    stage.says(first, TaskState.TASK_FINISHED);
    stage.says(second, TaskState.TASK_FINISHED);
    stage.answersAll();
    assertThat(reports).isEmpty(); // mpiexec has the last word
    run.exit().complete(0);

    Report report = report();
    assertThat(report.failure()).isEmpty();
    assertThat(report.waited()).isEqualTo(Duration.ofSeconds(7));
    assertThat(report.ran()).isEqualTo(Duration.ofSeconds(9));
    assertThat(report.machines()).containsExactly("m1", "m2");
    assertThat(mpi().isIdle()).isTrue();
  }

  private static double cpus(TaskInfo task) {
    Offer.Builder as = Offer.newBuilder().addAllResources(task.getResourcesList());
    return Tasks.amount(as.buildPartial(), "cpus");
  }

  @Test
  void offersOfOneMachineGoTogetherAndWhatIsTooMuchIsDeclinedAtOnce() throws Exception {
    submits("a", 4);
    stage.master.offers(stage.master.offer("m1", 2, 512));
    stage.master.offers(stage.master.offer("m2", 1, 512));
    stage.answersAll();

    stage.master.offers(stage.master.offer("m1", 2, 512));

    Call.Accept accept = stage.master.next(Call.Type.ACCEPT).getAccept();
    assertThat(accept.getOfferIdsCount()).isEqualTo(2);
    assertThat(cpus(accept.getOperations(0).getLaunch().getTaskInfos(0))).isEqualTo(4);
    assertThat(stage.master.next(Call.Type.DECLINE).getDecline().getOfferIdsCount()).isEqualTo(1);
  }

  @Test
  void whatIsNotEnoughIsGivenBackAfterAWhileAndNotWantedForAsLong() throws Exception {
    submits("a", 4);
    Offer offer = stage.master.offer("m1", 2, 512);
    stage.master.offers(offer);
    stage.answersAll();
    stage.passes(PATIENCE.minusSeconds(1));
    mpi().tick(stage.framework);
    assertThat(stage.master.heard(Call.Type.DECLINE)).isEmpty();

    stage.passes(Duration.ofSeconds(1));
    mpi().tick(stage.framework);

    Call.Decline decline = stage.master.next(Call.Type.DECLINE).getDecline();
    assertThat(decline.getOfferIdsList()).containsExactly(offer.getId());
    assertThat(decline.getFilters().getRefuseSeconds()).isEqualTo(20);
    // what it gave back it does not count on
    stage.master.offers(stage.master.offer("m2", 2, 512));
    stage.answersAll();
    assertThat(stage.master.heard(Call.Type.ACCEPT)).isEmpty();
  }

  @Test
  void whatIsTakenBackIsNotCountedOn() throws Exception {
    submits("a", 4);
    Offer offer = stage.master.offer("m1", 2, 512);
    stage.master.offers(offer);

    stage.master.rescinds(offer.getId());
    stage.master.offers(stage.master.offer("m2", 2, 512));
    stage.answersAll();

    assertThat(stage.master.heard(Call.Type.ACCEPT)).isEmpty();
  }

  @Test
  void whenOneDiesAllAreEndedAndTheJobBeginsAnew() throws Exception {
    submits("a", 4);
    List<TaskInfo> tasks = started();
    Played run = runs.remove();

    stage.says(tasks.get(0), TaskState.TASK_FAILED);

    assertThat(stage.master.next(Call.Type.KILL).getKill().getTaskId())
        .isEqualTo(tasks.get(1).getTaskId());
    assertThat(run.killed()).isNotEmpty();
    // it does not begin before the last has ended
    assertThat(stage.master.heard(Call.Type.REVIVE)).isEmpty();
    stage.says(tasks.get(1), TaskState.TASK_KILLED);
    var unused = stage.master.next(Call.Type.REVIVE);
    List<TaskInfo> again = started();
    assertThat(again).extracting(each -> each.getTaskId().getValue()).contains("a.2.0", "a.2.1");
    again.forEach(each -> stage.says(each, TaskState.TASK_FINISHED));
    runs.remove().exit().complete(0);
    Report report = report();
    assertThat(report.starts()).isEqualTo(2);
    assertThat(report.failure()).isEmpty();
  }

  @Test
  void aRankThatDiesIsKnownByMpiexecAlone() throws Exception {
    submits("a", 4);
    List<TaskInfo> tasks = started();

    runs.remove().exit().complete(9);

    assertThat(stage.master.next(Call.Type.KILL).getKill().getTaskId())
        .isEqualTo(tasks.get(0).getTaskId());
    // mpich's proxy may end well all the same
    tasks.forEach(each -> stage.says(each, TaskState.TASK_FINISHED));
    var unused = stage.master.next(Call.Type.REVIVE);
    assertThat(reports).isEmpty();
  }

  @Test
  void aJobThatFailsTooOftenIsGivenUpAndTheNextBegins() throws Exception {
    submits("a", 4);
    submits("b", 1);
    for (int starts = 1; starts <= Mpi.MOST_STARTS; starts++) {
      List<TaskInfo> tasks = started();
      stage.says(tasks.get(0), TaskState.TASK_LOST);
      stage.says(tasks.get(1), TaskState.TASK_KILLED);
      if (starts < Mpi.MOST_STARTS) {
        var unused = stage.master.next(Call.Type.REVIVE);
      }
    }

    Report report = report();
    assertThat(report.starts()).isEqualTo(Mpi.MOST_STARTS);
    assertThat(report.failure()).hasValueSatisfying(why -> assertThat(why).contains("TASK_LOST"));
    stage.master.offers(stage.master.offer("m1", 1, 512));
    assertThat(stage.launched().getFirst().getTaskId().getValue()).isEqualTo("b.1.0");
  }

  @Test
  void withoutMpiexecTheJobFailsAndItsOffersAreDeclined() throws Exception {
    missing = true;
    submits("a", 1);

    stage.master.offers(stage.master.offer("m1", 1, 512));

    assertThat(report().failure()).contains("mpiexec does not start");
    assertThat(stage.master.next(Call.Type.DECLINE).getDecline().getOfferIdsCount()).isEqualTo(1);
  }
}
