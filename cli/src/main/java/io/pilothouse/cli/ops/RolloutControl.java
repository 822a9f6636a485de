package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ControlRolloutRequest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
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

  /** What it does to many machines; empty when it does nothing to any. */
  String effect(Rollout rollout, long machines) {
    return "";
  }

  /** Those that were switched, or are being. */
  long machines(Rollout rollout) {
    return rollout.getUnitsList().stream()
        .filter(each -> each.getState() != RolloutUnit.State.PENDING)
        .filter(each -> each.getState() != RolloutUnit.State.SKIPPED)
        .mapToLong(RolloutUnit::getMachines)
        .sum();
  }

  private void askFirst(Rollout rollout) {
    long machines = machines(rollout);
    String effect = effect(rollout, machines);
    if (!effect.isEmpty()) {
      confirmMany(
          machines,
          "%s (%s of %s) %s."
              .formatted(rollout.getId(), Names.ref(rollout.getTo()), rollout.getType(), effect),
          rollout.getId());
    }
  }

  @Override
  protected ExitCode run() {
    requireReason("to " + verb() + " a rollout");
    Rollout rollout = find(id);
    askFirst(rollout);
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

    @Override
    long machines(Rollout rollout) {
      return rollout.getUnitsList().stream()
          .filter(each -> each.getName().equals(unit))
          .mapToLong(RolloutUnit::getMachines)
          .sum();
    }

    @Override
    String effect(Rollout rollout, long machines) {
      return "goes on without the %d machines of %s".formatted(machines, unit);
    }
  }

  /** Rolls back. */
  @CommandLine.Command(name = "rollback", description = "Switches every unit back.")
  static final class Rollback extends RolloutControl {
    @Override
    String verb() {
      return "rollback";
    }

    @Override
    String effect(Rollout rollout, long machines) {
      return "is taken back from %d machines, whatever they serve now".formatted(machines);
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

    @Override
    String effect(Rollout rollout, long machines) {
      return "ends amid %d machines, some with the new version, some with the old"
          .formatted(machines);
    }
  }
}
