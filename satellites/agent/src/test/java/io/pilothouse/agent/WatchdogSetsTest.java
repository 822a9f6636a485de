package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.api.v1.WatchdogSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A set's scripts take the place of those of the watchdogs that they are named after. */
@Timeout(60)
class WatchdogSetsTest {
  @TempDir private Path dir;
  private final AtomicLong nanos = new AtomicLong();
  private Rig rig;
  private WatchdogSets sets;

  @BeforeEach
  void start() throws IOException {
    rig = new Rig(dir);
    sets = sets();
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  @Test
  void itsScriptsRunAndTheMeaningOfTheirWordStaysTheFleets() throws Exception {
    VersionRef set = set("1", "disk", "every=2s timeout=1s", "echo set 1");
    want(set, spec("disk"), spec("fan"));

    assertThat(sets.running()).contains(set);
    WatchdogSpec disk = sets.specs().get(0);
    assertThat(disk.getScript().toStringUtf8()).contains("echo set 1");
    assertThat(disk.getEveryMs()).isEqualTo(2_000);
    assertThat(disk.getTimeoutMs()).isEqualTo(1_000);
    assertThat(disk.getValidForMs()).as("three times what the fleet says").isEqualTo(15_000);
    assertThat(disk.getSeverity()).isEqualTo(Severity.FATAL);
    assertThat(sets.specs().get(1)).isEqualTo(spec("fan"));
    assertThat(sets.environment().get("PILOT_WATCHDOG_SET")).endsWith("checks/1");
    assertThat(rig.news.get()).isPositive();
  }

  @Test
  void nothingChangesBeforeEveryByteIsThere() throws Exception {
    VersionRef set = set("1", "disk", "every=2s", "echo set 1");
    rig.want(inService(set, spec("disk")));
    sets.round();

    assertThat(sets.running()).isEmpty();
    assertThat(sets.specs()).containsExactly(spec("disk"));
    assertThat(sets.problem()).isEmpty();
  }

  @Test
  void anotherVersionReplacesItAndNoneRestoresTheFleetsScripts() throws Exception {
    want(set("1", "disk", "every=2s", "echo set 1"), spec("disk"));
    want(set("2", "disk", "every=2s", "echo set 2"), spec("disk"));
    assertThat(sets.specs().get(0).getScript().toStringUtf8()).contains("set 2");

    rig.want(rig.inService().addWatchdogs(spec("disk")));
    sets.round();
    assertThat(sets.running()).isEmpty();
    assertThat(sets.specs()).containsExactly(spec("disk"));
  }

  @Test
  void aScriptThatNoWatchdogIsNamedAfterKeepsTheSetFromRunning() throws Exception {
    VersionRef before = set("1", "disk", "every=2s", "echo set 1");
    want(before, spec("disk"));
    want(set("2", "dsk", "every=2s", "echo set 2"), spec("disk"));

    assertThat(sets.running()).contains(before);
    assertThat(sets.problem())
        .isEqualTo(
            "watchdog set checks@2 is not run: dsk is no script watchdog of this machine's type in"
                + " the fleet's files");
  }

  @Test
  void aScriptThatWouldBeSilentHalfOfTheTimeKeepsTheSetFromRunning() throws Exception {
    want(set("1", "disk", "every=1h", "echo set 1"), spec("disk"));

    assertThat(sets.running()).isEmpty();
    assertThat(sets.problem()).contains("disk runs every 3600s, but its word counts for 15s");
  }

  @Test
  void whatIsNoWatchdogSetIsNotRunAndSaysWhere() throws Exception {
    VersionRef web = rig.deployment.add("checks", "1", "notes.yaml", "kind: Nonsense\n");
    want(web, spec("disk"));

    assertThat(sets.running()).isEmpty();
    assertThat(sets.problem()).contains("checks@1 is not run", "notes.yaml");
  }

  @Test
  void aSetThatWasRefusedIsTriedAgainWhenTheFleetsFilesChange() throws Exception {
    VersionRef set = set("1", "fan", "every=2s", "echo set 1");
    want(set, spec("disk"));
    assertThat(sets.problem()).isNotEmpty();

    want(set, spec("disk"), spec("fan"));
    assertThat(sets.running()).contains(set);
    assertThat(sets.problem()).isEmpty();
  }

  @Test
  void afterARestartItRunsAtOnceWithoutADeviceManager() throws Exception {
    VersionRef set = set("1", "disk", "every=2s", "echo set 1");
    want(set, spec("disk"));

    Wanted remembered = rig.wantedAfterRestart();
    WatchdogSets again =
        new WatchdogSets(
            rig.disk, remembered, rig.stagedAfterRestart(remembered), nanos::get, () -> {});
    again.round();
    assertThat(again.running()).contains(set);
  }

  private WatchdogSets sets() {
    return new WatchdogSets(
        rig.disk, rig.wanted, rig.staged, nanos::get, rig.news::incrementAndGet);
  }

  private void want(VersionRef set, WatchdogSpec... specs) throws Exception {
    rig.want(inService(set, specs));
    rig.staged.round();
    sets.round();
  }

  private WantedState.Builder inService(VersionRef set, WatchdogSpec... specs) {
    return rig.inService().addStaged(set).setWatchdogSet(set).addAllWatchdogs(List.of(specs));
  }

  private VersionRef set(String version, String watchdog, String header, String script)
      throws IOException {
    return rig.deployment.add(
        "checks",
        version,
        Map.of(
            "watchdogs.yaml",
            "kind: WatchdogSet\nname: checks\nversion: \"%s\"\n".formatted(version),
            watchdog + ".sh",
            "#!/bin/sh\n# pilot: %s\n%s\n".formatted(header, script)));
  }

  private static WatchdogSpec spec(String name) {
    return WatchdogSpec.newBuilder()
        .setName(name)
        .setRunner(WatchdogSpec.Runner.SCRIPT)
        .setScript(ByteString.copyFromUtf8("#!/bin/sh\necho fleet\n"))
        .setEveryMs(5_000)
        .setSeverity(Severity.FATAL)
        .build();
  }
}
