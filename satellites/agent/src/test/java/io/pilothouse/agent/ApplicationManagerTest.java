package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.processes.ProcFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ApplicationManagerTest {
  private static final String PID = "echo $$ > \"$OUT/pid\"\n";

  @TempDir private Path dir;
  private Rig rig;
  private ApplicationManager applications;

  @BeforeEach
  void start() throws IOException {
    rig = new Rig(dir);
    applications = rig.applications();
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  @Test
  void runsTheWantedVersionInItsDirectoryWithItsEnvironment() throws Exception {
    VersionRef one =
        rig.web(
            "1.0.0",
            "echo \"$PORT $PILOT_MACHINE $EXTRA\" > \"$OUT/said\"\nexec sleep 60",
            "env: {EXTRA: more}");
    rig.serve(one);
    applications.round();
    assertThat(applications.problem().orElseThrow().fault()).isEqualTo("process.not-staged");
    rig.staged.round();
    rig.settle(applications);
    Rig.await(() -> !rig.said("said").isEmpty());
    assertThat(rig.said("said")).isEqualTo("1234 web-01 more");
    assertThat(applications.running()).contains(one);
    assertThat(Path.of("/proc/" + pid() + "/cwd").toRealPath())
        .isEqualTo(rig.disk.version(one).toRealPath());
    assertThat(Files.readSymbolicLink(rig.disk.root().resolve("active")))
        .hasToString("manifests/web/1.0.0");
  }

  @Test
  void aSwitchGivesTheOldOneTimeToSayGoodBye() throws Exception {
    // the shell dies of TERM at once; what it waits for does not
    String polite =
        "sh -c 'trap \"sleep 0.4; echo bye > $OUT/bye; exit\" TERM; echo up > $OUT/up;"
            + " while :; do sleep 0.05; done'\nexit 0";
    VersionRef one = rig.web("1.0.0", polite, "stop-grace: 10s");
    VersionRef two = rig.web("1.1.0", PID + "exec sleep 60", "");
    rig.serve(one);
    rig.staged.round();
    rig.settle(applications);
    Rig.await(() -> !rig.said("up").isEmpty());
    rig.serve(two, one);
    rig.staged.round();
    rig.settle(applications);
    assertThat(rig.said("bye")).isEqualTo("bye");
    assertThat(applications.running()).contains(two);
  }

  @Test
  void oneThatIgnoresTermIsKilledAfterItsGraceWithAllItStarted() throws Exception {
    VersionRef stubborn =
        rig.web(
            "1.0.0",
            "trap '' TERM\nsleep 60 & echo $! > \"$OUT/child\"\n" + PID + "while :; do wait; done",
            "stop-grace: 200ms");
    run(stubborn);
    Rig.await(() -> !rig.said("child").isEmpty() && !rig.said("pid").isEmpty());
    rig.want(rig.inService().setRunProcesses(false).addStaged(stubborn).setActive(stubborn));
    applications.round();
    assertThat(runs("pid")).isFalse();
    assertThat(runs("child")).isFalse();
    assertThat(applications.running()).isEmpty();
    assertThat(applications.problem()).isEmpty();
  }

  @Test
  void itIsReadyWhenItsCommandSaysSo() throws Exception {
    VersionRef slow =
        rig.web(
            "1.0.0",
            "exec sleep 60",
            "ready: {command: 'test -e \"$OUT/ready\"', interval: 100ms, timeout: 2s}");
    rig.serve(slow);
    rig.staged.round();
    rig.until(applications, () -> text().contains("exited"));
    assertThat(applications.problem().orElseThrow().fault()).isEqualTo("process.starting");
    Files.writeString(rig.out("ready"), "");
    rig.settle(applications);
  }

  @Test
  void oneThatEndsAgainAndAgainIsStartedAgainLaterAndLaterAndThatIsOneFault() throws Exception {
    VersionRef broken = rig.web("1.0.0", "echo x >> \"$OUT/starts\"\nexit 7", "");
    rig.serve(broken);
    rig.staged.round();
    rig.until(applications, () -> rig.said("starts").equals("x"));
    rig.until(applications, () -> fault().equals("process.ended"));
    long start = System.nanoTime();
    int news = rig.news.get();
    rig.until(applications, () -> rig.said("starts").equals("x\nx\nx"));
    assertThat(System.nanoTime() - start).isGreaterThan(1_300_000_000L);
    assertThat(rig.news).hasValue(news);
    assertThat(applications.problem().orElseThrow().fault()).isEqualTo("process.ended");
    assertThat(applications.problem().orElseThrow().text()).contains("ended with status 7");
  }

  @Test
  void whatALeaderLeavesBehindEndsBeforeItIsStartedAgain() throws Exception {
    VersionRef leaky = rig.web("1.0.0", "sleep 60 & echo $! > \"$OUT/child\"\nexit 1", "");
    rig.serve(leaky);
    rig.staged.round();
    rig.until(applications, () -> fault().equals("process.ended"));
    assertThat(runs("child")).isFalse();
  }

  @Test
  void aOneShotIsDoneWhenItEndsWellAndFailedOtherwise() throws Exception {
    run(rig.web("1.0.0", "exit 0", "restart: on-failure"));
    assertThat(restarts()).isZero();
    VersionRef bad = rig.web("1.1.0", "exit 3", "restart: never");
    rig.serve(bad);
    rig.staged.round();
    rig.until(applications, () -> text().contains("is not started again"));
    assertThat(restarts()).isZero();
  }

  @Test
  void aRestartedAgentGoesOnWithTheSameProcessAndCanStopIt() throws Exception {
    VersionRef one = rig.web("1.0.0", PID + "exec sleep 60", "");
    run(one);
    Rig.await(() -> !rig.said("pid").isEmpty());
    String pid = rig.said("pid");

    Wanted wanted = rig.wantedAfterRestart();
    ApplicationManager second = rig.applications(wanted, rig.stagedAfterRestart(wanted));
    second.round();
    assertThat(second.running()).contains(one);
    assertThat(second.problem()).isEmpty();
    assertThat(second.describe().get(0)).containsEntry("pid", Long.parseLong(pid));
    assertThat(rig.said("pid")).isEqualTo(pid);

    ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly();
    rig.until(second, () -> !rig.said("pid").equals(pid) && !rig.said("pid").isEmpty());
  }

  @Test
  void anAgentThatWasAwayStopsWhatIsWantedNoMore() throws Exception {
    VersionRef one = rig.web("1.0.0", PID + "exec sleep 60", "");
    run(one);
    Rig.await(() -> !rig.said("pid").isEmpty());
    // the state came, but the agent died before it acted on it
    rig.want(rig.inService().setRunProcesses(false).addStaged(one).setActive(one));
    Wanted wanted = rig.wantedAfterRestart();
    rig.applications(wanted, rig.stagedAfterRestart(wanted)).round();
    assertThat(runs("pid")).isFalse();
  }

  @Test
  void withoutAWordFromTheDeviceManagerEverythingRunsOn() throws Exception {
    VersionRef one = rig.web("1.0.0", PID + "exec sleep 60", "");
    run(one);
    Rig.await(() -> !rig.said("pid").isEmpty());
    Files.write(rig.disk.wanted(), new byte[] {1, 2, 3});
    Wanted wanted = rig.wantedAfterRestart();
    assertThat(wanted.known()).isFalse();
    rig.applications(wanted, rig.stagedAfterRestart(wanted)).round();
    assertThat(runs("pid")).isTrue();
  }

  @Test
  void aVersionThatCannotRunLeavesTheOneBeforeRunning() throws Exception {
    VersionRef one = rig.web("1.0.0", PID + "exec sleep 60", "");
    run(one);
    VersionRef broken = rig.deployment.add("web", "1.1.0", "manifest.yaml", "kind: Nonsense\n");
    rig.serve(broken, one);
    rig.staged.round();
    assertThatThrownBy(applications::round).hasMessageContaining("manifest");
    Problem problem = applications.problem().orElseThrow();
    assertThat(problem.fault()).isEqualTo("process.not-switched");
    assertThat(problem.text()).startsWith("cannot run web@1.1.0: ");
    assertThat(applications.running()).contains(one);
    assertThat(runs("pid")).isTrue();
    rig.serve(one);
    rig.settle(applications);
  }

  private void run(VersionRef version) throws Exception {
    rig.serve(version);
    rig.staged.round();
    rig.settle(applications);
  }

  private String fault() {
    return applications.problem().map(Problem::fault).orElse("");
  }

  private String text() {
    return applications.problem().map(Problem::text).orElse("");
  }

  private long pid() {
    return (Long) applications.describe().get(0).get("pid");
  }

  private int restarts() {
    Map<String, Object> described = applications.describe().get(0);
    return (Integer) described.get("restarts");
  }

  private boolean runs(String file) throws IOException {
    return ProcFs.startTicks(Long.parseLong(rig.said(file))).isPresent();
  }
}
