package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ReportProvisioning;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Provisioning;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The Provisioning Service: power-cycles machines into the installer, and from their disk. */
final class ProvisionWorker extends Satellite {
  private static final long AGAIN = 20 * Spans.SECOND;

  private final Set<String> cycled = new HashSet<>();

  ProvisionWorker(World world, Leader leader, String id) {
    super(world, leader, "provisioning", id);
  }

  @Override
  void forget() {
    cycled.clear();
  }

  @Override
  void lookAtAll() {
    List.copyOf(leader.state.machines()).forEach(this::saw);
  }

  /** A machine changed. */
  void saw(Machine machine) {
    boolean todo =
        switch (machine.getProvisioning().getStep()) {
          case POWERING, VERIFIED -> true;
          case STEP_UNSPECIFIED,
              MATCHED,
              BOOTING,
              IMAGING,
              BURNING_IN,
              AWAITING_OPERATOR,
              UNRECOGNIZED ->
              false;
        };
    if (todo && leads()) {
      later(2 * Spans.SECOND, () -> leader.state.machine(machine.getName()).ifPresent(this::step));
    }
  }

  private void step(Machine machine) {
    Provisioning now = machine.getProvisioning();
    boolean powers = now.getStep() == Provisioning.Step.POWERING;
    if (!leads() || !(powers || now.getStep() == Provisioning.Step.VERIFIED)) {
      return;
    }
    // once for each step of each assignment: a machine that boots must not be cut short
    if (cycled.add(machine.getName() + "/" + now.getToken() + "/" + now.getStep())) {
      world.hands.powerCycle(world.machine(machine.getName()), powers);
    }
    if (powers) {
      ReportProvisioning report =
          ReportProvisioning.newBuilder()
              .setMachine(machine.getName())
              .setLeaseToken(token())
              .setToken(now.getToken())
              .setStep(Provisioning.Step.POWERING)
              .build();
      call(Command.newBuilder().setReportProvisioning(report), reply -> {});
      later(AGAIN, () -> leader.state.machine(machine.getName()).ifPresent(this::saw));
    }
  }
}
