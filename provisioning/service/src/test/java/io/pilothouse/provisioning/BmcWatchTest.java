package io.pilothouse.provisioning;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.SatelliteWriteReply;
import io.pilothouse.api.v1.Target;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.provisioning.power.ChassisSpec;
import io.pilothouse.provisioning.power.LocalChassis;
import io.pilothouse.provisioning.power.LocalPower;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asks real chassis of emulated machines. */
final class BmcWatchTest implements BmcWatch.Dm {
  @TempDir Path dir;
  private final List<ReportVerdictsRequest> reports = new ArrayList<>();
  private long now;
  private long floor;
  private boolean inCharge = true;
  private Path machines = Path.of("");
  private BmcWatch watch;

  @BeforeEach
  void start() throws Exception {
    machines = dir.resolve("machines");
    chassis("web-01");
    chassis("web-02");
    watch = new BmcWatch("prov-1", new LocalPower(machines), this, () -> inCharge, () -> now);
  }

  @Test
  void aChassisThatIsWholeIsOk() throws Exception {
    assertThat(look("web-01").getKind()).isEqualTo(VerdictKind.OK);
    assertThat(look("web-01").getText()).isEqualTo("the chassis is whole, the power is off");
    assertThat(reports.get(0).getReporter()).isEqualTo("prov-1");
  }

  @Test
  void aPartThatIsBrokenIsCritical() throws Exception {
    Files.writeString(
        machines.resolve("web-01/chassis/faults/bmc"), "fan 2 stands still\n{\"fault\": \"x\"}\n");
    VerdictReportItem verdict = look("web-01");
    assertThat(verdict.getFault()).isEqualTo("bmc.health");
    assertThat(verdict.getText()).isEqualTo("fan 2 stands still");
    assertThat(look("web-02").getKind()).isEqualTo(VerdictKind.OK);
  }

  @Test
  void theThirdMissInARowIsAnErrorAndAnAnswerEndsIt() throws Exception {
    Path spec = machines.resolve("web-01/chassis/spec.json");
    String whole = Files.readString(spec);
    Files.writeString(spec, "{");
    assertThat(look("web-01").getKind()).isEqualTo(VerdictKind.WARNING);
    assertThat(look("web-01").getKind()).isEqualTo(VerdictKind.WARNING);
    VerdictReportItem third = look("web-01");
    assertThat(third.getFault()).isEqualTo("bmc.no-answer");
    assertThat(third.getText()).startsWith("local:web-01 does not answer: ");
    Files.writeString(spec, whole);
    assertThat(look("web-01").getKind()).isEqualTo(VerdictKind.OK);
  }

  @Test
  void itLooksAtItsIntervalAndOnlyWhenInCharge() throws Exception {
    watch.round();
    watch.round();
    assertThat(reports).hasSize(1);
    inCharge = false;
    now += Duration.ofMinutes(2).toNanos();
    watch.round();
    assertThat(reports).hasSize(1);
  }

  @Test
  void sequencesRiseAboveTheFloor() throws Exception {
    floor = 1L << 50;
    look("web-01");
    assertThat(look("web-01").getSequence()).isGreaterThan(1L << 50);
  }

  private VerdictReportItem look(String machine) throws Exception {
    now += Duration.ofMinutes(2).toNanos();
    watch.round();
    return reports.get(reports.size() - 1).getVerdictsList().stream()
        .filter(each -> each.getMachine().equals(machine))
        .findFirst()
        .orElseThrow();
  }

  private void chassis(String name) throws Exception {
    LocalChassis.create(
        machines, new ChassisSpec(name, "52:54:AA:" + name, "m1", List.of("true"), Map.of()));
  }

  @Override
  public PullTargetsReply targets() {
    return PullTargetsReply.newBuilder()
        .addWatchdogs(WatchdogSpec.newBuilder().setName("bmc").setEveryMs(60_000))
        .addWatchdogs(WatchdogSpec.newBuilder().setName("reachable").setEveryMs(1))
        .addTargets(target("web-01", "local:web-01"))
        .addTargets(target("web-02", "local:web-02"))
        .addTargets(target("sw-01", ""))
        .build();
  }

  private static Target target(String machine, String bmc) {
    return Target.newBuilder().setMachine(machine).setBmc(bmc).build();
  }

  @Override
  public SatelliteWriteReply report(ReportVerdictsRequest request) {
    reports.add(request);
    return SatelliteWriteReply.newBuilder().setSequenceFloor(floor).build();
  }
}
