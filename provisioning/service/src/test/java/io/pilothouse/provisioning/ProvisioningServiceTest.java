package io.pilothouse.provisioning;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.OpenEnrolmentRequest;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Provisioning.Step;
import io.pilothouse.api.v1.PullProvisioningReply;
import io.pilothouse.api.v1.RedeemEnrolmentRequest;
import io.pilothouse.api.v1.ReportDiscoveredRequest;
import io.pilothouse.api.v1.ReportProvisioningRequest;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.kit.HeldLease;
import io.pilothouse.kit.Lanes;
import io.pilothouse.pki.EnrolmentToken;
import io.pilothouse.provisioning.power.BootDevice;
import io.pilothouse.provisioning.power.ChassisSpec;
import io.pilothouse.provisioning.power.LocalChassis;
import io.pilothouse.provisioning.power.PowerDriver;
import io.pilothouse.provisioning.power.PowerException;
import io.pilothouse.provisioning.power.PowerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProvisioningServiceTest {
  @TempDir Path machines;
  private final FakeDm dm = new FakeDm();
  private final FakePower power = new FakePower();
  private final AtomicLong now = new AtomicLong();
  private Lanes lanes = new Lanes(4);
  private ProvisioningService service;

  @BeforeEach
  void start() {
    start(Optional.empty());
  }

  private void start(Optional<Issuer> issuer) {
    lanes = new Lanes(4);
    service =
        new ProvisioningService(
            machines, power, issuer, dm, dm, lanes, new SimpleMeterRegistry(), now::get);
  }

  private void startsWithAnIssuer() throws Exception {
    stop();
    start(Optional.of(TestIssuer.in(machines.resolve("pki")).issuer()));
  }

  @AfterEach
  void stop() {
    lanes.close();
  }

  private void round() throws Exception {
    service.installRound();
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!lanes.busy().isEmpty()) {
      assertThat(System.nanoTime()).as("waited 10 s").isLessThan(deadline);
      Thread.sleep(1);
    }
  }

  private void chassis(String name) throws Exception {
    LocalChassis.create(
        machines, new ChassisSpec(name, "52:54:AA:" + name, "m1", List.of("true"), Map.of()));
  }

  @Test
  void anInstallerIsGivenATokenOfWhichTheDeviceManagerKnowsTheHash() throws Exception {
    startsWithAnIssuer();
    dm.machine("web-03", Step.POWERING, 41);
    round();
    assertThat(dm.journal)
        .containsExactly(
            "chassis local:web-03 of generation 0",
            "open enrolment of web-03 token 41 lease 5",
            "cycle local:web-03 into the installer, with a secret",
            "report web-03 POWERING token 41 lease 5");
    String given = power.secrets.get(0);
    String token =
        given.lines().filter(each -> each.startsWith("token: ")).findFirst().orElseThrow();
    assertThat(EnrolmentToken.parse(token.substring("token: ".length())).sha256())
        .isEqualTo(dm.opened.get(0).getTokenSha256());
    assertThat(given).contains("servers: provisioning.example:18554", "BEGIN CERTIFICATE");
    assertThat(dm.opened.get(0).toString() + service.status()).doesNotContain(token.substring(15));
  }

  @Test
  void aMachineIsNotTouchedWhileTheDeviceManagerCannotBeToldOfItsToken() throws Exception {
    startsWithAnIssuer();
    dm.machine("web-03", Step.POWERING, 41);
    dm.failure = Optional.of(new UnreachableException("nobody answers"));
    round();
    assertThat(power.secrets).isEmpty();
    dm.failure = Optional.empty();
    round();
    assertThat(power.secrets).hasSize(1);
  }

  @Test
  void whereTheFeatureLevelIsTooLowTheInstallWaitsAndTheMachineIsNotBlamed() throws Exception {
    startsWithAnIssuer();
    dm.machine("web-03", Step.POWERING, 41);
    dm.noEnrolment =
        Optional.of(
            new DmException(
                "FAILED_PRECONDITION",
                "OPEN_ENROLMENT needs feature level 3, and 2 is in force",
                "pilot dm finalise"));
    round();
    round();
    assertThat(power.secrets).isEmpty();
    assertThat(dm.journal).containsOnly("chassis local:web-03 of generation 0");

    dm.noEnrolment = Optional.empty();
    round();
    assertThat(power.secrets).hasSize(1);
    assertThat(dm.journal).last().isEqualTo("report web-03 POWERING token 41 lease 5");
  }

  @Test
  void anAuthorityThatCannotBeReadIsNotTheMachinesFaultAndTakesBackNoToken() throws Exception {
    startsWithAnIssuer();
    Path believed = machines.resolve("pki/satellite/provisioning-1/ca.pem");
    String text = Files.readString(believed);
    Files.delete(believed);
    dm.machine("web-03", Step.POWERING, 41);
    round();
    assertThat(dm.journal).containsOnly("chassis local:web-03 of generation 0");

    Files.writeString(believed, text);
    round();
    assertThat(power.secrets).hasSize(1);
  }

  @Test
  void whoLostItsLeaseMeanwhileBootsNoMachineWithATokenThatCountsNoMore() throws Exception {
    startsWithAnIssuer();
    dm.machine("web-03", Step.POWERING, 41);
    dm.leaseAfterOpen = Optional.of(Optional.of(6L));
    round();
    assertThat(dm.opened).hasSize(1);
    assertThat(power.secrets).isEmpty();
  }

  @Test
  void poweringBootsIntoTheInstallerOnce() throws Exception {
    dm.machine("web-03", Step.POWERING, 41);
    round();
    round();
    assertThat(dm.journal)
        .containsExactly(
            "chassis local:web-03 of generation 0",
            "cycle local:web-03 into NETWORK",
            "report web-03 POWERING token 41 lease 5");
  }

  @Test
  void aNewTokenIsANewAssignment() throws Exception {
    dm.machine("web-03", Step.POWERING, 41);
    round();
    dm.machine("web-03", Step.POWERING, 42);
    round();
    assertThat(dm.journal).filteredOn(each -> each.startsWith("cycle")).hasSize(2);
    assertThat(dm.journal).endsWith("report web-03 POWERING token 42 lease 5");
  }

  @Test
  void replacedHardwareIsSwappedFirst() throws Exception {
    dm.put(dm.machine("web-03", Step.POWERING, 41).toBuilder().setGeneration(2).build());
    round();
    assertThat(dm.journal.getFirst()).isEqualTo("chassis local:web-03 of generation 2");
  }

  @Test
  void verifiedBootsFromDisk() throws Exception {
    power.lastBoot = Optional.of(BootDevice.NETWORK);
    dm.machine("web-03", Step.VERIFIED, 41);
    round();
    round();
    assertThat(dm.journal)
        .containsExactly("cycle local:web-03 into DISK", "report web-03 VERIFIED token 41 lease 5");
  }

  @Test
  void aRestartedServiceSeesThatItHadBootedFromDiskAlready() throws Exception {
    power.lastBoot = Optional.of(BootDevice.DISK);
    dm.machine("web-03", Step.VERIFIED, 41);
    round();
    assertThat(dm.journal).containsExactly("report web-03 VERIFIED token 41 lease 5");
  }

  @Test
  void butNotWhenItDiedBetweenOffAndOn() throws Exception {
    power.lastBoot = Optional.of(BootDevice.DISK);
    power.state = PowerState.OFF;
    dm.machine("web-03", Step.VERIFIED, 41);
    round();
    assertThat(dm.journal).contains("cycle local:web-03 into DISK");
  }

  @Test
  void otherStepsAreNotTheServices() throws Exception {
    dm.machine("web-01", Step.MATCHED, 1);
    dm.machine("web-02", Step.BOOTING, 2);
    dm.machine("web-03", Step.IMAGING, 3);
    dm.machine("web-04", Step.BURNING_IN, 4);
    dm.machine("web-05", Step.AWAITING_OPERATOR, 5);
    round();
    assertThat(dm.journal).isEmpty();
  }

  @Test
  void failuresAreReportedWithTheirText() throws Exception {
    power.failure = Optional.of("spec.json is wrong");
    dm.machine("web-03", Step.POWERING, 41);
    round();
    assertThat(dm.journal)
        .endsWith("report web-03 POWERING token 41 lease 5 failed: spec.json is wrong");
  }

  @Test
  void aReportThatDidNotGetThroughIsSaidAgainWithoutAnotherCycle() throws Exception {
    dm.failure = Optional.of(new UnreachableException("no quorum"));
    dm.machine("web-03", Step.POWERING, 41);
    round();
    dm.failure = Optional.empty();
    round();
    assertThat(dm.journal).filteredOn(each -> each.startsWith("cycle")).hasSize(1);
    assertThat(dm.journal).endsWith("report web-03 POWERING token 41 lease 5");
  }

  @Test
  void aStaleTokenIsDropped() throws Exception {
    dm.failure = Optional.of(new DmException("ABORTED", "stale token", ""));
    dm.machine("web-03", Step.POWERING, 41);
    round();
    dm.failure = Optional.empty();
    round();
    assertThat(dm.journal).noneMatch(each -> each.startsWith("report"));
  }

  @Test
  void withoutTheLeaseNothingIsDone() throws Exception {
    chassis("web-03");
    dm.machine("web-04", Step.POWERING, 41);
    dm.lease = Optional.empty();
    round();
    service.discoveryRound();
    assertThat(dm.journal).isEmpty();
  }

  @Test
  void anAnswerOlderThanTheLeaseIsNotActedOn() throws Exception {
    dm.machine("web-03", Step.POWERING, 41);
    dm.leaseRevision = 1_000;
    round();
    assertThat(dm.journal).isEmpty();
  }

  @Test
  void reportsChassisThatNobodyHasSeen() throws Exception {
    chassis("web-01");
    chassis("web-02");
    chassis("web-03");
    dm.known(Machine.newBuilder().setName("web-02").setLifecycle(Lifecycle.EXPECTED));
    dm.known(
        Machine.newBuilder()
            .setName("renamed")
            .setMac("52:54:aa:WEB-03")
            .setLifecycle(Lifecycle.IN_SERVICE));
    round();
    service.discoveryRound();
    service.discoveryRound();
    assertThat(dm.journal)
        .containsExactly("discovered web-01 at local:web-01", "discovered web-02 at local:web-02");
    now.addAndGet(Duration.ofSeconds(11).toNanos());
    service.discoveryRound();
    assertThat(dm.journal).hasSize(4);
  }

  @Test
  void aBadDescriptionHoldsUpNoOtherMachine() throws Exception {
    chassis("web-01");
    chassis("web-02");
    Files.writeString(machines.resolve("web-01/chassis/spec.json"), "{");
    round();
    service.discoveryRound();
    assertThat(dm.journal).containsExactly("discovered web-02 at local:web-02");
    assertThat(service.status().get("problems").toString())
        .contains("web-01", "spec.json is wrong");
  }

  private static final class FakeDm implements ProvisioningDm, HeldLease {
    final List<String> journal = Collections.synchronizedList(new ArrayList<>());
    volatile Optional<RuntimeException> failure = Optional.empty();
    volatile Optional<RuntimeException> noEnrolment = Optional.empty();
    volatile Optional<Optional<Long>> leaseAfterOpen = Optional.empty();
    volatile Optional<Long> lease = Optional.of(5L);
    volatile long leaseRevision = 1;
    final List<OpenEnrolmentRequest> opened = Collections.synchronizedList(new ArrayList<>());
    private final PullProvisioningReply.Builder reply =
        PullProvisioningReply.newBuilder().setRevision(10);

    Machine machine(String name, Step step, long token) {
      Machine machine =
          Machine.newBuilder()
              .setName(name)
              .setBmc("local:" + name)
              .setLifecycle(Lifecycle.PROVISIONING)
              .setProvisioning(Provisioning.newBuilder().setStep(step).setToken(token))
              .build();
      put(machine);
      return machine;
    }

    synchronized void put(Machine machine) {
      for (int i = reply.getMachinesCount() - 1; i >= 0; i--) {
        if (reply.getMachines(i).getName().equals(machine.getName())) {
          reply.removeMachines(i);
        }
      }
      reply.addMachines(machine).setRevision(reply.getRevision() + 1);
    }

    synchronized void known(Machine.Builder machine) {
      reply.addKnown(machine);
    }

    @Override
    public synchronized PullProvisioningReply pull(long revision, Duration wait) {
      return reply.build();
    }

    @Override
    public void discovered(ReportDiscoveredRequest report) {
      journal.add("discovered " + report.getName() + " at " + report.getBmc());
    }

    @Override
    public synchronized long report(ReportProvisioningRequest report) {
      failure.ifPresent(
          each -> {
            throw each;
          });
      String failed = report.getFailed().isEmpty() ? "" : " failed: " + report.getFailed();
      journal.add(
          "report %s %s token %d lease %d%s"
              .formatted(
                  report.getMachine(),
                  report.getStep(),
                  report.getToken(),
                  report.getLeaseToken(),
                  failed));
      return reply.getRevision();
    }

    @Override
    public synchronized void openEnrolment(OpenEnrolmentRequest request) {
      noEnrolment.ifPresent(
          each -> {
            throw each;
          });
      failure.ifPresent(
          each -> {
            throw each;
          });
      journal.add(
          "open enrolment of %s token %d lease %d"
              .formatted(request.getMachine(), request.getToken(), request.getLeaseToken()));
      opened.add(request);
      leaseAfterOpen.ifPresent(each -> lease = each);
    }

    @Override
    public void redeemEnrolment(RedeemEnrolmentRequest request) {
      throw new AssertionError("nobody shows a token");
    }

    @Override
    public Machine machine(String name) {
      throw new AssertionError("nobody asks for a machine");
    }

    @Override
    public Optional<Long> token() {
      return lease;
    }

    @Override
    public long revision() {
      return leaseRevision;
    }
  }

  private final class FakePower implements PowerDriver {
    Optional<String> failure = Optional.empty();
    Optional<BootDevice> lastBoot = Optional.empty();
    final List<String> secrets = Collections.synchronizedList(new ArrayList<>());
    PowerState state = PowerState.ON;

    @Override
    public void cycle(String bmc, BootDevice device) throws PowerException {
      dm.journal.add("cycle " + bmc + " into " + device);
      if (failure.isPresent()) {
        throw new PowerException(PowerException.Kind.BAD_CHASSIS, failure.get());
      }
    }

    @Override
    public void cycleIntoInstaller(String bmc, String secret) {
      dm.journal.add("cycle " + bmc + " into the installer, with a secret");
      secrets.add(secret);
    }

    @Override
    public PowerState state(String bmc) {
      return state;
    }

    @Override
    public void on(String bmc, BootDevice device) {
      dm.journal.add("on " + bmc);
    }

    @Override
    public void off(String bmc) {
      dm.journal.add("off " + bmc);
    }

    @Override
    public Optional<BootDevice> lastBoot(String bmc) {
      return lastBoot;
    }

    @Override
    public void replaceChassis(String bmc, long generation) {
      dm.journal.add("chassis " + bmc + " of generation " + generation);
    }
  }
}
