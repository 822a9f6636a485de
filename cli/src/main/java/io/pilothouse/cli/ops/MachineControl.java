package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a person may tell the Device Manager about one machine. */
abstract class MachineControl extends Command {

  @Parameters(paramLabel = "MACHINE")
  String machine = "";

  abstract String verb();

  Duration length() {
    return Duration.ZERO;
  }

  /** Checks and questions before the act. */
  void before() {}

  @Override
  protected ExitCode run() {
    before();
    ControlMachineRequest request =
        ControlMachineRequest.newBuilder()
            .setMachine(machine)
            .setVerb(verb())
            .setForMs(length().toMillis())
            .setContext(writeContext())
            .build();
    WriteReply reply = ask("ControlMachine", request, WriteReply.parser());
    show(
        () -> Json.object().put("machine", machine).put("revision", reply.getRevision()),
        () -> verb() + ": " + machine,
        () -> List.of(machine));
    return ExitCode.DONE;
  }

  /** Vetoes actions. */
  @CommandLine.Command(
      name = "hold",
      description = "No repair or rollout touches it; it may still become HEALTHY.")
  static final class Hold extends MachineControl {
    @Option(
        names = "--for",
        paramLabel = "DURATION",
        converter = Durations.class,
        description = "ends by itself (default: until unhold)")
    @Nullable Duration length;

    @Override
    void before() {
      requireReason("a hold");
    }

    @Override
    Duration length() {
      Duration given = length;
      return given == null ? Duration.ZERO : given;
    }

    @Override
    String verb() {
      return "hold";
    }
  }

  /** Ends a hold. */
  @CommandLine.Command(name = "unhold", description = "Ends a hold.")
  static final class Unhold extends MachineControl {
    @Override
    String verb() {
      return "unhold";
    }
  }

  /** The technician is done. */
  @CommandLine.Command(
      name = "replaced",
      description = "The hardware was replaced: provision it and bring it back.")
  static final class Replaced extends MachineControl {
    @Override
    String verb() {
      return "replaced";
    }
  }

  /** Into maintenance. */
  @CommandLine.Command(
      name = "drain",
      description = "Stops its processes and takes it into maintenance, within the budget.")
  static final class Drain extends MachineControl {
    @Override
    void before() {
      requireReason("a drain");
    }

    @Override
    String verb() {
      return "drain";
    }
  }

  /** Out of maintenance. */
  @CommandLine.Command(name = "undrain", description = "Back into service, through Probation.")
  static final class Undrain extends MachineControl {
    @Override
    String verb() {
      return "undrain";
    }
  }

  /** For good. */
  @CommandLine.Command(name = "decommission", description = "Takes it out of the fleet for good.")
  static final class Decommission extends MachineControl {
    @Override
    void before() {
      requireReason("a decommission");
      confirm("1 machine, " + machine + ", leaves the fleet for good.", machine);
    }

    @Override
    String verb() {
      return "decommission";
    }
  }

  /** Try the installation again. */
  @CommandLine.Command(
      name = "retry-provisioning",
      description = "Tries again to provision a machine that waits for an operator.")
  static final class RetryProvisioning extends MachineControl {
    @Override
    String verb() {
      return "retry-provisioning";
    }
  }
}
