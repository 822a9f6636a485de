package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.watchdog.Counters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LocalWatchdogsTest {
  @TempDir private Path dir;
  private final Counters counters = new Counters(System::nanoTime);
  private Rig rig;
  private Scripts scripts;
  private BuiltIns builtIns;
  private LocalWatchdogs watchdogs;

  @BeforeEach
  void start() throws IOException {
    rig = new Rig(dir);
    Runnable changed = rig.news::incrementAndGet;
    scripts = new Scripts(rig.disk, () -> Map.of("OUT", dir.toString()), counters, changed);
    ApplicationManager applications = rig.applications();
    WatchdogSets sets = rig.watchdogSets();
    builtIns =
        new BuiltIns(
            new BuiltInChecks(rig.disk, rig.wanted, applications, sets, java.util.Optional.empty()),
            counters,
            changed);
    watchdogs =
        new LocalWatchdogs(
            rig.hardware(),
            sets,
            applications,
            rig.scrub(),
            scripts,
            builtIns,
            Optional::empty,
            changed);
  }

  @AfterEach
  void stop() throws IOException {
    scripts.close();
    builtIns.close();
    rig.close();
  }

  @Test
  void builtInOnesSpeakAtEachReport() throws Exception {
    want(builtIn("heartbeat"), builtIn("processes"), builtIn("filesync"), builtIn("mystery"));
    assertThat(verdict("heartbeat").orElseThrow().getKind()).isEqualTo(VerdictKind.OK);
    assertThat(verdict("processes").orElseThrow().getFault()).isEqualTo("process.starting");
    assertThat(verdict("filesync").orElseThrow().getKind()).isEqualTo(VerdictKind.OK);
    VerdictReportItem mystery = said("mystery");
    assertThat(mystery.getKind()).isEqualTo(VerdictKind.UNKNOWN);
    assertThat(mystery.getText()).contains("\"mystery\"");
  }

  @Test
  void aScriptSpeaksOnceItHasRunAndThatIsNews() throws Exception {
    want(script("disk", "echo full; echo '{\"fault\":\"disk.full\"}'; exit 2"));
    assertThat(verdict("disk")).isEmpty();
    VerdictReportItem verdict = said("disk");
    assertThat(verdict.getKind()).isEqualTo(VerdictKind.ERROR);
    assertThat(verdict.getFault()).isEqualTo("disk.full");
    assertThat(verdict.getText()).isEqualTo("full");
    assertThat(verdict.getValidForMs()).isEqualTo(3 * 3_600_000);
    assertThat(rig.news.get()).isPositive();
  }

  @Test
  void whatTheScriptBeforeSaidIsNotReportedForItsSuccessor() throws Exception {
    want(script("disk", "echo one"));
    said("disk");
    rig.want(rig.inService().addWatchdogs(script("disk", "echo two")));
    assertThat(watchdogs.verdicts()).as("before the next round").isEmpty();
  }

  @Test
  void aChangedScriptRunsAtOnceAndWhatTheOldOneSaidIsForgotten() throws Exception {
    want(script("disk", "echo one"));
    said("disk");
    want(script("disk", "echo two"));
    watchdogs.round();
    Rig.await(() -> said("disk").getText().equals("two"));
    want(script("other", "echo other"));
    watchdogs.round();
    said("other");
    assertThat(rig.disk.watchdog("disk")).doesNotExist();
    assertThat(rig.disk.watchdog("other")).exists();
  }

  @Test
  void scriptsThatAreAskedAnewForgetWhatTheySaidAndWhatWasUnderWay() throws Exception {
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxrwxrwx"));
    WatchdogSpec hourly =
        script(
            "disk",
            "echo run >> $OUT/runs; while [ ! -e $OUT/go ]; do sleep 0.01; done;"
                + " echo $(wc -l < $OUT/runs)");
    Files.createFile(dir.resolve("go"));
    want(hourly);
    assertThat(said("disk").getText()).isEqualTo("1");

    Files.delete(dir.resolve("go"));
    asked(7, hourly);
    watchdogs.round();
    assertThat(watchdogs.verdicts()).as("it is of before").isEmpty();
    Rig.await(() -> Files.readAllLines(dir.resolve("runs")).size() == 2);
    asked(8, hourly); // while the second run is under way
    watchdogs.round();
    Files.createFile(dir.resolve("go"));

    Rig.await(
        () -> {
          watchdogs.round();
          return verdict("disk").isPresent();
        });
    assertThat(said("disk").getText()).isEqualTo("3");
  }

  @Test
  void oneThatHangsHoldsUpNoOther() throws Exception {
    want(script("hangs", "sleep 60"), script("disk", "echo fine"));
    assertThat(said("disk").getText()).isEqualTo("fine");
    assertThat(verdict("hangs")).isEmpty();
    long start = System.nanoTime();
    scripts.close();
    assertThat(System.nanoTime() - start).isLessThan(2_000_000_000L);
  }

  @Test
  void oneThatCannotBePutOnDiskIsUnknownAndHarmsNoOther() throws Exception {
    want(script("../evil", "echo evil"), script("disk", "echo fine"));
    assertThat(said("../evil").getKind()).isEqualTo(VerdictKind.UNKNOWN);
    assertThat(said("disk").getText()).isEqualTo("fine");
    assertThat(rig.disk.root().resolve("evil")).doesNotExist();
  }

  @Test
  void aBrokenPartSpeaksForItsWatchdogAtOnceUntilItIsMended() throws Exception {
    want(builtIn("heartbeat"), script("disk", "echo fine"));
    said("disk");
    Path fault = Files.createDirectories(rig.chassis.resolve("faults")).resolve("disk");
    Files.writeString(
        fault, "disk failed\n{\"fault\": \"disk.injected\", \"severity\": \"fatal\"}\n");
    int news = rig.news.get();
    watchdogs.round();
    assertThat(rig.news.get()).isEqualTo(news + 1);
    VerdictReportItem broken = verdict("disk").orElseThrow();
    assertThat(broken.getKind()).isEqualTo(VerdictKind.ERROR);
    assertThat(broken.getSeverity()).isEqualTo(Severity.FATAL);
    assertThat(broken.getFault()).isEqualTo("disk.injected");
    assertThat(broken.getText()).isEqualTo("disk failed");
    Files.delete(fault);
    watchdogs.round();
    assertThat(rig.news.get()).isEqualTo(news + 2);
    assertThat(verdict("disk").orElseThrow().getText()).isEqualTo("fine");
  }

  @Test
  void aHundredScriptsDoNotRunAtOnce() throws Exception {
    Path running = Files.createDirectory(dir.resolve("running"));
    Files.setPosixFilePermissions(running, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    WatchdogSpec[] hundred = new WatchdogSpec[100];
    for (int i = 0; i < hundred.length; i++) {
      // each leaves how many it saw while it ran itself
      String body =
          ": > $OUT/running/$$; sleep 0.02; set -- $OUT/running/*; rm $OUT/running/$$;"
              + " echo \"$# at once | at_once=$#\"";
      hundred[i] = script("w" + i, body);
    }
    want(hundred);
    watchdogs.round();
    for (int some = 10; some <= hundred.length; some += 10) {
      int said = some;
      Rig.await(() -> watchdogs.verdicts().size() >= said); // a busy machine has time for each
    }
    assertThat(watchdogs.verdicts()).allMatch(each -> each.getKind() == VerdictKind.OK);
    assertThat(counters.values())
        .hasSize(hundred.length)
        .allMatch(each -> each.value() >= 1 && each.value() <= Scripts.AT_ONCE);
  }

  @Test
  void whatAScriptMeasuresBecomesCountersInBaseUnits() throws Exception {
    want(script("disk", "echo \"fine | read=48ms 'var log'=97%;90 sent=3KB ops=7c\""));
    said("disk");
    assertThat(counters.values())
        .extracting(each -> each.name() + " " + each.value() + " " + each.unit())
        .containsExactly(
            "disk.ops 7.0 total",
            "disk.read 0.048 seconds",
            "disk.sent 3072.0 bytes",
            "disk.var log 0.97 ratio");
    want(script("other", "echo fine"));
    said("other");
    assertThat(counters.values()).isEmpty();
  }

  private void want(WatchdogSpec... specs) throws IOException {
    rig.want(rig.inService().addAllWatchdogs(List.of(specs)));
  }

  private void asked(long at, WatchdogSpec... specs) throws IOException {
    rig.want(rig.inService().addAllWatchdogs(List.of(specs)).setAskedAt(at));
  }

  private static WatchdogSpec builtIn(String name) {
    return WatchdogSpec.newBuilder().setName(name).setRunner(WatchdogSpec.Runner.BUILTIN).build();
  }

  private static WatchdogSpec script(String name, String body) {
    return WatchdogSpec.newBuilder()
        .setName(name)
        .setRunner(WatchdogSpec.Runner.SCRIPT)
        .setScript(ByteString.copyFromUtf8("#!/bin/sh\n" + body + "\n"))
        .setEveryMs(3_600_000)
        .build();
  }

  private Optional<VerdictReportItem> verdict(String watchdog) {
    return watchdogs.verdicts().stream()
        .filter(each -> each.getWatchdog().equals(watchdog))
        .findFirst();
  }

  private VerdictReportItem said(String watchdog) throws Exception {
    watchdogs.round();
    Rig.await(() -> verdict(watchdog).isPresent());
    return verdict(watchdog).orElseThrow();
  }
}
