package io.pilothouse.cli.support;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.TextFormat;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.GetMembersReply;
import io.pilothouse.api.v1.GetMembersRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.api.v1.ListIncidentsReply;
import io.pilothouse.api.v1.ListIncidentsRequest;
import io.pilothouse.api.v1.ListMachinesReply;
import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListManifestsRequest;
import io.pilothouse.api.v1.ListOrdersReply;
import io.pilothouse.api.v1.ListOrdersRequest;
import io.pilothouse.api.v1.ListRepairsReply;
import io.pilothouse.api.v1.ListRepairsRequest;
import io.pilothouse.api.v1.ListRolloutsReply;
import io.pilothouse.api.v1.ListRolloutsRequest;
import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.ListWatchdogsRequest;
import io.pilothouse.api.v1.ReplicaStatus;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.cli.Failures;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.manifests.writing.FleetText;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What the Device Manager says, each answer a file; and who else there is to ask. */
final class DeviceManagerPart {
  private static final int EVENTS = 2000;
  private static final int MOST_ITEMS = 500;

  private final Calls dm;
  private final Bundle bundle;
  private final SortedMap<String, String> programs = new TreeMap<>();
  private boolean answered;
  private boolean unreachable;

  DeviceManagerPart(Calls dm, Bundle bundle) {
    this.dm = dm;
    this.bundle = bundle;
  }

  /** One call of the Device Manager. */
  interface Calls {
    <R extends Message> R ask(String method, Message request, Parser<R> parser);
  }

  /** Addresses of its replicas' and deployment replicas' pages, as far as it said them. */
  SortedMap<String, String> programs() {
    return programs;
  }

  /**
   * Asks everything.
   *
   * @param left time for it
   */
  void gather(Supplier<Duration> left) {
    ask(
            "status.txt",
            "GetStatus",
            GetStatusRequest.getDefaultInstance(),
            StatusReply.parser(),
            left)
        .ifPresent(this::note);
    ask(
        "members.txt",
        "pilothouse.v1.Replicas/GetMembers",
        GetMembersRequest.getDefaultInstance(),
        GetMembersReply.parser(),
        left);
    call("fleet", "GetFleet", GetFleetRequest.getDefaultInstance(), GetFleetReply.parser(), left)
        .ifPresent(this::fleet);
    ask(
        "events.txt",
        "ListEvents",
        ListEventsRequest.newBuilder().setLast(EVENTS).build(),
        ListEventsReply.parser(),
        left);
    ask(
        "repairs.txt",
        "ListRepairs",
        ListRepairsRequest.getDefaultInstance(),
        ListRepairsReply.parser(),
        left);
    ask(
        "rollouts.txt",
        "ListRollouts",
        ListRolloutsRequest.getDefaultInstance(),
        ListRolloutsReply.parser(),
        left);
    ask(
        "incidents.txt",
        "ListIncidents",
        ListIncidentsRequest.getDefaultInstance(),
        ListIncidentsReply.parser(),
        left);
    ask(
        "orders.txt",
        "ListOrders",
        ListOrdersRequest.getDefaultInstance(),
        ListOrdersReply.parser(),
        left);
    ask(
        "watchdogs.txt",
        "ListWatchdogs",
        ListWatchdogsRequest.getDefaultInstance(),
        ListWatchdogsReply.parser(),
        left);
    ask(
        "versions.txt",
        "ListManifests",
        ListManifestsRequest.getDefaultInstance(),
        ListManifestsReply.parser(),
        left);
    machines("machines-failing.txt", Condition.FAILURE, left);
    machines("machines-probation.txt", Condition.PROBATION, left);
  }

  private void machines(String file, Condition condition, Supplier<Duration> left) {
    ask(
        file,
        "ListMachines",
        ListMachinesRequest.newBuilder().setCondition(condition).build(),
        ListMachinesReply.parser(),
        left);
  }

  private void note(StatusReply status) {
    for (ReplicaStatus each : status.getReplicasList()) {
      if (!each.getHttpAddress().isEmpty()) {
        programs.put(each.getId(), each.getHttpAddress());
      }
    }
    for (DeploymentReplica each : status.getDeploymentsList()) {
      if (!each.getAddress().isEmpty()) {
        programs.put(each.getId(), each.getAddress());
      }
    }
  }

  private void fleet(GetFleetReply reply) {
    try {
      FleetText.files(Redaction.message(reply.getFleet()))
          .forEach((file, content) -> bundle.add("fleet/" + file, content.bytes().toStringUtf8()));
    } catch (IllegalArgumentException e) {
      bundle.failed("fleet", why(e));
    }
  }

  private <R extends Message> Optional<R> ask(
      String file, String method, Message request, Parser<R> parser, Supplier<Duration> left) {
    Optional<R> answer = call(file, method, request, parser, left);
    answer.ifPresent(
        each ->
            bundle.add(
                file,
                TextFormat.printer()
                    .escapingNonAscii(false)
                    .printToString(Redaction.message(newest(each)))));
    return answer;
  }

  /** A whole answer that is too long would be cut at its end, where the newest items are. */
  private static Message newest(Message reply) {
    FieldDescriptor items = reply.getDescriptorForType().findFieldByName("items");
    if (items == null
        || reply.getRepeatedFieldCount(items) <= MOST_ITEMS
        || reply instanceof ListEventsReply) {
      return reply;
    }
    List<?> all = (List<?>) reply.getField(items);
    return reply.toBuilder()
        .setField(items, all.subList(all.size() - MOST_ITEMS, all.size()))
        .build();
  }

  private <R extends Message> Optional<R> call(
      String file, String method, Message request, Parser<R> parser, Supplier<Duration> left) {
    if (unreachable) {
      bundle.failed(file, "not asked: no Device Manager answered");
    } else if (left.get().isNegative()) {
      bundle.failed(file, "left out: the time is up");
    } else {
      try {
        Optional<R> answer = Optional.of(dm.ask(method, request, parser));
        answered = true;
        return answer;
      } catch (UnreachableException e) {
        // one that answered before is slow with this
        unreachable = !answered;
        bundle.failed(file, why(e));
      } catch (RuntimeException e) {
        bundle.failed(file, why(e));
      }
    }
    return Optional.empty();
  }

  /** What went wrong, in one line. */
  static String why(Exception e) {
    return Failures.message(e).replace('\n', ' ');
  }
}
