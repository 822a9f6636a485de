package io.pilothouse.cli.offers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.SchedulerQueriesGrpc;
import io.pilothouse.api.v1.SchedulerQueriesGrpc.SchedulerQueriesBlockingStub;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Failures;
import io.pilothouse.cli.Identity;
import io.pilothouse.cli.Json;
import io.pilothouse.client.PeerConnection;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.tls.Peers;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Asks the scheduler that leads; the Device Manager says where it is. */
public abstract class SchedulerCommand extends Command {
  private static final String ROLE = "scheduler";
  private static final int LARGEST_ANSWER = 16 << 20;
  private static final String SEE_WHY =
      "see whether it runs (quick start: pilot dev start scheduler); the fleet's log/ directory says"
          + " why it ended";

  /** How what is said about an agent begins: of it, and not of the scheduler. */
  private static final Pattern AGENT = Pattern.compile("^the agent of machine (\\S+) ");

  private @Nullable StatusReply status;

  /** One question; what the scheduler refuses becomes the command's error. */
  protected final <R> R scheduler(Function<SchedulerQueriesBlockingStub, R> question) {
    return conversation(stubs -> question.apply(stubs.get()));
  }

  /**
   * Several questions on one connection.
   *
   * @param talk gets a stub for each question, with its own deadline
   */
  protected final <R> R conversation(Function<Supplier<SchedulerQueriesBlockingStub>, R> talk) {
    Lease lease = lease();
    Identity self = identity();
    try (PeerConnection connection =
        new PeerConnection(address(lease), self.principal(), Peers.SATELLITE, self.tls())) {
      SchedulerQueriesBlockingStub stub =
          SchedulerQueriesGrpc.newBlockingStub(connection.channel())
              .withMaxInboundMessageSize(LARGEST_ANSWER);
      return talk.apply(() -> stub.withDeadlineAfter(timeout().toMillis(), TimeUnit.MILLISECONDS));
    } catch (StatusRuntimeException e) {
      throw refused(lease, e);
    }
  }

  private Lease lease() {
    StatusReply now = status();
    status = now;
    return now.getLeasesList().stream()
        .filter(each -> each.getRole().equals(ROLE) && !each.getHolder().isEmpty())
        .findFirst()
        .orElseThrow(this::noScheduler);
  }

  private CliException noScheduler() {
    GetFleetReply fleet =
        ask("GetFleet", GetFleetRequest.getDefaultInstance(), GetFleetReply.parser());
    if (fleet.getFleet().getTypesList().stream()
        .noneMatch(type -> type.getOffers().getResourcesCount() > 0)) {
      return new CliException(
          ExitCode.REFUSED,
          "NOTHING_OFFERED",
          "this fleet offers nothing to frameworks: none of its machine types has `offers:`",
          "say in types/*.yaml what frameworks may have of the machines, and run `pilot apply`; to"
              + " try it: pilot up --example offers");
    }
    return new CliException(
        ExitCode.UNREACHABLE,
        "NO_SCHEDULER",
        "no scheduler leads: nobody has the lease `scheduler`",
        SEE_WHY);
  }

  private static ServerAddress address(Lease lease) {
    try {
      return ServerAddress.parse(lease.getAddress());
    } catch (IllegalArgumentException e) {
      throw new CliException(
          ExitCode.UNREACHABLE,
          "NO_SCHEDULER",
          "scheduler %s leads, and does not say where it is: its lease has the address \"%s\""
              .formatted(lease.getHolder(), lease.getAddress()),
          "give it --agents HOST:PORT, and start it again");
    }
  }

  private static CliException refused(Lease lease, StatusRuntimeException e) {
    Status.Code code = e.getStatus().getCode();
    String said = String.valueOf(e.getStatus().getDescription());
    String at = "scheduler %s at %s".formatted(lease.getHolder(), lease.getAddress());
    return switch (code) {
      case UNAVAILABLE -> {
        if (said.startsWith("whether ")) { // it answers, and cannot ask who may ask
          yield new CliException(
              ExitCode.UNREACHABLE,
              "UNREACHABLE",
              said,
              "see which replicas of the Device Manager run: pilot dm members");
        }
        yield new CliException(
            ExitCode.UNREACHABLE,
            "UNREACHABLE",
            "%s cannot be asked: %s".formatted(at, cause(e, said)),
            SEE_WHY
                + "; this host must reach that address, with TLS if the fleet has it; amid a change"
                + " of leaders: ask again in a moment");
      }
      case RESOURCE_EXHAUSTED ->
          new CliException(ExitCode.GAVE_UP, code.name(), said, "ask again in a moment");
      case DEADLINE_EXCEEDED ->
          AGENT.matcher(said).find()
              ? new CliException(ExitCode.GAVE_UP, code.name(), said, remedy(code, said))
              : new CliException(
                  ExitCode.GAVE_UP,
                  code.name(),
                  at + " has not answered in time",
                  SEE_WHY + "; or wait longer: --timeout 60s");
      case UNIMPLEMENTED ->
          new CliException(
              ExitCode.FAILED,
              code.name(),
              at + " does not know this question",
              "it is of an older release: start the one that came with this program");
      default ->
          new CliException(
              Failures.exitCode(code.name()),
              code.name(),
              said,
              said.contains("access.yaml") ? "" : remedy(code, said));
    };
  }

  private static String cause(StatusRuntimeException e, String said) {
    Throwable cause = e.getCause();
    return cause == null || cause.getMessage() == null ? said : cause.getMessage();
  }

  private static String remedy(Status.Code code, String said) {
    Matcher agent = AGENT.matcher(said);
    if (agent.find()) {
      return ("`pilot machine show %s` says how the machine is; its agent's log says more; then ask"
              + " again")
          .formatted(agent.group(1));
    }
    return switch (code) {
      case NOT_FOUND -> missing(said);
      case PERMISSION_DENIED, UNAUTHENTICATED ->
          "call as an operator: --tls DIR with the certificate of operator/NAME";
      default -> "";
    };
  }

  private static String missing(String said) {
    if (said.startsWith("machine ") && said.endsWith(" in the sandbox")) {
      return "`pilot task files TASK` lists what is there";
    }
    if (said.startsWith("machine ")) {
      // the whole sandbox: a list of its files would say the same, and so would one of all tasks
      if (!said.contains(": there is no sandbox of ")) {
        return ""; // the machine was set up anew, and what was on its disk is gone
      }
      return "what is to outlive a task belongs on a persistent volume; with --machine give, for a"
          + " task in an executor or a group, the executor's id as TASK";
    }
    return "`pilot framework list --all`, `pilot role list` and `pilot task list --all` show all;"
        + " files of a task that was over before this scheduler led: say --framework ID --machine M";
  }

  /** {@code {"items":[…],"revision":N}}, the revision being that of the fleet that was asked of. */
  protected final <T> ObjectNode items(
      Collection<T> items, int leftOut, BiConsumer<T, ObjectNode> fill) {
    StatusReply now = status;
    ObjectNode root = Json.items(items, now == null ? 0 : now.getRevision(), fill);
    if (leftOut > 0) {
      root.put("left_out", leftOut);
    }
    return root;
  }

  /** Says that a list is not whole. */
  protected final void tellLeftOut(int number, String remedy) {
    if (number > 0) {
      say("%d more are not shown: they do not fit into one answer; %s".formatted(number, remedy));
    }
  }
}
