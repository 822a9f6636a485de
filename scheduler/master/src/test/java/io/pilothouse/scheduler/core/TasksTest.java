package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OperationState;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TasksTest {
  private static final String COMMAND = "'command':{'value':'true'}";
  private static final String EXECUTOR =
      "'executor':{'executor_id':{'value':'%s'},'command':{'value':'run'},'resources':[{'name':"
          + "'cpus','type':'SCALAR','scalar':{'value':%s}}]}";

  private final Stage stage = new Stage();
  private FakeAgent agent = stage.new FakeAgent("", "");
  private FakeFramework framework = stage.new FakeFramework(new Stage.Stream(""), "", "");

  @BeforeEach
  void offered() {
    agent = stage.agent("m1", "cpus:4;mem:1024;ports:[31000-31009]");
    framework =
        stage.framework("'failover_timeout':600,'capabilities':[{'type':'PARTITION_AWARE'}]");
    stage.pass(0);
  }

  /** Of all that is free now. */
  private double cpusOffered() {
    framework
        .offers()
        .forEach(
            offer ->
                framework.accepted(
                    "{'type':'DECLINE','decline':{'offer_ids':[{'value':'%s'}]}}"
                        .formatted(offer.getId().getValue())));
    framework.accepted("{'type':'REVIVE'}");
    stage.pass(1_000);
    return framework.lastOffer().getResources(0).getScalar().getValue();
  }

  @Test
  void aTaskGoesToItsAgentAndWhatIsLeftIsOfferedAgain() {
    framework.launch("t1", "cpus:1;mem:64");
    var launch = agent.heard().get(agent.heard().size() - 1).getLaunch();
    assertThat(launch.getFramework().getId().getValue()).isEqualTo(framework.id);
    assertThat(launch.getTasks(0).getTaskId().getValue()).isEqualTo("t1");
    assertThat(launch.getTasks(0).getResources(0).getAllocationInfo().getRole()).isEqualTo("*");
    assertThat(cpusOffered()).isEqualTo(3);
  }

  @Test
  void aStatusReachesTheFrameworkItsAcknowledgementTheAgentAndTheEndFreesTheTask() {
    framework.launch("t1", "cpus:1;mem:64");
    ByteString running = agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    assertThat(framework.lastStatus().getUuid()).isEqualTo(running);
    framework.acknowledge(agent, "t1", running);
    assertThat(agent.heard().get(agent.heard().size() - 1).getAcknowledge().getUuid())
        .isEqualTo(running);
    ByteString finished = agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    assertThat(cpusOffered()).as("free before it is acknowledged").isEqualTo(4);
    assertThat(stage.core.picture().tasks().getTasksCount()).isEqualTo(1);
    framework.acknowledge(agent, "t1", finished);
    assertThat(stage.core.picture().tasks().getTasksCount()).isZero();
    assertThat(stage.core.picture().tasks().getCompletedTasksCount()).isEqualTo(1);
  }

  @Test
  void anAcknowledgementOfAnotherStatusEndsNothing() {
    framework.launch("t1", "cpus:1;mem:64");
    agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    framework.acknowledge(agent, "t1", ByteString.copyFromUtf8("another uuid 16."));
    assertThat(stage.core.picture().tasks().getTasksCount()).isEqualTo(1);
  }

  @Test
  void aCustomExecutorHasItsResourcesOnceUntilItEnds() {
    framework.launch(framework.lastOffer(), "t1", "cpus:1", EXECUTOR.formatted("e", "0.5"));
    assertThat(cpusOffered()).isEqualTo(2.5);
    assertThat(framework.lastOffer().getExecutorIds(0).getValue()).isEqualTo("e");
    assertThat(agent.heard().getLast().getLaunch().getExecutorRuns()).isFalse();
    framework.launch(framework.lastOffer(), "t2", "cpus:1", EXECUTOR.formatted("e", "0.5"));
    assertThat(agent.heard().getLast().getLaunch().getExecutorRuns()).isTrue();
    assertThat(cpusOffered()).isEqualTo(1.5);
    AgentMessage.Builder ended = AgentMessage.newBuilder();
    ended.getExecutorEndedBuilder().setStatus(256).getExecutorIdBuilder().setValue("e");
    ended.getExecutorEndedBuilder().getFrameworkIdBuilder().setValue(framework.id);
    agent.say(ended);
    var failure = framework.last().getFailure();
    assertThat(failure.getExecutorId().getValue()).isEqualTo("e");
    assertThat(failure.getStatus()).isEqualTo(256);
    agent.tells(framework, "t1", TaskState.TASK_FAILED);
    agent.tells(framework, "t2", TaskState.TASK_FAILED);
    assertThat(cpusOffered()).isEqualTo(4);
  }

  @Test
  void aKillGoesToTheAgentAndOfAnUnknownTaskIsAnsweredAsItIs() {
    framework.launch("t1", "cpus:1;mem:64");
    framework.accepted(
        "{'type':'KILL','kill':{'task_id':{'value':'t1'},'agent_id':{'value':'another'}}}");
    assertThat(agent.heard()).noneMatch(each -> each.hasKill());
    framework.accepted(
        "{'type':'KILL','kill':{'task_id':{'value':'t1'},'kill_policy':{'grace_period':"
            + "{'nanoseconds':7}}}}");
    var kill = agent.heard().get(agent.heard().size() - 1).getKill();
    assertThat(kill.getTaskId().getValue()).isEqualTo("t1");
    assertThat(kill.getKillPolicy().getGracePeriod().getNanoseconds()).isEqualTo(7);
    framework.accepted("{'type':'KILL','kill':{'task_id':{'value':'t9'}}}");
    assertThat(framework.statuses()).as("its agent may be on its way").isEmpty();
    stage.pass(40_000);
    agent.pong();
    stage.pass(35_000);
    framework.accepted("{'type':'KILL','kill':{'task_id':{'value':'t9'}}}");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_UNKNOWN);
  }

  @Test
  void aKillWhileTheAgentIsAwayIsSaidWhenItIsBack() {
    framework.launch("t1", "cpus:1;mem:64");
    agent.detach();
    framework.accepted(
        "{'type':'KILL','kill':{'task_id':{'value':'t1'},'kill_policy':{'grace_period':"
            + "{'nanoseconds':7}}}}");
    agent.runs(framework, "t1", TaskState.TASK_RUNNING, "cpus:1;mem:64");
    agent.register();
    assertThat(agent.heardKinds().toString()).isEqualTo("[REGISTERED, KILL]");
    assertThat(agent.heard().getLast().getKill().getKillPolicy().getGracePeriod().getNanoseconds())
        .as("and with the grace that was asked for")
        .isEqualTo(7);
  }

  @Test
  void messagesAndShutdownsArePassedOn() {
    framework.accepted(
        "{'type':'MESSAGE','message':{'agent_id':{'value':'m1-agent'},'executor_id':{'value':'e'},"
            + "'data':'aGk='}}");
    assertThat(agent.heard().get(1).getMessage().getData().toStringUtf8()).isEqualTo("hi");
    framework.accepted(
        "{'type':'SHUTDOWN','shutdown':{'agent_id':{'value':'m1-agent'},'executor_id':"
            + "{'value':'e'}}}");
    assertThat(agent.heard().get(2).getShutdownExecutor().getExecutorId().getValue())
        .isEqualTo("e");
    AgentMessage.Builder back = AgentMessage.newBuilder();
    back.getMessageBuilder()
        .setData(ByteString.copyFromUtf8("ho"))
        .getExecutorIdBuilder()
        .setValue("e");
    back.getMessageBuilder().getFrameworkIdBuilder().setValue(framework.id);
    agent.say(back);
    assertThat(framework.last().getMessage().getData().toStringUtf8()).isEqualTo("ho");
    framework.accepted("{'type':'REQUEST','request':{'requests':[]}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "t/1 | cpus:1 | m1-agent | " + COMMAND + " | 't/1' contains invalid characters",
        "old | cpus:1 | m1-agent | " + COMMAND + " | Task has duplicate ID: old",
        "t1 | cpus:1 | m2-agent | "
            + COMMAND
            + " | Task uses invalid agent m2-agent while agent m1-agent is expected",
        "t1 | cpus:0 | m1-agent | " + COMMAND + " | Task uses no resources",
        "t1 | cpus:9 | m1-agent | "
            + COMMAND
            + " | Total resources cpus:9 required by task and its executor is more than available",
        "t1 | ports:[31009-31010] | m1-agent | "
            + COMMAND
            + " | Total resources ports:[31009-31010] required by task and its executor is more",
        "t1 | gpus:0.5 | m1-agent | "
            + COMMAND
            + " | Task uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must"
            + " be an unsigned integer",
        "t1 | cpus:1 | m1-agent | 'labels':{} | Task should have at least one (but not both) of"
            + " CommandInfo or ExecutorInfo present",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'kill_policy':{'grace_period':{'nanoseconds':-1}} | Task's"
            + " 'kill_policy.grace_period' must be non-negative",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'max_completion_time':{'nanoseconds':-1} | Task's `max_completion_time` must be",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'health_check':{} | Task uses invalid health check: HealthCheck must specify",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'health_check':{'type':'TCP','tcp':{'port':0}} | Task uses invalid health check: The"
            + " port 0 of TCP health check must be one of 1 to 65535",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'health_check':{'type':'HTTP','http':{'port':65536}} | Task uses invalid health check:"
            + " The port 65536 of HTTP health check must be one of",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'health_check':{'type':'TCP','tcp':{'port':1},'grace_period_seconds':-1} | Task uses"
            + " invalid health check: Expecting 'grace_period_seconds' to be non-negative",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'check':{'type':'HTTP','http':{'port':0}} | Task uses invalid check: The port 0 of HTTP"
            + " check must be one of",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'check':{'type':'TCP','tcp':{'port':80},'interval_seconds':-0.5} | Task uses invalid"
            + " check: Expecting 'interval_seconds' to be non-negative",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'limits':{'cpus':{'value':0.5}} | The cpu limit must be greater than or equal to",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'limits':{'disk':{'value':5}} | Only cpus and mem may be included in a task's",
        "t1 | cpus:1 | m1-agent | 'command':{'value':'x','environment':{'variables':[{'name':'K'}]"
            + "}} | Task's `CommandInfo` is invalid: Environment variable 'K' of type 'VALUE' must"
            + " have a value set",
        "t1 | cpus:1 | m1-agent | 'command':{'value':'a\\u0000'} | Task's `CommandInfo` is invalid:"
            + " 'value' contains a NUL character",
        "t1 | cpus:1 | m1-agent | 'command':{'value':'a','arguments':['b','c\\u0000']} | Task's"
            + " `CommandInfo` is invalid: One of 'arguments' contains a NUL character",
        "t1 | cpus:1 | m1-agent | 'command':{'value':'x','environment':{'variables':[{'name':'K',"
            + "'value':'\\u0000'}]}} | Task's `CommandInfo` is invalid: Environment variable 'K'"
            + " contains a NUL character",
        "t1 | cpus:1 | m1-agent | 'command':{'value':'x','environment':{'variables':[{'name':'K=',"
            + "'value':'v'}]}} | Task's `CommandInfo` is invalid: Environment variable 'K=' has a",
        "t1 | cpus:1 | m1-agent | "
            + COMMAND
            + ",'container':{'type':'DOCKER'} | Task's `ContainerInfo` is invalid: DockerInfo"
            + " 'docker' is not set for DOCKER typed ContainerInfo",
        "t1 | cpus:1 | m1-agent | 'executor':{'executor_id':{'value':'e'}} | 'ExecutorInfo.command'"
            + " must be set",
        "t1 | cpus:1 | m1-agent | 'executor':{'executor_id':{'value':'e'},'type':'DEFAULT'} |"
            + " 'ExecutorInfo.type' must be 'CUSTOM'",
        "t1 | cpus:1 | m1-agent | 'executor':{'executor_id':{'value':'e'},'command':{},"
            + "'framework_id':{'value':'f9'}} | ExecutorInfo has an invalid FrameworkID (Actual: f9"
            + " vs Expected: m-0000)",
        "t1 | cpus:1 | m1-agent | 'executor':{'executor_id':{'value':'e'},'command':{},"
            + "'shutdown_grace_period':{'nanoseconds':-1}} | ExecutorInfo's",
      })
  void whatIsWrongWithATaskIsToldAsItsError(
      String task, String resources, String on, String what, String message) {
    framework.launch("old", "cpus:0.5");
    cpusOffered();
    Offer offer = framework.lastOffer();
    framework.accepted(
        "{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'operations':[%s]}}"
            .formatted(offer.getId().getValue(), Stage.launchOperation(on, task, resources, what)));
    TaskStatus status = framework.lastStatus();
    assertThat(status.getState()).isEqualTo(TaskState.TASK_ERROR);
    assertThat(status.getReason()).isEqualTo(Reason.REASON_TASK_INVALID);
    assertThat(status.getSource()).isEqualTo(TaskStatus.Source.SOURCE_MASTER);
    assertThat(status.getMessage()).startsWith(message);
    assertThat(status.hasUuid()).isFalse();
    assertThat(cpusOffered()).as("nothing of it is used").isEqualTo(3.5);
  }

  @Test
  void anExecutorOfTheSameIdMustBeTheSame() {
    framework.launch(framework.lastOffer(), "t1", "cpus:1", EXECUTOR.formatted("e", "0.5"));
    cpusOffered();
    framework.launch(framework.lastOffer(), "t2", "cpus:1", EXECUTOR.formatted("e", "0.25"));
    assertThat(framework.lastStatus().getMessage())
        .startsWith("ExecutorInfo is not compatible with existing ExecutorInfo with same");
  }

  @Test
  void offersThatAreNotGoodLoseTheirTasksAndOperationsAndTheGoodOnesAmongThem() {
    Offer offer = framework.lastOffer();
    String accept =
        "{'type':'ACCEPT','accept':{'offer_ids':[%s],'operations':[%s,{'type':'RESERVE','id':"
            + "{'value':'op1'},'reserve':{}}]}}";
    String good = "{'value':'" + offer.getId().getValue() + "'}";
    String launch = Stage.launchOperation(agent.id, "t1", "cpus:1", COMMAND);
    framework.accepted(accept.formatted(good + ",{'value':'O-none'}", launch));
    TaskStatus status = framework.lastStatus();
    assertThat(status.getState()).isEqualTo(TaskState.TASK_DROPPED);
    assertThat(status.getReason()).isEqualTo(Reason.REASON_INVALID_OFFERS);
    assertThat(status.getMessage())
        .isEqualTo("Task launched with invalid offers: Offer O-none is no longer valid");
    var operation = framework.last().getUpdateOperationStatus().getStatus();
    assertThat(operation.getState()).isEqualTo(OperationState.OPERATION_ERROR);
    assertThat(operation.getOperationId().getValue()).isEqualTo("op1");
    framework.accepted(accept.formatted(good, launch));
    assertThat(framework.lastStatus().getMessage())
        .isEqualTo(
            "Task launched with invalid offers: Offer %s is no longer valid"
                .formatted(offer.getId().getValue()));
    assertThat(cpusOffered()).isEqualTo(4);
    good = "{'value':'" + framework.lastOffer().getId().getValue() + "'}";
    framework.accepted(accept.formatted(good + "," + good, launch));
    assertThat(framework.lastStatus().getMessage()).contains("Duplicate offer");
  }

  @Test
  void offersOfTwoMachinesAreNotAcceptedTogether() {
    stage.agent("m2", "cpus:2;mem:512");
    stage.pass(1_000);
    String ids =
        "{'value':'%s'},{'value':'%s'}"
            .formatted(
                framework.offers().get(0).getId().getValue(),
                framework.offers().get(1).getId().getValue());
    framework.accepted(
        "{'type':'ACCEPT','accept':{'offer_ids':[%s],'operations':[%s]}}"
            .formatted(ids, Stage.launchOperation(agent.id, "t1", "cpus:1", COMMAND)));
    assertThat(framework.lastStatus().getMessage())
        .contains("Aggregated offers must belong to one single agent. Offer ");
  }

  @Test
  void anotherFrameworksOfferIsNotAcceptedAndStaysItsOwn() {
    FakeFramework thief = stage.framework();
    thief.launch(framework.lastOffer(), "t1", "cpus:1", COMMAND);
    assertThat(thief.lastStatus().getState()).isEqualTo(TaskState.TASK_LOST);
    assertThat(thief.lastStatus().getMessage()).contains("has invalid framework m-0000");
    framework.launch("t1", "cpus:1");
    assertThat(agent.heard()).anyMatch(each -> each.hasLaunch());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'name':'cpus','type':'SET','set':{'item':['a']}} | more than available
          {'name':'ports','type':'SCALAR','scalar':{'value':1}} | more than available
          {'name':'cpus','type':'SCALAR','scalar':{'value':1}},{'name':'cpus','type':'SET','set':{'item':['a']}} | Resource cpus is of type SCALAR and of type SET
          """)
  void aNameOfAnotherTypeIsNoFaultOfTheCore(String resources, String text) {
    framework.accepted(
        ("{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'operations':[{'type':'LAUNCH',"
                + "'launch':{'task_infos':[{'name':'t','task_id':{'value':'t1'},'agent_id':"
                + "{'value':'%s'},'resources':[%s],%s}]}}]}}")
            .formatted(framework.lastOffer().getId().getValue(), agent.id, resources, COMMAND));
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_ERROR);
    assertThat(framework.lastStatus().getMessage()).contains(text);
    assertThat(cpusOffered()).isEqualTo(4);
  }

  @Test
  void operationsThatAreNotServedAreToldToThoseWhoGaveThemAnId() {
    framework.accepted(
        ("{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'operations':[{'type':"
                + "'CREATE_DISK','id':{'value':'op1'},'create_disk':{'source':{'name':'disk','type':"
                + "'SCALAR','scalar':{'value':1}},'target_type':'MOUNT'}},{'type':'DESTROY_DISK'}]}}")
            .formatted(framework.lastOffer().getId().getValue()));
    assertThat(framework.last().getUpdateOperationStatus().getStatus().getMessage())
        .isEqualTo("'source' is not managed by a resource provider");
    assertThat(cpusOffered()).isEqualTo(4);
  }

  @Test
  void anIdOnALaunchIsAnError() {
    framework.accepted(
        "{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'operations':[%s]}}"
            .formatted(
                framework.lastOffer().getId().getValue(),
                Stage.launchOperation(agent.id, "t1", "cpus:1", COMMAND)
                    .replace("'type':'LAUNCH'", "'type':'LAUNCH','id':{'value':'x'}")));
    assertThat(framework.lastStatus().getMessage())
        .isEqualTo("The `id` field cannot be set on LAUNCH operations");
  }

  @Test
  void aGroupIsLaunchedTogetherOrNotAtAll() {
    String executor =
        "{'type':'DEFAULT','executor_id':{'value':'g'},'resources':[%s]}"
            .formatted(
                "{'name':'cpus','type':'SCALAR','scalar':{'value':0.1}},{'name':'mem','type':"
                    + "'SCALAR','scalar':{'value':32}},{'name':'disk','type':'SCALAR','scalar':"
                    + "{'value':1}}");
    stage.machine("m1", "cpus:4;mem:1024;disk:100", true);
    cpusOffered();
    String group =
        "{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'operations':[{'type':"
            + "'LAUNCH_GROUP','launch_group':{'executor':%s,'task_group':{'tasks':[%s,%s]}}}]}}";
    String first = Stage.taskInfo(agent.id, "t1", "cpus:1", COMMAND);
    framework.accepted(
        group.formatted(
            framework.lastOffer().getId().getValue(),
            executor,
            first,
            Stage.taskInfo(agent.id, "t2", "cpus:8", COMMAND)));
    assertThat(framework.statuses())
        .extracting(TaskStatus::getReason)
        .containsExactly(Reason.REASON_TASK_GROUP_INVALID, Reason.REASON_TASK_GROUP_INVALID);
    assertThat(cpusOffered()).isEqualTo(4);
    framework.accepted(
        group.formatted(
            framework.lastOffer().getId().getValue(),
            executor,
            first,
            Stage.taskInfo(agent.id, "t2", "cpus:2", COMMAND)));
    var launch = agent.heard().get(agent.heard().size() - 1).getLaunch();
    assertThat(launch.getTasksCount()).isEqualTo(2);
    assertThat(launch.getGroupExecutor().getExecutorId().getValue()).isEqualTo("g");
    assertThat(cpusOffered()).isEqualTo(0.9);
  }

  @Test
  void reconciliationSaysWhatTasksAreAndWithoutAnyOfAll() {
    framework.launch("t1", "cpus:1");
    agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    for (String asked : List.of("{'tasks':[{'task_id':{'value':'t1'}}]}", "{}")) {
      int before = framework.statuses().size();
      framework.accepted("{'type':'RECONCILE','reconcile':" + asked + "}");
      assertThat(framework.statuses()).hasSize(before + 1);
      assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_RUNNING);
      assertThat(framework.lastStatus().getMessage())
          .isEqualTo("Reconciliation: Latest task state");
      assertThat(framework.lastStatus().hasUuid()).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "m1-agent, TASK_GONE, Reconciliation: Task is unknown to the agent",
    "m2-agent, TASK_UNREACHABLE, Reconciliation: Task is unreachable",
    "nobody, TASK_UNKNOWN, Reconciliation: Task is unknown",
    ", TASK_UNKNOWN, Reconciliation: Task is unknown",
  })
  void reconciliationSaysWhatIsKnownOfATaskThatIsNot(String on, TaskState state, String message) {
    FakeAgent silent = stage.agent("m2", "cpus:4");
    stage.pass(40_000);
    agent.pong();
    stage.pass(40_000);
    assertThat(stage.said.endedAgents).containsKey(silent.link);
    FakeFramework unaware = stage.framework();
    for (FakeFramework each : List.of(framework, unaware)) {
      each.accepted(
          "{'type':'RECONCILE','reconcile':{'tasks':[{'task_id':{'value':'t9'}%s}]}}"
              .formatted(on == null ? "" : ",'agent_id':{'value':'" + on + "'}"));
      TaskStatus status = each.lastStatus();
      assertThat(status.getState()).isEqualTo(each == unaware ? TaskState.TASK_LOST : state);
      assertThat(status.getMessage()).isEqualTo(message);
      assertThat(status.getReason()).isEqualTo(Reason.REASON_RECONCILIATION);
      assertThat(status.hasUuid()).isFalse();
      assertThat(status.hasUnreachableTime()).isEqualTo("m2-agent".equals(on));
    }
  }

  @Test
  void aTaskOfMoreThanAMebibyteIsAnError() {
    String long1 = "x".repeat(1 << 20);
    framework.launch(framework.lastOffer(), "t1", "cpus:1", "'command':{'value':'" + long1 + "'}");
    assertThat(framework.lastStatus().getState()).isEqualTo(TaskState.TASK_ERROR);
    assertThat(framework.lastStatus().getMessage())
        .startsWith("Task is described by ")
        .endsWith(" bytes, more than the 1048576 that are allowed");
    assertThat(cpusOffered()).isEqualTo(4);
  }

  @Test
  void anExecutorThatItsAgentNeverStartedGoesWithItsLastTask() {
    framework.launch(framework.lastOffer(), "t1", "cpus:1", EXECUTOR.formatted("e", "0.5"));
    cpusOffered();
    framework.launch(framework.lastOffer(), "t2", "cpus:1", EXECUTOR.formatted("e", "0.5"));
    agent.tells(framework, "t1", TaskState.TASK_FAILED);
    assertThat(cpusOffered()).as("the other may yet start it").isEqualTo(2.5);
    agent.tells(framework, "t2", TaskState.TASK_FAILED);
    assertThat(cpusOffered()).isEqualTo(4);
  }

  @Test
  void anExecutorThatHasRunATaskStaysUntilItEnds() {
    framework.launch(framework.lastOffer(), "t1", "cpus:1", EXECUTOR.formatted("e", "0.5"));
    agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    assertThat(cpusOffered()).isEqualTo(3.5);
  }
}
