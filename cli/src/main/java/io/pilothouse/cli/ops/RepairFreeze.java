package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.SetFreezeRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;

/** Stops all repairs of the fleet, or lets them go on. */
abstract class RepairFreeze extends Command {

  abstract boolean frozen();

  @Override
  protected ExitCode run() {
    if (frozen()) {
      requireReason("a freeze");
    } else if (!yes()) {
      StatusReply status = status();
      ReleasedRepairs released = ReleasedRepairs.of(status, "freeze", "fleet");
      released.blastRadius("the freeze").ifPresent(each -> confirm(each, status.getFleet()));
    }
    SetFreezeRequest request =
        SetFreezeRequest.newBuilder().setFrozen(frozen()).setContext(writeContext()).build();
    WriteReply reply = ask("SetFreeze", request, WriteReply.parser());
    String done = frozen() ? "repairs are frozen" : "repairs go on";
    show(
        () -> Json.object().put("frozen", frozen()).put("revision", reply.getRevision()),
        () -> done,
        () -> List.of(Boolean.toString(frozen())));
    return ExitCode.DONE;
  }

  /** Stops repairs. */
  @CommandLine.Command(
      name = "freeze",
      description = "No repair starts anywhere; machines may still become HEALTHY.")
  static final class Freeze extends RepairFreeze {
    @Override
    boolean frozen() {
      return true;
    }
  }

  /** Lets repairs go on. */
  @CommandLine.Command(name = "unfreeze", description = "Repairs go on, at the budget's rate.")
  static final class Unfreeze extends RepairFreeze {
    @Override
    boolean frozen() {
      return false;
    }
  }
}
