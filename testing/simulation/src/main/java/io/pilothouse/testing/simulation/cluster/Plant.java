package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.VerdictKind;
import java.util.ArrayList;
import java.util.List;

/** A machine whose fault a reboot mends, and the agent on it: registers at each boot, reports. */
final class Plant {
  private static final long REPORT_EVERY = 2_500;
  private static final long DEADLINE = 2_000;
  private static final long ATTEMPT = 1_000;

  final String name;
  private final World world;
  private final Dice dice;
  private final Caller caller;
  private final List<String> watchdogs;
  private final String key;
  private Observed observed;
  private int boots;
  private long boot;
  private boolean up = true;
  private boolean registered = true;
  private boolean faulty;
  private long sequence;

  Plant(World world, Machine machine, List<String> watchdogs) {
    this.world = world;
    this.name = machine.getName();
    this.dice = world.dice.split();
    this.caller = new Caller(world, true);
    this.watchdogs = watchdogs;
    this.key = machine.getKeySha256();
    this.observed = machine.getObserved();
    this.sequence = 1L << 20;
  }

  void start() {
    report(boot);
  }

  boolean isUp() {
    return up;
  }

  /** Its disk watchdog says ERROR from here on, until it is rebooted. */
  void breaks() {
    world.trace.say("%s breaks", name);
    faulty = true;
  }

  void powerCycle() {
    world.trace.say("%s is power-cycled", name);
    boot++;
    up = false;
    registered = false;
    long now = boot;
    world.agenda.after(
        dice.between(500, dice.oneIn(3) ? 9_000 : 3_000),
        () -> {
          if (now == boot) {
            up = true;
            faulty = false;
            observed = observed.toBuilder().setBootId(name + "-again-" + ++boots).build();
            report(now);
          }
        });
  }

  private void report(long of) {
    if (of != boot || !up) {
      return;
    }
    if (registered) {
      say(of);
    } else {
      register(of);
    }
    world.agenda.after(REPORT_EVERY + dice.below(200), () -> report(of));
  }

  private void register(long of) {
    Request request =
        Request.newBuilder()
            .setPrincipal("machine/" + name)
            .setRequestId("rid")
            .setCommand(
                Command.newBuilder()
                    .setRegisterMachine(
                        RegisterMachine.newBuilder()
                            .setMachine(name)
                            .setKeySha256(key)
                            .setBootId(observed.getBootId())
                            .setObserved(observed)))
            .build();
    caller.ask(
        (edge, onAnswer) -> edge.write(caller.address(), request, onAnswer),
        DEADLINE,
        ATTEMPT,
        answer -> {
          if (of == boot
              && answer.orElse(null) instanceof Answer.Decided(var reply)
              && !reply.hasRefusal()) {
            registered = true;
            sequence = Math.max(sequence, reply.getSequenceFloor());
          }
        });
  }

  private void say(long of) {
    sequence++;
    List<VerdictReport> verdicts = new ArrayList<>();
    for (String watchdog : watchdogs) {
      boolean bad = faulty && watchdog.equals("disk");
      verdicts.add(
          VerdictReport.newBuilder()
              .setMachine(name)
              .setWatchdog(watchdog)
              .setSequence(sequence)
              .setBootId(observed.getBootId())
              .setKind(bad ? VerdictKind.ERROR : VerdictKind.OK)
              .setFault(bad ? "broken" : "")
              .setText(bad ? "is broken" : "is well")
              .build());
    }
    Edge.Report report =
        new Edge.Report(
            "machine/" + name,
            new Edge.Agent(name, observed.getBootId(), sequence, observed),
            verdicts);
    caller.ask(
        (edge, onAnswer) -> edge.report(caller.address(), report, onAnswer),
        DEADLINE,
        ATTEMPT,
        answer -> {
          if (of == boot && answer.orElse(null) instanceof Answer.RegisterAgain) {
            registered = false;
          }
        });
  }
}
