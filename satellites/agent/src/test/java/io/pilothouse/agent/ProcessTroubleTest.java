package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.processes.ProcFs;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes that do what a process should not; each is a real one. */
@Timeout(60)
class ProcessTroubleTest extends ProcessCase {
  /** A daemon's way out: a session of its own, its parent gone. */
  private static final String FORKS_AWAY =
      "( setsid sh -c 'echo $$ > \"$OUT/daemon\"; exec sleep 60' & )\n";

  @Test
  void whatForksAwayIsKilledWithTheRestAtAStop() throws Exception {
    forkAwayAndStop();
  }

  private void forkAwayAndStop() throws Exception {
    VersionRef one = rig.web("1.0.0", FORKS_AWAY + "exec sleep 60", "");
    run(one);
    awaitSaid("daemon");
    assertThat(runs("daemon")).isTrue();
    stopAll(one);
    assertThat(runs("daemon")).isFalse();
  }

  @Test
  void whatForksAwayIsFoundWithoutControlGroupsToo() throws Exception {
    rig.cgroups = Cgroups.none("a machine without");
    applications = rig.applications();
    forkAwayAndStop();
  }

  @Test
  void aDaemonThatLeavesTheForegroundIsKilledStartedAgainAndToldSo() throws Exception {
    VersionRef one = rig.web("1.0.0", FORKS_AWAY + "until [ -s \"$OUT/daemon\" ]; do :; done", "");
    stage(one);
    rig.until(applications, () -> text().contains("must stay in the foreground"));
    assertThat(text()).contains("ended with status 0 and left 1 behind");
    assertThat(fault()).isEqualTo("process.ended");
    long first = Long.parseLong(rig.said("daemon"));
    Rig.await(() -> ProcFs.startTicks(first).isEmpty());
  }

  @Test
  void aFloodFillsItsLogsAndNothingElseAndIsNotHeldUp() throws Exception {
    VersionRef loud =
        rig.web(
            "1.0.0",
            "head -c 5000000 /dev/zero | tr '\\0' x\necho done > \"$OUT/done\"\necho last\n"
                + "exec sleep 60",
            "logs: {max-size: 64KiB, keep: 3}");
    run(loud);
    Rig.await(
        () -> {
          assertThat(logBytes()).isLessThanOrEqualTo(4 * 65_536);
          return !rig.said("done").isEmpty();
        });
    Path log = rig.disk.logs().resolve("server.log");
    Rig.await(() -> Files.exists(log) && Files.readString(log).endsWith("last\n"));
    assertThat(logBytes()).isGreaterThan(3 * 65_536);
    assertThat(logFiles()).hasSize(4);
  }

  private long logBytes() throws Exception {
    long sum = 0;
    for (Path each : logFiles()) {
      try {
        sum += Files.size(each);
      } catch (NoSuchFileException e) {
        sum += 0; // it was renamed while it was looked at
      }
    }
    return sum;
  }

  private List<Path> logFiles() throws Exception {
    if (!Files.isDirectory(rig.disk.logs())) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(rig.disk.logs())) {
      return files.toList();
    }
  }

  @Test
  void aLogThatCannotBeWrittenHoldsUpNoProcess() throws Exception {
    Files.createDirectories(rig.disk.logs().resolve("server.log"));
    VersionRef loud =
        rig.web(
            "1.0.0",
            "head -c 3000000 /dev/zero\necho done > \"$OUT/done\"\nexec sleep 60",
            "logs: {max-size: 64KiB, keep: 1}");
    run(loud);
    awaitSaid("done");
  }

  @Test
  void aLogGoesOnAfterAnAgentRestartAndAfterSomebodyCutIt() throws Exception {
    VersionRef one =
        rig.web(
            "1.0.0",
            PID + "trap 'echo still here' USR1\necho begins\nwhile :; do sleep 0.05; done",
            "");
    run(one);
    Path log = rig.disk.logs().resolve("server.log");
    Rig.await(() -> Files.exists(log) && Files.readString(log).equals("begins\n"));
    Wanted wanted = rig.wantedAfterRestart();
    ApplicationManager second = rig.applications(wanted, rig.stagedAfterRestart(wanted));
    second.round();
    assertThat(second.problem()).isEmpty();
    Files.writeString(log, "");
    new ProcessBuilder("kill", "-USR1", rig.said("pid")).start().waitFor();
    Rig.await(() -> Files.readString(log).endsWith("still here\n"));
  }

  @Test
  void oneThatHangsIsStartedAnewWhichCountsAsAnEnd() throws Exception {
    VersionRef hangs =
        rig.web(
            "1.0.0",
            "rm -f \"$OUT/hangs\"\necho $$ >> \"$OUT/starts\"\nexec sleep 60",
            "live: {command: 'test ! -e \"$OUT/hangs\"', interval: 50ms, failures: 2}");
    run(hangs);
    awaitSaid("starts");
    Files.writeString(rig.out("hangs"), "");
    rig.until(applications, () -> text().contains("hung and was killed"));
    assertThat(text()).contains("the live command exited with 1, 2 times in a row");
    assertThat(applications.ends().get(0).ages()).hasSize(1);
    rig.until(applications, () -> rig.said("starts").lines().count() == 2);
    rig.settle(applications);
  }

  @Test
  void oneThatIsNotReadyInTimeIsStartedAnew() throws Exception {
    VersionRef slow =
        rig.web(
            "1.0.0",
            "exec sleep 60",
            "start-timeout: 300ms\nready: {command: 'false', interval: 50ms}");
    stage(slow);
    rig.until(applications, () -> text().contains("was not ready within 300 ms"));
    assertThat(fault()).isEqualTo("process.ended");
  }

  @Test
  void aUserThatTheMachineDoesNotHaveIsToldAndNothingIsStarted() throws Exception {
    VersionRef one = rig.web("1.0.0", PID + "exec sleep 60", "user: nobody-of-that-name");
    stage(one);
    rig.until(applications, () -> text().contains("nobody-of-that-name"));
    assertThat(text()).contains("cannot be started");
    assertThat(rig.out("pid")).doesNotExist();
  }

  @Test
  void whatAnAgentStartedRightBeforeItDiedIsNotRunTwice() throws Exception {
    VersionRef one = rig.web("1.0.0", "echo $$ >> \"$OUT/starts\"\nexec sleep 60", "");
    run(one);
    awaitSaid("starts");
    Files.delete(RunFile.of(rig.disk, "server"));
    Wanted wanted = rig.wantedAfterRestart();
    ApplicationManager second = rig.applications(wanted, rig.stagedAfterRestart(wanted));
    rig.until(second, () -> rig.said("starts").lines().count() == 2);
    assertThat(rig.said("starts").lines().filter(each -> runsPid(each))).hasSize(1);
  }

  @Test
  void oneThatCannotBeWrittenDownIsStartedOnceAndWrittenDownLater() throws Exception {
    Path file = RunFile.of(rig.disk, "server");
    Path inTheWay = Files.createDirectories(file.resolve("in-the-way"));
    VersionRef one = rig.web("1.0.0", "echo $$ >> \"$OUT/starts\"\nexec sleep 60", "");
    run(one);
    awaitSaid("starts");
    applications.round();
    applications.round();
    Files.delete(inTheWay);
    Files.delete(file);
    applications.round();
    assertThat(RunFile.read(file).map(RunFile::pid).map(Object::toString))
        .as("the only one that was started")
        .hasValue(rig.said("starts"));
    assertThat(text()).isEmpty();
  }

  private static boolean runsPid(String pid) {
    return ProcFs.startTicks(Long.parseLong(pid)).isPresent();
  }
}
