package io.pilothouse.cli.dev;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.GetMachineReply;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A machine that fails, comes back, and fails again. */
@CommandLine.Command(
    name = "flap",
    description =
        "Breaks a machine, mends it once it is in FAILURE, waits until it is HEALTHY, and again.")
final class DevFlap extends Target {
  private static final Duration STEP = Duration.ofMinutes(3);
  private static final Duration LOOK = Duration.ofMillis(500);

  @Parameters(index = "0", paramLabel = "MACHINE")
  String machine = "";

  @Parameters(index = "1", paramLabel = "WATCHDOG", description = "one that the machine runs")
  String watchdog = "";

  @Option(names = "--times", paramLabel = "N", description = "how often, 1 to 20 (default: 6)")
  int times = 6;

  @Override
  protected ExitCode run() throws Exception {
    requireMachine(home(), machine);
    if (times < 1 || times > 20) {
      throw CliException.usage("--times " + times + " is not 1 to 20", "use --times 6");
    }
    Fault fault = new Fault(home(), machine, watchdog);
    int failures = 0;
    boolean escalated = false;
    while (failures < times && !escalated) {
      fault.inject(false);
      try {
        Machine failed = await("FAILURE", DevFlap::isFailed);
        failures++;
        escalated = isEscalated();
        say("%d: %s".formatted(failures, line(failed)));
      } finally {
        if (!escalated) {
          fault.clear(); // else it stays bad, for somebody to look at
        }
      }
      if (!escalated) {
        say("   " + line(await("HEALTHY", DevFlap::isWell)));
      }
    }
    int seen = failures;
    boolean ended = escalated;
    show(
        () -> Json.object().put("machine", machine).put("failures", seen).put("escalated", ended),
        () ->
            ended
                ? "%s failed %d times and was escalated; it stays bad until: pilot dev watchdog-error %s %s --clear"
                    .formatted(machine, seen, machine, watchdog)
                : "%s failed %d times".formatted(machine, seen),
        () -> List.of(machine));
    return ExitCode.DONE;
  }

  private static boolean isFailed(Machine machine) {
    return machine.getLifecycle() != Lifecycle.IN_SERVICE
        || machine.getCondition() == Condition.FAILURE
        || machine.getCondition() == Condition.PROBATION;
  }

  private static boolean isWell(Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && machine.getCondition() == Condition.HEALTHY;
  }

  private boolean isEscalated() {
    return look().getRepair().getAction() == io.pilothouse.api.v1.Action.ESCALATE;
  }

  private Machine await(String what, Predicate<Machine> wanted) throws InterruptedException {
    Instant end = Instant.now().plus(STEP);
    while (Instant.now().isBefore(end)) {
      Machine now = look().getMachine();
      if (wanted.test(now)) {
        return now;
      }
      Thread.sleep(LOOK);
    }
    throw new CliException(
        ExitCode.GAVE_UP,
        "GAVE_UP",
        "%s was not in %s within %s".formatted(machine, what, "3m"),
        "pilot explain machine " + machine);
  }

  private GetMachineReply look() {
    return ask(
        "GetMachine",
        GetMachineRequest.newBuilder().setName(machine).build(),
        GetMachineReply.parser());
  }

  private static String line(Machine machine) {
    return "%s %s %s"
        .formatted(
            machine.getName(),
            Names.lifecycle(machine.getLifecycle()),
            Names.condition(machine.getCondition()));
  }
}
