package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Discover;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.ReportProvisioning;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;

/** A small fleet, brought to where a test begins by commands in the log. */
final class TestFleet {

  static final VersionRef IMAGE =
      VersionRef.newBuilder().setName("os").setVersion("1.0.0").setDigest("a".repeat(64)).build();

  private final FakeLedger ledger;

  TestFleet(FakeLedger ledger) {
    this.ledger = ledger;
  }

  /** One type, one unit, two machines; watchdogs heartbeat and disk on them, reachable outside. */
  static Fleet spec() {
    return Fleet.newBuilder()
        .setName("test")
        .addTypes(
            MachineType.newBuilder()
                .setName("frontend")
                .setImage("os")
                .setManifest("web")
                .addWatchdogs("heartbeat")
                .addWatchdogs("disk")
                .addWatchdogs("reachable"))
        .addUnits(ScaleUnit.newBuilder().setName("su-1").setOrder(1).addMachines("web-[01-99]"))
        .addWatchdogs(watchdog("heartbeat", WatchdogSpec.Runner.BUILTIN))
        .addWatchdogs(watchdog("disk", WatchdogSpec.Runner.BUILTIN))
        .addWatchdogs(watchdog("reachable", WatchdogSpec.Runner.REMOTE))
        .addImages(Image.newBuilder().setName("os").setVersion("1.0.0"))
        .addMachines(inventory("web-01"))
        .addMachines(inventory("web-02"))
        .build();
  }

  private static WatchdogSpec watchdog(String name, WatchdogSpec.Runner runner) {
    return WatchdogSpec.newBuilder()
        .setName(name)
        .setRunner(runner)
        .setEveryMs(5_000)
        .setValidForMs(15_000)
        .setTimeoutMs(2_000)
        .setSeverity(Severity.NORMAL)
        .setInitialMode(WatchdogState.Mode.LIVE)
        .build();
  }

  private static InventoryMachine inventory(String name) {
    return InventoryMachine.newBuilder()
        .setName(name)
        .setType("frontend")
        .setScaleUnit("su-1")
        .setRack("r1")
        .setMac("mac-" + name)
        .setBmc("local:" + name)
        .build();
  }

  Reply decide(Command.Builder command) {
    Reply reply =
        ledger
            .submit(
                Request.newBuilder()
                    .setPrincipal("operator/setup")
                    .setReason("setup")
                    .setCommand(command)
                    .build())
            .join();
    assertThat(reply.getRefusal().getMessage()).as(command.toString()).isEmpty();
    return reply;
  }

  void apply() {
    decide(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(spec())));
  }

  Machine machine(String name) {
    return ledger.read(state -> state.machine(name).orElseThrow());
  }

  /** Discovered, and assigned for installation. */
  void discover(String name) {
    decide(
        Command.newBuilder()
            .setRegisterManifest(
                RegisterManifest.newBuilder().setManifest(Manifest.newBuilder().setRef(IMAGE))));
    decide(
        Command.newBuilder()
            .setDiscover(Discover.newBuilder().setName(name).setMac("mac-" + name)));
    assertThat(machine(name).getProvisioning().getStep()).isEqualTo(Provisioning.Step.POWERING);
  }

  /** Installed, and in service under {@code key} with boot id {@code NAME-boot-2}. */
  void serve(String name, String key) {
    discover(name);
    long lease =
        decide(
                Command.newBuilder()
                    .setAcquireLease(
                        AcquireLease.newBuilder()
                            .setRole("provisioning")
                            .setHolder("provisioning-1")
                            .setTtlMs(300_000)))
            .getLease()
            .getToken();
    long token = machine(name).getProvisioning().getToken();
    decide(
        Command.newBuilder()
            .setReportProvisioning(
                ReportProvisioning.newBuilder()
                    .setMachine(name)
                    .setLeaseToken(lease)
                    .setToken(token)
                    .setStep(Provisioning.Step.POWERING)));
    register(name, key, name + "-boot-1", Observed.getDefaultInstance());
    for (Provisioning.Step step :
        new Provisioning.Step[] {Provisioning.Step.IMAGING, Provisioning.Step.BURNING_IN}) {
      decide(
          Command.newBuilder()
              .setObserveMachine(
                  ObserveMachine.newBuilder()
                      .setMachine(name)
                      .setBootId(name + "-boot-1")
                      .setProvisioningToken(token)
                      .setStepDone(step)));
    }
    register(name, key, name + "-boot-2", observed(name));
    assertThat(machine(name).getLifecycle()).isEqualTo(Lifecycle.IN_SERVICE);
  }

  /** As the agent of a machine in service reports it. */
  static Observed observed(String name) {
    return Observed.newBuilder()
        .setImage(IMAGE)
        .setAddress(name + ":80")
        .setAgentAddress(name + ":81")
        .build();
  }

  private void register(String name, String key, String bootId, Observed observed) {
    decide(
        Command.newBuilder()
            .setRegisterMachine(
                RegisterMachine.newBuilder()
                    .setMachine(name)
                    .setKeySha256(MachineIdentity.sha256(key))
                    .setBootId(bootId)
                    .setObserved(observed)));
  }
}
