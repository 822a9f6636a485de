package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.HoldDomainRequest;
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

/** Vetoes actions in a whole domain, or ends that. */
abstract class RepairHold extends Command {

  @Parameters(
      paramLabel = "DOMAIN",
      description = "fleet, unit/NAME, rack/NAME, switch/NAME, feed/NAME or type/NAME")
  String domain = "";

  abstract boolean end();

  Duration length() {
    return Duration.ZERO;
  }

  @Override
  protected ExitCode run() {
    if (!end()) {
      requireReason("a hold");
    } else if (!yes()) {
      ReleasedRepairs released = ReleasedRepairs.of(status(), "hold", domain);
      released.blastRadius("the hold of " + domain).ifPresent(each -> confirm(each, domain));
    }
    HoldDomainRequest request =
        HoldDomainRequest.newBuilder()
            .setDomain(domain)
            .setForMs(length().toMillis())
            .setEnd(end())
            .setContext(writeContext())
            .build();
    WriteReply reply = ask("HoldDomain", request, WriteReply.parser());
    show(
        () ->
            Json.object()
                .put("domain", domain)
                .put("held", !end())
                .put("revision", reply.getRevision()),
        () -> (end() ? "unhold: " : "hold: ") + domain,
        () -> List.of(domain));
    return ExitCode.DONE;
  }

  /** Vetoes. */
  @CommandLine.Command(
      name = "hold",
      description =
          "No repair or rollout touches the machines of a domain; they may still become HEALTHY.")
  static final class Hold extends RepairHold {
    @Option(
        names = "--for",
        paramLabel = "DURATION",
        converter = Durations.class,
        description = "ends by itself (default: until unhold)")
    @Nullable Duration length;

    @Override
    Duration length() {
      Duration given = length;
      return given == null ? Duration.ZERO : given;
    }

    @Override
    boolean end() {
      return false;
    }
  }

  /** Ends it. */
  @CommandLine.Command(name = "unhold", description = "Ends a domain's hold.")
  static final class Unhold extends RepairHold {
    @Override
    boolean end() {
      return true;
    }
  }
}
