package io.pilothouse.examples.farm;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.examples.frameworks.Stage;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FarmTest {

  /** A balancer that writes down what it is told, and says what the test says. */
  private static final class Told implements Balancer {
    final List<String> all = Collections.synchronizedList(new ArrayList<>());
    final Map<Integer, Integer> open = new HashMap<>();
    volatile int sessions;

    @Override
    public int slots() {
      return 16;
    }

    @Override
    public Load load() {
      return new Load(sessions, open);
    }

    @Override
    public void serve(int slot, String host, int port) {
      all.add("serve %d %s:%d".formatted(slot, host, port));
    }

    @Override
    public void drain(int slot) {
      all.add("drain " + slot);
    }

    @Override
    public void forget(int slot) {
      all.add("forget " + slot);
    }
  }

  private final Told balancer = new Told();
  private volatile boolean answers = true;
  private @Nullable Farm made;
  private final Stage stage =
      new Stage(
          clock ->
              made =
                  new Farm(
                      Stage.SITE,
                      balancer,
                      new Elastic.Rule(1, 8, 4, Duration.ofSeconds(10)),
                      "serve",
                      (host, port) -> answers,
                      clock));

  FarmTest() throws InterruptedException {}

  @AfterEach
  void close() {
    stage.close();
  }

  private Farm farm() {
    return Objects.requireNonNull(made);
  }

  private void tick() {
    stage.passes(Duration.ofSeconds(1));
    farm().tick(stage.framework);
  }

  /** All emulated machines have this address, and offer these ports. */
  private Offer offer(String machine, int cpus) {
    Offer.Builder offer = stage.master.offer(machine, cpus, 1024).toBuilder();
    offer.getUrlBuilder().setScheme("http").getAddressBuilder().setIp("10.0.0.1").setPort(1);
    return offer
        .addResources(
            Resource.newBuilder()
                .setName("ports")
                .setType(Value.Type.RANGES)
                .setRanges(
                    Value.Ranges.newBuilder()
                        .addRange(Value.Range.newBuilder().setBegin(31000).setEnd(31009))))
        .build();
  }

  private static long port(TaskInfo task) {
    return task.getResourcesList().stream()
        .filter(each -> each.getName().equals("ports"))
        .mapToLong(each -> each.getRanges().getRange(0).getBegin())
        .findFirst()
        .orElseThrow();
  }

  /** Their processes run, and they answer. */
  private void serve(List<TaskInfo> tasks) throws InterruptedException {
    tasks.forEach(each -> stage.says(each, TaskState.TASK_RUNNING));
    for (int told = 0; told < tasks.size(); told++) {
      var unused = stage.master.next(Call.Type.ACKNOWLEDGE);
    }
    tick();
  }

  private List<TaskInfo> servers(int count) throws InterruptedException {
    balancer.sessions = 4 * count;
    tick();
    stage.master.offers(offer("m1", count));
    List<TaskInfo> tasks = stage.launched();
    assertThat(tasks).hasSize(count);
    serve(tasks);
    assertThat(farm().serving()).isEqualTo(count);
    return tasks;
  }

  @Test
  void itTakesAsManyAsTheLoadNeedsEachWithAPortOfItsOwn() throws Exception {
    balancer.sessions = 10;
    tick();

    stage.master.offers(offer("m1", 2));
    List<TaskInfo> tasks = new ArrayList<>(stage.launched());
    stage.master.offers(offer("m2", 5));
    tasks.addAll(stage.launched());

    assertThat(tasks).extracting(FarmTest::port).containsExactly(31000L, 31001L, 31002L);
    var unused = stage.master.next(Call.Type.SUPPRESS);
    answers = false;
    serve(tasks);
    assertThat(balancer.all).isEmpty(); // they run, and do not answer yet
    answers = true;
    tick();
    assertThat(balancer.all)
        .containsExactly(
            "serve 1 10.0.0.1:31000", "serve 2 10.0.0.1:31001", "serve 3 10.0.0.1:31002");
  }

  @Test
  void aServerIsKilledOnlyWhenItHasAnsweredAllThatItHad() throws Exception {
    List<TaskInfo> tasks = servers(2);
    balancer.open.put(1, 1);
    balancer.open.put(2, 1);
    balancer.sessions = 2;
    for (int second = 0; second <= 10; second++) {
      assertThat(balancer.all).noneMatch(each -> each.startsWith("drain"));
      tick();
    }
    assertThat(balancer.all).endsWith("drain 2");

    tick();
    stage.master.offers(offer("m9", 1)); // is declined: all of before has been answered then
    var unused = stage.master.next(Call.Type.DECLINE);
    assertThat(stage.master.heard(Call.Type.KILL)).isEmpty();
    balancer.open.put(2, 0);
    tick();

    assertThat(stage.master.next(Call.Type.KILL).getKill().getTaskId())
        .isEqualTo(tasks.get(1).getTaskId());
    stage.says(tasks.get(1), TaskState.TASK_KILLED);
    var unusedToo = stage.master.next(Call.Type.ACKNOWLEDGE);
    assertThat(balancer.all).endsWith("forget 2");
    assertThat(farm().all()).isEqualTo(1);
  }

  @Test
  void whenTheLoadIsBackAServerThatDrainsServesAgain() throws Exception {
    servers(2);
    balancer.open.put(2, 1);
    balancer.sessions = 2;
    for (int second = 0; second <= 10; second++) {
      tick();
    }
    assertThat(balancer.all).endsWith("drain 2");

    balancer.sessions = 8;
    tick();

    assertThat(balancer.all).endsWith("serve 2 10.0.0.1:31001");
    assertThat(farm().serving()).isEqualTo(2);
    assertThat(stage.master.heard(Call.Type.KILL)).isEmpty();
  }

  @Test
  void aServerThatDiesIsReplaced() throws Exception {
    List<TaskInfo> tasks = servers(2);
    var unused = stage.master.next(Call.Type.SUPPRESS);

    stage.says(tasks.get(0), TaskState.TASK_FAILED);

    var unusedToo = stage.master.next(Call.Type.REVIVE);
    var unusedThree = stage.master.next(Call.Type.ACKNOWLEDGE);
    assertThat(balancer.all).endsWith("forget 1");
    stage.master.offers(offer("m2", 4));
    List<TaskInfo> more = stage.launched();
    assertThat(more).hasSize(1);
    // not the port of the one that died: it may be why
    assertThat(port(more.getFirst())).isEqualTo(31002);
    serve(more);
    assertThat(balancer.all).endsWith("serve 1 10.0.0.1:31002");
  }

  @Test
  void whatDoesNotServeYetIsGivenBackFirst() throws Exception {
    servers(1);
    balancer.sessions = 8;
    tick();
    stage.master.offers(offer("m2", 1));
    TaskInfo late = stage.launched().getFirst();
    balancer.sessions = 0;
    for (int second = 0; second <= 10; second++) {
      tick();
    }

    assertThat(stage.master.next(Call.Type.KILL).getKill().getTaskId()).isEqualTo(late.getTaskId());
    assertThat(farm().serving()).isEqualTo(1);
  }

  @Test
  void withoutPortsThereIsNoServer() throws Exception {
    tick();

    stage.master.offers(stage.master.offer("m1", 4, 512));

    var unused = stage.master.next(Call.Type.DECLINE);
    assertThat(stage.master.heard(Call.Type.ACCEPT)).isEmpty();
  }
}
