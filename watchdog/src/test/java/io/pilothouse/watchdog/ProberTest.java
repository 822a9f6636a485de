package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.Target;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.client.DmClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Probing and reporting. A jump of the wall clock is not among these tests: the prober takes no
 * clock, and but for the number it starts counting at, it never asks for the time of day, so that
 * no age and no interval can follow a jump. WallClockTest holds it to that. The number is dealt
 * with by {@link #aReporterRestartedWithALowerSequenceGoesOnAboveTheFloor}.
 */
@Timeout(30)
class ProberTest {
  private FakeDm dm;
  private DmClient client;
  private HttpServer agent;
  private ServerSocket deaf;
  private Prober prober;

  @BeforeEach
  void start() throws IOException {
    dm = new FakeDm();
    client = new DmClient(List.of(dm.address()), "satellite/watchdog-1");
    agent = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    agent.createContext(
        "/health",
        exchange -> {
          exchange.sendResponseHeaders(503, -1);
          exchange.close();
        });
    agent.start();
    deaf = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    prober =
        new Prober(
            "watchdog-1", "rack/r1", client, java.util.Optional.empty(), new SimpleMeterRegistry());
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    dm.close();
    agent.stop(0);
    deaf.close();
  }

  @Test
  void oneThatAnswersIsOkWhateverItSays() {
    target("web-01", "127.0.0.1:" + agent.getAddress().getPort());
    VerdictReportItem verdict = next("web-01");
    assertThat(verdict.getKind()).isEqualTo(VerdictKind.OK);
    assertThat(verdict.getWatchdog()).isEqualTo("reachable");
  }

  @Test
  void theSecondMissInARowIsAnErrorAndAnAnswerEndsIt() {
    target("web-01", "127.0.0.1:" + deaf.getLocalPort());
    assertThat(next("web-01").getKind()).isEqualTo(VerdictKind.WARNING);
    VerdictReportItem second = next("web-01");
    assertThat(second.getKind()).isEqualTo(VerdictKind.ERROR);
    assertThat(second.getFault()).isEqualTo("no-answer");
    assertThat(second.getText()).endsWith("does not answer: no answer in 200 ms");
    target("web-01", "127.0.0.1:" + agent.getAddress().getPort());
    assertThat(next("web-01").getKind()).isEqualTo(VerdictKind.OK);
    target("web-01", "127.0.0.1:" + deaf.getLocalPort());
    assertThat(next("web-01").getKind()).isEqualTo(VerdictKind.WARNING);
  }

  @Test
  void oneWithoutAnAddressDoesNotAnswer() {
    target("web-01", "");
    assertThat(next("web-01").getText()).isEqualTo("its agent's address is not known yet");
    target("web-01", "nonsense");
    assertThat(next("web-01").getKind()).isEqualTo(VerdictKind.ERROR);
  }

  @Test
  void aSwitchIsWellWhileItTakesConnectionsAtItsAddress() throws IOException {
    ServerSocket port = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    String address = "127.0.0.1:" + port.getLocalPort();
    try (port) {
      aSwitch("sw1", address);
      VerdictReportItem verdict = next("sw1");
      assertThat(verdict.getKind()).isEqualTo(VerdictKind.OK);
      assertThat(verdict.getText()).isEqualTo(address + " answers");
    }
    assertThat(next("sw1").getKind()).isEqualTo(VerdictKind.WARNING);
    VerdictReportItem second = next("sw1");
    assertThat(second.getKind()).isEqualTo(VerdictKind.ERROR);
    assertThat(second.getText()).startsWith(address + " does not answer: ");
  }

  /** It would be ERROR for ever, and the switch replaced. */
  @Test
  void ofASwitchWithoutAnAddressNothingIsSaid() {
    Target web =
        Target.newBuilder()
            .setMachine("web-01")
            .setAgentAddress("127.0.0.1:" + agent.getAddress().getPort())
            .build();
    targets(Target.newBuilder().setMachine("sw1").setKind(DeviceKind.DEVICE_SWITCH).build(), web);
    next("web-01");
    assertThat(dm.reports().stream().flatMap(each -> each.getVerdictsList().stream()))
        .extracting(VerdictReportItem::getMachine)
        .containsOnly("web-01");
  }

  /** With one place each: two that take a minute each time leave the third its own. */
  @Test
  void thoseThatMissedTheLastLookHoldUpNobodyElse() throws IOException {
    prober =
        new Prober(
            "watchdog-1", "", client, java.util.Optional.empty(), new SimpleMeterRegistry(), 1);
    Target one = aMachine("dead-1", deaf.getLocalPort());
    Target two = aMachine("dead-2", deaf.getLocalPort());
    targets(one, two);
    Set<String> seen = new HashSet<>();
    while (seen.size() < 2) {
      look();
      dm.reports().forEach(each -> each.getVerdictsList().forEach(v -> seen.add(v.getMachine())));
    }
    ServerSocket deafer = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    try (deafer) {
      one = aMachine("dead-1", deafer.getLocalPort());
      two = aMachine("dead-2", deafer.getLocalPort());
      dm.targets(reachable(60_000, one, two));
      prober.pull();
      awaitConnection(deafer);
      dm.targets(reachable(60_000, one, two, aMachine("web-01", agent.getAddress().getPort())));
      prober.pull();
      awaitOk("web-01"); // the test's time is up before a dead one's
    }
  }

  private void awaitConnection(ServerSocket port) throws IOException {
    port.setSoTimeout(20);
    boolean connected = false;
    while (!connected) {
      look();
      try {
        port.accept();
        connected = true;
      } catch (SocketTimeoutException e) {
        connected = false; // the look is not due yet
      }
    }
  }

  private void awaitOk(String machine) {
    while (dm.reports().stream()
        .flatMap(each -> each.getVerdictsList().stream())
        .filter(each -> each.getMachine().equals(machine))
        .noneMatch(each -> each.getKind() == VerdictKind.OK)) {
      look();
    }
  }

  @Test
  void aReportThatFailsIsSentAgainAndSequencesRise() {
    target("web-01", "127.0.0.1:" + agent.getAddress().getPort());
    dm.refuse(true);
    prober.pull();
    prober.probe();
    boolean refused = false;
    while (!refused) {
      try {
        prober.report();
        Thread.onSpinWait();
      } catch (RuntimeException e) {
        refused = true;
      }
    }
    assertThatThrownBy(prober::report).hasMessageContaining("refused");
    dm.refuse(false);
    prober.report();
    next("web-01");
    List<Long> sequences = new ArrayList<>();
    dm.reports().forEach(each -> sequences.add(each.getVerdicts(0).getSequence()));
    assertThat(sequences).hasSizeGreaterThan(1).isSorted().doesNotHaveDuplicates();
    assertThat(dm.reports().get(0).getReporter()).isEqualTo("watchdog-1");
  }

  @Test
  void aReporterRestartedWithALowerSequenceGoesOnAboveTheFloor() {
    long ahead = System.currentTimeMillis() + 3_600_000;
    dm.floor(ahead);
    target("web-01", "127.0.0.1:" + agent.getAddress().getPort());
    next("web-01");
    assertThat(last().getVerdicts(0).getSequence()).isEqualTo(ahead + 1);
  }

  @Test
  void aReportSaysFromWhereAndHowLongAgoItWasSeen() {
    target("web-01", "127.0.0.1:" + agent.getAddress().getPort());
    next("web-01");
    assertThat(last().getDomain()).isEqualTo("rack/r1");
    assertThat(last().getVerdicts(0).getAgeMs()).isBetween(0L, 60_000L);
    assertThat(last().getVerdicts(0).getValidForMs()).isEqualTo(1_500);
  }

  private ReportVerdictsRequest last() {
    return dm.reports().get(dm.reports().size() - 1);
  }

  @Test
  void watchdogsOfOtherTypesAreLeftAlone() {
    dm.targets(
        PullTargetsReply.newBuilder()
            .addWatchdogs(WatchdogSpec.newBuilder().setName("reachable").addTypes("backend"))
            .addTargets(Target.newBuilder().setMachine("web-01").setType("frontend"))
            .build());
    prober.pull();
    prober.probe();
    prober.report();
    assertThat(dm.reports()).isEmpty();
  }

  private void target(String machine, String address) {
    targets(Target.newBuilder().setMachine(machine).setAgentAddress(address).build());
  }

  private void aSwitch(String name, String address) {
    targets(
        Target.newBuilder()
            .setMachine(name)
            .setKind(DeviceKind.DEVICE_SWITCH)
            .setAddress(address)
            .build());
  }

  private static Target aMachine(String name, int port) {
    return Target.newBuilder().setMachine(name).setAgentAddress("127.0.0.1:" + port).build();
  }

  private void targets(Target... all) {
    dm.targets(reachable(200, all));
    prober.pull();
  }

  private static PullTargetsReply reachable(long timeoutMs, Target... all) {
    return PullTargetsReply.newBuilder()
        .addWatchdogs(
            WatchdogSpec.newBuilder().setName("reachable").setEveryMs(500).setTimeoutMs(timeoutMs))
        .addAllTargets(List.of(all))
        .build();
  }

  private void look() {
    prober.probe();
    prober.report();
    Thread.onSpinWait();
  }

  /** Probes until a report tells of the machine. */
  private VerdictReportItem next(String machine) {
    int before = dm.reports().size();
    while (dm.reports().size() == before) {
      look();
    }
    VerdictReportItem verdict = dm.reports().get(before).getVerdicts(0);
    assertThat(verdict.getMachine()).isEqualTo(machine);
    return verdict;
  }
}
