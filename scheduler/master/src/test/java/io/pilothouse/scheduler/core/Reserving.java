package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentVolumes;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A stage on which a framework of the role db keeps data, on a machine m1. */
abstract class Reserving {
  static final String DB =
      "'id':{'value':'db-1'},'failover_timeout':600,'roles':['db'],'capabilities':["
          + "{'type':'MULTI_ROLE'},{'type':'RESERVATION_REFINEMENT'},{'type':'PARTITION_AWARE'}]";

  static final String CPUS = reserved("cpus", 1, "");
  static final String DISK = reserved("disk", 100, "");
  static final String VOLUME = volume("v1", 100);

  Stage stage = new Stage();

  static String reserved(String name, int amount, String more) {
    return ("{'name':'%s','type':'SCALAR','scalar':{'value':%d},"
            + "'reservations':[{'type':'DYNAMIC','role':'db'}]%s}")
        .formatted(name, amount, more);
  }

  static String volume(String id, int amount) {
    return volume(id, amount, "data");
  }

  static String volume(String id, int amount, String path) {
    return reserved(
        "disk",
        amount,
        ",'disk':{'persistence':{'id':'%s'},'volume':{'container_path':'%s','mode':'RW'}}"
            .formatted(id, path));
  }

  static String op(String type, String id, String what) {
    return "{'type':'%s'%s,'%s':%s}"
        .formatted(
            type,
            id.isEmpty() ? "" : ",'id':{'value':'" + id + "'}",
            type.toLowerCase(Locale.ROOT),
            what);
  }

  static String reserve(String id, String... resources) {
    return op("RESERVE", id, "{'resources':[" + String.join(",", resources) + "]}");
  }

  static String unreserve(String id, String... resources) {
    return op("UNRESERVE", id, "{'resources':[" + String.join(",", resources) + "]}");
  }

  static String create(String id, String... volumes) {
    return op("CREATE", id, "{'volumes':[" + String.join(",", volumes) + "]}");
  }

  static String destroy(String id, String... volumes) {
    return op("DESTROY", id, "{'volumes':[" + String.join(",", volumes) + "]}");
  }

  static String launch(String task, String... resources) {
    return ("{'type':'LAUNCH','launch':{'task_infos':[{'name':'t','task_id':{'value':'%s'},"
            + "'agent_id':{'value':'m1-agent'},'resources':[%s],'command':{'value':'x'}}]}}")
        .formatted(task, String.join(",", resources));
  }

  FakeFramework framework() {
    FakeFramework framework = stage.framework(DB);
    framework.id = "db-1";
    stage.pass(1_000);
    return framework;
  }

  void accepts(FakeFramework framework, String... operations) {
    framework.accepted(
        ("{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'filters':{'refuse_seconds':0},"
                + "'operations':[%s]}}")
            .formatted(framework.lastOffer().getId().getValue(), String.join(",", operations)));
  }

  static List<OperationStatus> told(FakeFramework framework) {
    return framework.events().stream()
        .filter(Event::hasUpdateOperationStatus)
        .map(event -> event.getUpdateOperationStatus().getStatus())
        .toList();
  }

  static List<String> states(FakeFramework framework) {
    return told(framework).stream()
        .map(each -> each.getOperationId().getValue() + " " + each.getState().name().substring(10))
        .toList();
  }

  static Resources offered(FakeFramework framework) {
    return ResourceForm.read(framework.lastOffer().getResourcesList());
  }

  static Resources read(String... resources) {
    List<Resource> all = new ArrayList<>();
    for (String each : resources) {
      all.add(Stage.read(each, Resource.getDefaultInstance()));
    }
    return ResourceForm.read(all);
  }

  Resources total() {
    return ResourceForm.read(stage.core.picture().agents().getAgents(0).getTotalResourcesList());
  }

  OfferAgent written() {
    return ((Write.KeepAgent) stage.said.writes.getLast()).agent();
  }

  static List<AgentVolumes> volumes(FakeAgent agent) {
    return agent.heard().stream()
        .filter(SchedulerMessage::hasVolumes)
        .map(SchedulerMessage::getVolumes)
        .toList();
  }

  FakeAgent agent() {
    return stage.agent("m1", "cpus:4;mem:1024;disk:1000");
  }

  /** What a new leader reads, and the agents that come to it. */
  void nextLeader() {
    ReadOffersReply.Builder remembered = ReadOffersReply.newBuilder();
    for (Write each : stage.said.writes) {
      if (each instanceof Write.KeepFramework keep) {
        remembered.addFrameworks(keep.framework());
      } else if (each instanceof Write.KeepAgent keep) {
        remembered.clearAgents().addAgents(keep.agent());
      }
    }
    Stage next = new Stage(options -> options, remembered.build());
    next.now = stage.now;
    stage = next;
  }

  void acknowledges(FakeFramework framework, OperationStatus status) {
    framework.accepted(
        ("{'type':'ACKNOWLEDGE_OPERATION_STATUS','acknowledge_operation_status':{'agent_id':"
                + "{'value':'m1-agent'},'operation_id':{'value':'%s'},'uuid':'%s'}}")
            .formatted(
                status.getOperationId().getValue(),
                Base64.getEncoder().encodeToString(status.getUuid().getValue().toByteArray())));
  }

  Answer operate(String operation) {
    List<Answer> answers = new ArrayList<>();
    stage.core.operate(
        "m1-agent",
        Stage.read(operation, Offer.Operation.getDefaultInstance()),
        Optional.empty(),
        answers::add,
        stage.now);
    if (stage.writesAtOnce) {
      stage.written();
    }
    assertThat(answers).hasSizeLessThan(2);
    return answers.isEmpty() ? new Answer.Done() : answers.getFirst();
  }
}
