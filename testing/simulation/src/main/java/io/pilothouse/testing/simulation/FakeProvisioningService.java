package io.pilothouse.testing.simulation;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Discover;
import io.pilothouse.api.log.v1.ReportProvisioning;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Provisioning;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Discovers machines, and power-cycles those under installation. */
final class FakeProvisioningService extends FakeSatellite {
  private static final long AGAIN_MS = 15_000;

  /** "token step" of what this process has power-cycled already. */
  private final Map<String, String> cycled = new HashMap<>();

  private final Map<String, Long> busyUntil = new HashMap<>();

  FakeProvisioningService(World world, String id) {
    super(world, "provisioning", id);
  }

  @Override
  void forget() {
    cycled.clear();
    busyUntil.clear();
  }

  @Override
  void work(long token) {
    for (Machine machine : List.copyOf(world.dm.state.machines())) {
      Provisioning.Step step = machine.getProvisioning().getStep();
      boolean todo =
          machine.getLifecycle() == Lifecycle.EXPECTED
              || step == Provisioning.Step.POWERING
              || step == Provisioning.Step.VERIFIED;
      if (todo && busyUntil.getOrDefault(machine.getName(), 0L) <= world.agenda.now()) {
        busyUntil.put(machine.getName(), world.agenda.now() + AGAIN_MS);
        later(world.oneIn(5) ? world.between(0, 8_000) : 0, () -> step(machine, token));
      }
    }
  }

  private void step(Machine machine, long token) {
    if (!held(token)) {
      return;
    }
    if (machine.getLifecycle() == Lifecycle.EXPECTED) {
      Discover.Builder seen =
          Discover.newBuilder()
              .setName(machine.getName())
              .setMac(machine.getMac())
              .setBmc(machine.getBmc());
      world.wire.call("satellite/" + id, Command.newBuilder().setDiscover(seen), reply -> {});
      return;
    }
    Provisioning now = machine.getProvisioning();
    FakeMachine chassis = world.machines.get(machine.getName());
    if (machine.getGeneration() > chassis.generation()) {
      chassis.replace(machine.getGeneration());
    }
    boolean powering = now.getStep() == Provisioning.Step.POWERING;
    String failed = world.storm && world.oneIn(40) ? "the power did not answer" : "";
    String once = now.getToken() + " " + now.getStep();
    if (failed.isEmpty() && !once.equals(cycled.put(machine.getName(), once))) {
      chassis.powerCycle(powering ? FakeMachine.BootDevice.NETWORK : FakeMachine.BootDevice.DISK);
    }
    ReportProvisioning.Builder report =
        ReportProvisioning.newBuilder()
            .setMachine(machine.getName())
            .setLeaseToken(token)
            .setToken(now.getToken())
            .setStep(now.getStep())
            .setFailed(failed);
    world.wire.call(
        "satellite/" + id, Command.newBuilder().setReportProvisioning(report), reply -> {});
  }
}
