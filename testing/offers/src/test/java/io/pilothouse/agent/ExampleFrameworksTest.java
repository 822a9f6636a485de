package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.examples.batch.Batch;
import io.pilothouse.examples.batch.Job;
import io.pilothouse.examples.farm.Elastic;
import io.pilothouse.examples.farm.Farm;
import io.pilothouse.examples.farm.HaProxy;
import io.pilothouse.examples.farm.Servers;
import io.pilothouse.examples.frameworks.Site;
import io.pilothouse.examples.frameworks.Ticks;
import io.pilothouse.examples.mpi.Hydra;
import io.pilothouse.examples.mpi.Mpi;
import io.pilothouse.examples.mpi.MpiJob;
import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The frameworks of the example offers (manifests/frameworks) on two real agents of two processors
 * each. Needs Debian's mpich, libmpich-dev, gcc and haproxy.
 */
@Tag("system")
@Timeout(180)
class ExampleFrameworksTest {
  private static final Duration TICK = Duration.ofMillis(200);

  @TempDir private static Path dir;
  private static OfferedSite site;
  private static Path pi;

  @BeforeAll
  static void start() throws Exception {
    pi = dir.resolve("pi");
    try (Started compiler =
        Started.program(
            dir.resolve("mpicc.log"),
            Map.of(),
            List.of(
                "mpicc",
                "-Wall",
                "-o",
                pi.toString(),
                "../../manifests/examples/offers/pi.c",
                "-lm"))) {
      compiler.ends(0);
    }
    site = new OfferedSite(dir, OfferedFleet.MACHINE, "web-02");
  }

  @AfterAll
  static void stop() throws Exception {
    if (site != null) {
      site.close();
    }
  }

  private static Site where() {
    return new Site(List.of(site.api), "*", "");
  }

  private static Framework started(String name, FrameworkHandler handler) {
    return Framework.start(
        where().options(name).credentials(OfferedSite.PRINCIPAL, OfferedSite.SECRET), handler);
  }

  private static <T> T told(BlockingQueue<T> reports) throws InterruptedException {
    return Objects.requireNonNull(reports.poll(90, TimeUnit.SECONDS), "a report within 90 s");
  }

  /** Ends, as a machine's trouble would, some of our own processes. */
  private static boolean kills(int most, String mark) {
    List<ProcessHandle> all =
        ProcessHandle.allProcesses()
            .filter(each -> each.info().commandLine().orElse("").contains(mark))
            .filter(each -> !each.info().command().orElse("").endsWith("/sh"))
            .limit(most)
            .toList();
    all.forEach(ProcessHandle::destroyForcibly);
    return !all.isEmpty();
  }

  @Test
  void aBatchRunsOnBothMachinesAndWhatFailsIsRunAgain() throws Exception {
    BlockingQueue<io.pilothouse.examples.batch.Report> reports = new LinkedBlockingQueue<>();
    Batch batch = new Batch(where(), reports::add, InstantSource.system());
    String tried = dir.resolve("tried").toString();
    try (Framework framework = started("batch", batch);
        Ticks ticks = new Ticks()) {
      ticks.every(TICK, () -> batch.tick(framework));
      batch.submit(
          framework,
          new Job(
              "twice",
              6,
              "echo $PILOT_MACHINE >> %s-$TASK; [ $(wc -l < %s-$TASK) = 2 ]"
                  .formatted(tried, tried),
              0.5,
              32));

      var report = told(reports);

      assertThat(report.failed()).isFalse();
      assertThat(report.retried()).isEqualTo(6);
      assertThat(Path.of(tried + "-6")).isRegularFile();
      framework.teardown();
    }
  }

  @Test
  void anMpiJobComputesOnTwoMachinesAndBeginsAnewWhenARankDies() throws Exception {
    BlockingQueue<String> said = new LinkedBlockingQueue<>();
    BlockingQueue<io.pilothouse.examples.mpi.Report> reports = new LinkedBlockingQueue<>();
    Mpi mpi =
        new Mpi(
            where(),
            new Hydra("127.0.0.1", said::add),
            Duration.ofSeconds(20),
            reports::add,
            InstantSource.system());
    try (Framework framework = started("mpi", mpi);
        Ticks ticks = new Ticks()) {
      ticks.every(TICK, () -> mpi.tick(framework));
      mpi.submit(framework, new MpiJob("pi", 4, List.of(pi.toString(), "18", "10")));

      var report = told(reports);

      assertThat(report.failure()).isEmpty();
      assertThat(report.machines()).containsExactlyInAnyOrder("web-01", "web-02");
      assertThat(said)
          .anyMatch(line -> line.matches("rank . of 4 on web-01"))
          .anyMatch(line -> line.matches("rank . of 4 on web-02"))
          .anyMatch(line -> line.startsWith("pi is about 3.14159265"));

      said.clear();
      mpi.submit(framework, new MpiJob("long", 3, List.of(pi.toString(), "20", "200")));
      OfferedFleet.until(() -> said.stream().filter(line -> line.startsWith("rank ")).count() == 3);
      assertThat(kills(1, pi + " 20 200")).isTrue();

      var again = told(reports);
      assertThat(again.starts()).isEqualTo(2);
      assertThat(again.failure()).isEmpty();
      assertThat(said.stream().filter(line -> line.startsWith("pi is about"))).hasSize(1);
      framework.teardown();
    } finally {
      mpi.stop();
    }
  }

  @Test
  void aFarmFollowsItsLoadAndNoUserIsTurnedAway() throws Exception {
    String bind = OfferedFleet.free().toString();
    String mark = "-Dexample.farm=" + dir.getFileName();
    Path own = Files.createDirectories(dir.resolve("ha"));
    try (HaProxy balancer = HaProxy.start(own, bind, 8, 2);
        FarmUsers users = new FarmUsers("http://" + bind + "/")) {
      Farm farm =
          new Farm(
              where(),
              balancer,
              new Elastic.Rule(1, 4, 2, Duration.ofSeconds(2)),
              Servers.command(20, 2).replace("-Xmx24m", "-Xmx24m " + mark),
              Servers::answers,
              InstantSource.system());
      try (Framework framework = started("farm", farm);
          Ticks ticks = new Ticks()) {
        ticks.every(TICK, () -> farm.tick(framework));
        OfferedFleet.until(() -> farm.serving() == 1);

        users.are(8);
        OfferedFleet.until(() -> farm.serving() == 4);
        users.answered(200);
        assertThat(users.servers()).hasSize(4);

        assertThat(kills(1, mark)).isTrue();
        OfferedFleet.until(() -> farm.serving() == 3);
        OfferedFleet.until(() -> farm.serving() == 4);
        users.answered(200);
        assertThat(users.servers()).as("a fifth in the place of the first").hasSize(5);

        users.are(1);
        OfferedFleet.until(() -> farm.all() == 1);
        users.answered(20);
        assertThat(users.failures()).isEmpty();
        framework.teardown();
      }
    }
  }
}
