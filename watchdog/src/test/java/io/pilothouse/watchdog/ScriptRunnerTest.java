package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ScriptRunnerTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(300);

  @TempDir private Path dir;
  @TempDir private Path pipes;
  private ScriptRunner runner;

  @BeforeEach
  void start() {
    runner = new ScriptRunner(ProcessGroups::signal, pipes);
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    assertThat(pipes).isEmptyDirectory();
  }

  @Test
  void whatAKilledProgramLeftIsRemoved() throws Exception {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    Path left = Files.createDirectory(pipes.resolve("pilot-watchdog-" + ended.pid() + "-1"));
    Files.createFile(left.resolve("out"));
    Path living =
        Files.createDirectory(
            pipes.resolve("pilot-watchdog-" + ProcessHandle.current().pid() + "-2"));
    new ScriptRunner(ProcessGroups::signal, pipes);
    assertThat(pipes).isDirectoryContaining(each -> each.equals(living));
    assertThat(left).doesNotExist();
    Files.delete(living);
  }

  @Test
  void exitStatusTextAndCountersAreRead() throws Exception {
    Path script = script("echo \"DISK CRITICAL - full | '/var log'=97%;90;95\"; exit 2");
    ScriptResult result = runner.run(job(script, LONG));
    assertThat(result.kind()).isEqualTo(VerdictKind.ERROR);
    assertThat(result.text()).isEqualTo("DISK CRITICAL - full");
    assertThat(result.counters()).containsExactly(new PerfData("/var log", 97, "%"));
    assertThat(result.exit()).isEqualTo(2);
  }

  @Test
  void argumentsEnvironmentDirectoryAndClosedInputReachIt() throws Exception {
    Path script = script("cat; echo \"$1 $2 $WHO $PWD\"");
    ScriptResult result =
        runner.run(job(script, LONG).args(List.of("a b", "c")).environment(Map.of("WHO", "me")));
    assertThat(result.text()).isEqualTo("a b c me " + dir.toRealPath());
  }

  @Test
  void whatItSaysOnStandardErrorIsKeptApart() throws Exception {
    ScriptResult result = runner.run(job(script("echo out; echo err >&2"), LONG));
    assertThat(result.text()).isEqualTo("out");
    assertThat(result.stderr()).isEqualTo("err\n");
  }

  @Test
  void oneThatHangsIsKilledWithAllThatItStarted() throws Exception {
    Path pid = dir.resolve("pid");
    Path script = script("trap '' TERM; sleep 60 & echo $! > " + pid + "; wait; sleep 60");
    ScriptResult result = runner.run(job(script, SHORT));
    assertThat(result.kind()).isEqualTo(VerdictKind.UNKNOWN);
    assertThat(result.text()).isEqualTo("timed out after 300 ms");
    assertThat(result.took()).isLessThan(Duration.ofSeconds(5));
    assertThat(ends(pid)).isTrue();
  }

  @Test
  void aTimeoutIsAnErrorWhenItsAuthorSaysSo() throws Exception {
    ScriptResult result =
        runner.run(
            job(script("sleep 60"), SHORT)
                .as(WatchdogSpec.newBuilder().setTimeoutIsError(true).build()));
    assertThat(result.kind()).isEqualTo(VerdictKind.ERROR);
  }

  @Test
  void whatThisProgramWasStartedWithIsNotTheScriptsAffair() throws Exception {
    ScriptResult result = runner.run(job(script("env | cut -d= -f1 | sort | xargs"), LONG));
    assertThat(result.text().split(" "))
        .contains("LANG", "PATH")
        .doesNotContain("HOME", "JAVA_HOME");
    assertThat(result.text().split(" ")).isSubsetOf("LANG", "PATH", "PWD", "OLDPWD", "SHLVL", "_");
  }

  @Test
  void tenMegabytesOfOutputOrNoLineEndAreNoTrouble() throws Exception {
    ScriptResult flood =
        runner.run(job(script("head -c 10000000 /dev/zero | tr '\\0' x; exit 0"), LONG));
    assertThat(flood.kind()).isEqualTo(VerdictKind.OK);
    assertThat(flood.text()).hasSize(4096);
    assertThat(runner.run(job(script("printf 'no end'"), LONG)).text()).isEqualTo("no end");
    assertThat(runner.run(job(script("exit 0"), LONG)).text()).isEmpty();
  }

  @Test
  void outputThatIsNoUtf8IsShownAsFarAsItGoes() throws Exception {
    ScriptResult result = runner.run(job(script("printf 'caf\\351 \\377\\376 | a=1'"), LONG));
    assertThat(result.text()).isEqualTo("caf\uFFFD \uFFFD\uFFFD");
    assertThat(result.counters()).hasSize(1);
  }

  @Test
  void whoMayOpenItsOwnStandardErrorMayDoSoAsAnybody() throws Exception {
    ScriptResult result = runner.run(job(script("echo oops > /dev/stderr; echo fine"), LONG));
    assertThat(result.text()).isEqualTo("fine");
    assertThat(result.stderr()).isEqualTo("oops\n");
  }

  @Test
  void aFloodIsCutOffAndEndsInTime() throws Exception {
    ScriptResult result = runner.run(job(script("yes xxxxxxx"), SHORT));
    assertThat(result.kind()).isEqualTo(VerdictKind.UNKNOWN);
    ScriptResult ended =
        runner.run(job(script("head -c 3000000 /dev/zero | tr '\\0' x; exit 1"), LONG));
    assertThat(ended.kind()).isEqualTo(VerdictKind.WARNING);
    assertThat(ended.text()).hasSize(4096);
  }

  @Test
  void whoStaysBehindAndHoldsTheOutputHoldsUpNothing() throws Exception {
    Path pid = dir.resolve("pid");
    Path script = script("echo fine; sleep 60 & echo $! > " + pid);
    ScriptResult result = runner.run(job(script, LONG));
    assertThat(result.kind()).isEqualTo(VerdictKind.OK);
    assertThat(result.text()).isEqualTo("fine");
    assertThat(ends(pid)).isTrue();
  }

  @Test
  void whoLeavesTheGroupAndFloodsTheOutputHoldsUpNothing() throws Exception {
    Path pid = dir.resolve("pid");
    String flood = "setsid sh -c 'echo $$ > " + pid + "; exec yes' & ";
    Path script = script("echo fine; " + flood + "while [ ! -s " + pid + " ]; do :; done; exit 1");
    ScriptResult result = runner.run(job(script, LONG));
    assertThat(result.kind()).isEqualTo(VerdictKind.WARNING);
    assertThat(result.text()).isEqualTo("fine");
    // nobody reads any more, so that it cannot go on
    Optional<ProcessHandle> flooder = ProcessHandle.of(pid(pid));
    long deadline = System.nanoTime() + LONG.toNanos();
    while (runs(pid) && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(runs(pid)).as("flooder %s", flooder).isFalse();
  }

  @Test
  void statusesThatTheConventionDoesNotKnowAreUnknown() throws Exception {
    ScriptResult seven = runner.run(job(script("echo half; exit 7"), LONG));
    assertThat(seven.kind()).isEqualTo(VerdictKind.UNKNOWN);
    assertThat(seven.text()).isEqualTo("exited with 7, which its protocol does not know: half");
    ScriptResult killed = runner.run(job(script("kill -SEGV $$"), LONG));
    assertThat(killed.kind()).isEqualTo(VerdictKind.UNKNOWN);
    assertThat(killed.text()).isEqualTo("died by signal 11 (status 139)");
  }

  @Test
  void whatCannotBeExecutedIsUnknownAndSaysWhy() throws Exception {
    Path script = script("exit 0");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rw-------"));
    assertThat(runner.run(job(script, LONG)).text()).endsWith("is not executable: chmod +x it");
    assertThat(runner.run(job(dir, LONG)).text()).endsWith("is not there");
    Path foreign = dir.resolve("foreign");
    Files.writeString(foreign, "#!/no/such/shell\n");
    Files.setPosixFilePermissions(foreign, PosixFilePermissions.fromString("rwx------"));
    ScriptResult result = runner.run(job(foreign, LONG));
    assertThat(result.kind()).isEqualTo(VerdictKind.UNKNOWN);
    assertThat(result.text()).startsWith("cannot be run: setsid: ");
  }

  @Test
  void oneThatCannotBeKilledIsGivenUpAndNotStartedAgain() throws Exception {
    List<Long> signalled = new ArrayList<>();
    ScriptRunner powerless = new ScriptRunner((group, signal) -> signalled.add(group), pipes);
    Path starts = dir.resolve("starts");
    Path script = script("echo x >> " + starts + "; sleep 60");
    try {
      ScriptResult first = powerless.run(job(script, SHORT));
      assertThat(first.text()).startsWith("timed out after 300 ms, unkillable since ");
      ScriptResult second = powerless.run(job(script, SHORT));
      assertThat(second.kind()).isEqualTo(VerdictKind.UNKNOWN);
      assertThat(second.text()).endsWith("it is not started again");
      assertThat(Files.readAllLines(starts)).hasSize(1);
    } finally {
      ProcessGroups.signal(signalled.get(0), "KILL");
    }
    Path again = script("echo back");
    long deadline = System.nanoTime() + LONG.toNanos();
    String text = powerless.run(job(again, SHORT)).text();
    while (text.endsWith("not started again") && System.nanoTime() < deadline) {
      text = powerless.run(job(again, SHORT)).text();
    }
    assertThat(text).isEqualTo("back");
  }

  @Test
  void anInterruptKillsIt() throws Exception {
    Path pid = dir.resolve("pid");
    Path script = script("echo $$ > " + pid + "; sleep 60");
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    runner.run(job(script, LONG));
                    interrupted.complete(false);
                  } catch (InterruptedException e) {
                    interrupted.complete(true);
                  }
                });
    while (!Files.exists(pid) || Files.size(pid) == 0) {
      Thread.onSpinWait();
    }
    thread.interrupt();
    assertThat(interrupted.get()).isTrue();
    assertThat(ends(pid)).isTrue();
  }

  private Path script(String body) throws IOException {
    Path script = dir.resolve("script");
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script;
  }

  private ScriptRunner.Job job(Path script, Duration timeout) {
    return ScriptRunner.Job.of(script, dir, timeout);
  }

  private static long pid(Path file) throws IOException {
    return Long.parseLong(Files.readString(file).strip());
  }

  /** A signal takes a moment to be felt. */
  private static boolean ends(Path pid) throws IOException {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (runs(pid) && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    return !runs(pid);
  }

  /** A zombie that nobody has waited for yet does not run. */
  private static boolean runs(Path pid) throws IOException {
    Path stat = Path.of("/proc/" + pid(pid) + "/stat");
    try {
      String text = Files.readString(stat);
      return text.charAt(text.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException e) {
      return false;
    }
  }
}
