package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ControlRolloutRequest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a person may tell a rollout; each needs a reason. */
abstract class RolloutControl extends RolloutQuery {

  @Parameters(arity = "0..1", paramLabel = "ID", description = "the newest when left out")
  String id = "";

  abstract String verb();

  String unit() {
    return "";
  }

  @Override
  protected ExitCode run() {
    requireReason("to " + verb() + " a rollout");
    Rollout rollout = find(id);
    ControlRolloutRequest request =
        ControlRolloutRequest.newBuilder()
            .setRollout(rollout.getId())
            .setVerb(verb())
            .setUnit(unit())
            .setContext(writeContext())
            .build();
    WriteReply reply = ask("ControlRollout", request, WriteReply.parser());
    show(
        () -> Json.object().put("id", rollout.getId()).put("revision", reply.getRevision()),
        () -> verb() + ": " + rollout.getId(),
        () -> List.of(rollout.getId()));
    return ExitCode.DONE;
  }

  /** Pauses. */
  @CommandLine.Command(name = "pause", description = "Pauses: nothing more is switched.")
  static final class Pause extends RolloutControl {
    @Override
    String verb() {
      return "pause";
    }
  }

  /** Resumes. */
  @CommandLine.Command(name = "resume", description = "Goes on where it was paused.")
  static final class Resume extends RolloutControl {
    @Override
    String verb() {
      return "resume";
    }
  }

  /** Skips a unit. */
  @CommandLine.Command(name = "skip", description = "Leaves a scale unit out.")
  static final class Skip extends RolloutControl {
    @Option(names = "--unit", required = true, paramLabel = "UNIT", description = "scale unit")
    String unit = "";

    @Override
    String verb() {
      return "skip";
    }

    @Override
    String unit() {
      return unit;
    }
  }

  /** Rolls back. */
  @CommandLine.Command(name = "rollback", description = "Switches every unit back.")
  static final class Rollback extends RolloutControl {
    @Override
    String verb() {
      return "rollback";
    }
  }

  /** Aborts. */
  @CommandLine.Command(
      name = "abort",
      description = "Ends it where it is: switched machines keep the new version.")
  static final class Abort extends RolloutControl {
    @Override
    String verb() {
      return "abort";
    }
  }
}
