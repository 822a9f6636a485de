package io.pilothouse.cli.dm;

import io.pilothouse.api.v1.ChangeMembersReply;
import io.pilothouse.api.v1.ChangeMembersRequest;
import io.pilothouse.api.v1.GetMembersReply;
import io.pilothouse.api.v1.GetMembersRequest;
import io.pilothouse.api.v1.JoiningReplica;
import io.pilothouse.api.v1.ReplicaAddress;
import io.pilothouse.api.v1.ReplicaMember;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Changes who the replicas are, or who of them leads; waits until it is so. */
abstract class DmChange extends Command {

  /** Below the patience with one server. */
  private static final Duration WAIT = Duration.ofMillis(1500);

  /** Of one question; --timeout bounds the whole. */
  private static final Duration CALL = Duration.ofSeconds(10);

  /** A new replica of a large fleet is sent some gigabytes. */
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  private static final String ADDRESS = "RAFT/GRPC/HTTP";

  abstract ChangeMembersRequest.Builder change();

  /** What was done, for people. */
  abstract String sentence();

  @Override
  protected ExitCode run() throws InterruptedException {
    ChangeMembersRequest request =
        change().setContext(writeContext()).setWaitMs(WAIT.toMillis()).build();
    GetMembersReply before = members();
    say(standing(before));
    long deadline = System.nanoTime() + givenTimeout().orElse(PATIENCE).toNanos();
    String last = "";
    while (!ask(DmMembers.SERVICE + "ChangeMembers", request, ChangeMembersReply.parser(), CALL)
        .getDone()) {
      GetMembersReply now = members();
      String progress =
          now.getJoiningList().stream()
              .map(each -> progress(each, now))
              .collect(Collectors.joining(", "));
      if (!progress.isEmpty() && !progress.equals(last)) {
        say(progress);
        last = progress;
      }
      if (System.nanoTime() > deadline) {
        throw new CliException(
            ExitCode.GAVE_UP,
            "NOT_DONE_YET",
            "not done after "
                + Durations.text(givenTimeout().orElse(PATIENCE))
                + "; it goes on without this command",
            "pilot dm members shows how far it is; the same command again waits on");
      }
    }
    GetMembersReply after = members();
    show(
        () -> {
          var node = Json.object().put("done", sentence());
          after.getMembersList().forEach(each -> node.withArray("members").add(each.getId()));
          return node;
        },
        () -> sentence() + "%n".formatted() + standing(after),
        () -> after.getMembersList().stream().map(ReplicaMember::getId).toList());
    return ExitCode.DONE;
  }

  private GetMembersReply members() {
    return ask(
        DmMembers.SERVICE + "GetMembers",
        GetMembersRequest.getDefaultInstance(),
        GetMembersReply.parser(),
        CALL);
  }

  private static String standing(GetMembersReply members) {
    long up = members.getMembersList().stream().filter(ReplicaMember::getUp).count();
    int all = members.getMembersCount();
    String text =
        "%d of %d replicas are up: %s"
            .formatted(
                up,
                all,
                members.getMembersList().stream()
                    .map(
                        each ->
                            each.getId()
                                + (each.getLeader() ? " (leads)" : each.getUp() ? "" : " (DOWN)"))
                    .collect(Collectors.joining(", ")));
    return all % 2 == 0
        ? text + "; an even number: %d may be lost, as of %d".formatted((all - 1) / 2, all - 1)
        : text;
  }

  private static String progress(JoiningReplica joining, GetMembersReply members) {
    return "%s is brought up to date: %d of %d entries"
        .formatted(joining.getId(), joining.getMatched(), members.getApplied());
  }

  private static ReplicaAddress address(String id, String text) {
    List<String> parts = List.of(text.split("/", -1));
    if (parts.size() != 3 || parts.stream().anyMatch(each -> !each.matches(".+:[0-9]{1,5}"))) {
      throw CliException.usage(
          "\"%s\" is not the addresses of a replica".formatted(text),
          "give " + ADDRESS + ", each as HOST:PORT");
    }
    return ReplicaAddress.newBuilder()
        .setId(id)
        .setRaft(parts.get(0))
        .setGrpc(parts.get(1))
        .setHttp(parts.get(2))
        .build();
  }

  private static ChangeMembersRequest.Builder request(ChangeMembersRequest.Verb verb, String id) {
    return ChangeMembersRequest.newBuilder().setVerb(verb).setId(id);
  }

  /** One more. */
  @CommandLine.Command(
      name = "add",
      description = {
        "Takes in a replica that was started with --join: it is brought up to date, then votes."
      })
  static final class Add extends DmChange {
    @Parameters(paramLabel = "ID", description = "its id, never used before: dm-4")
    String id = "";

    @Parameters(paramLabel = ADDRESS, description = "where it is reached, each as HOST:PORT")
    String address = "";

    @Option(names = "--priority", paramLabel = "N", description = "0 to 100 (default: 0)")
    int priority;

    @Override
    ChangeMembersRequest.Builder change() {
      return request(ChangeMembersRequest.Verb.ADD, id)
          .setAddress(address(id, address))
          .setPriority(priority);
    }

    @Override
    String sentence() {
      return id + " is a replica now";
    }
  }

  /** One less. */
  @CommandLine.Command(
      name = "remove",
      description = "Takes a replica away, unless a majority would be lost; it stops by itself.")
  static final class Remove extends DmChange {
    @Parameters(paramLabel = "ID", description = "which")
    String id = "";

    @Override
    ChangeMembersRequest.Builder change() {
      return request(ChangeMembersRequest.Verb.REMOVE, id);
    }

    @Override
    String sentence() {
      return id + " is no replica any more";
    }
  }

  /** Another one. */
  @CommandLine.Command(
      name = "replace",
      description = {
        "Puts a replica that was started with --join in the place of another, which may be dead,",
        "in one step."
      })
  static final class Replace extends DmChange {
    @Parameters(paramLabel = "OLD", description = "who goes")
    String old = "";

    @Parameters(paramLabel = "NEW", description = "who comes: an id never used before")
    String fresh = "";

    @Parameters(paramLabel = ADDRESS, description = "where NEW is reached, each as HOST:PORT")
    String address = "";

    @Override
    ChangeMembersRequest.Builder change() {
      return request(ChangeMembersRequest.Verb.REPLACE, old).setAddress(address(fresh, address));
    }

    @Override
    String sentence() {
      return "%s is in the place of %s".formatted(fresh, old);
    }
  }

  /** Another leader. */
  @CommandLine.Command(name = "transfer", description = "Has another replica lead.")
  static final class Transfer extends DmChange {
    @Parameters(paramLabel = "ID", description = "who is to lead")
    String id = "";

    @Override
    ChangeMembersRequest.Builder change() {
      return request(ChangeMembersRequest.Verb.TRANSFER, id);
    }

    @Override
    String sentence() {
      return id + " leads";
    }
  }

  /** Who leads when it can. */
  @CommandLine.Command(
      name = "priority",
      description = "Sets a replica's priority: of those that are up, the highest one leads.")
  static final class Priority extends DmChange {
    @Parameters(paramLabel = "ID", description = "which")
    String id = "";

    @Parameters(paramLabel = "N", description = "0 to 100; 0 is usual")
    int priority;

    @Override
    ChangeMembersRequest.Builder change() {
      return request(ChangeMembersRequest.Verb.PRIORITISE, id).setPriority(priority);
    }

    @Override
    String sentence() {
      return "%s has priority %d".formatted(id, priority);
    }
  }
}
