package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.DecideOrderRequest;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** A second person's word on an order. */
abstract class OrderDecide extends Command {

  @Parameters(paramLabel = "ID")
  String id = "";

  abstract boolean deny();

  @Override
  protected ExitCode run() {
    requireReason(deny() ? "a denial" : "an approval");
    DecideOrderRequest request =
        DecideOrderRequest.newBuilder()
            .setOrder(id)
            .setDeny(deny())
            .setContext(writeContext())
            .build();
    WriteReply reply = ask("DecideOrder", request, WriteReply.parser());
    show(
        () -> {
          var node =
              Json.object().put("order", id).put("approved", !deny()).put("id", reply.getId());
          Json.strings(node, "lines", reply.getLinesList());
          return node.put("revision", reply.getRevision());
        },
        () -> done(reply),
        () -> List.of(id));
    return ExitCode.DONE;
  }

  private String done(WriteReply reply) {
    if (deny()) {
      return "denied: " + id;
    }
    String made = reply.getId().isEmpty() ? "" : " (" + reply.getId() + ")";
    StringBuilder text = new StringBuilder("approved and done: " + id + made);
    reply.getLinesList().forEach(each -> text.append("\n  ").append(each));
    return text.toString();
  }

  /** Does it. */
  @CommandLine.Command(
      name = "approve",
      description = "Does what was ordered, if it still can be done as it was given.")
  static final class Approve extends OrderDecide {
    @Override
    boolean deny() {
      return false;
    }
  }

  /** Does it not. */
  @CommandLine.Command(name = "deny", description = "Throws an order away.")
  static final class Deny extends OrderDecide {
    @Override
    boolean deny() {
      return true;
    }
  }
}
