package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.ExplainFrameworkReply;
import io.pilothouse.api.v1.ExplainFrameworkRequest;
import io.pilothouse.api.v1.FrameworkView;
import io.pilothouse.api.v1.ListFrameworksRequest;
import io.pilothouse.api.v1.ListRolesRequest;
import io.pilothouse.api.v1.ListTasksRequest;
import io.pilothouse.api.v1.RoleExplanation;
import io.pilothouse.api.v1.RoleView;
import io.pilothouse.api.v1.TaskView;
import io.pilothouse.api.v1.WithheldAgents;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import io.pilothouse.scheduler.core.UnansweredException.Why;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What people see of frameworks, roles and tasks, and why a framework is offered nothing. */
class QuestionsTest {
  private static final String ROLES =
      "'failover_timeout':60,'roles':['ads/prod','web'],'capabilities':[{'type':'MULTI_ROLE'},"
          + "{'type':'RESERVATION_REFINEMENT'}]";
  private static final String WAITS = "'failover_timeout':60";

  private final Stage stage = new Stage();

  private Questions questions() {
    return stage.core.questions(stage.now);
  }

  private List<FrameworkView> frameworks(boolean ended) {
    return questions()
        .frameworks(ListFrameworksRequest.newBuilder().setEnded(ended).build())
        .getFrameworksList();
  }

  private FrameworkView framework(String idOrName) {
    return questions()
        .frameworks(ListFrameworksRequest.newBuilder().setFramework(idOrName).build())
        .getFrameworks(0);
  }

  private List<RoleView> roles() {
    return questions().roles(ListRolesRequest.getDefaultInstance()).getRolesList();
  }

  private List<TaskView> tasks(String framework, boolean ended) {
    return questions()
        .tasks(ListTasksRequest.newBuilder().setFramework(framework).setEnded(ended).build())
        .getTasksList();
  }

  private ExplainFrameworkReply why(String framework, String role) {
    return questions()
        .explain(
            ExplainFrameworkRequest.newBuilder().setFramework(framework).setRole(role).build());
  }

  private static void unanswered(ThrowingCallable question, Why why, String... words) {
    assertThatThrownBy(question)
        .isInstanceOfSatisfying(UnansweredException.class, e -> assertThat(e.why()).isEqualTo(why))
        .message()
        .contains(words);
  }

  @Test
  void aFrameworkIsShownWithWhatItHasAndWhatItIsOffered() {
    stage.agent("m1", "cpus:4;mem:1024");
    stage.agent("m2", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework(WAITS);
    stage.pass(0);
    framework.launch(framework.offers().get(0), "t1", "cpus:1;mem:32", "'command':{'value':'x'}");
    FrameworkView view = frameworks(false).get(0);
    assertThat(view.getId()).isEqualTo(framework.id);
    assertThat(view.getName()).isEqualTo("n");
    assertThat(view.getUser()).isEqualTo("u");
    assertThat(view.getRolesList()).containsExactly("*");
    assertThat(view.getState()).isEqualTo("ACTIVE");
    assertThat(view.getSince()).isEqualTo(1_000_000);
    assertThat(view.getTasks()).isEqualTo(1);
    assertThat(view.getOffers()).isEqualTo(1);
    assertThat(view.getUsed(0).getScalar().getValue()).isEqualTo(1);
    assertThat(view.getOffered(0).getScalar().getValue()).isEqualTo(4);
    assertThat(view.getRemovedBy()).isZero();
  }

  @Test
  void oneThatIsAwaySaysUntilWhenAndOneThatEndedIsShownWhenAskedFor() {
    FakeFramework away = stage.framework(WAITS);
    FakeFramework over = stage.framework();
    stage.core.streamEnded(away.stream.id(), stage.now);
    over.accepted("{'type':'TEARDOWN'}");
    assertThat(frameworks(false)).hasSize(1);
    FrameworkView view = frameworks(false).get(0);
    assertThat(view.getState()).isEqualTo("DISCONNECTED");
    assertThat(view.getRemovedBy()).isEqualTo(stage.now + 60_000);
    FrameworkView ended = frameworks(true).get(1);
    assertThat(ended.getState()).isEqualTo("ENDED");
    assertThat(ended.getEndedAt()).isEqualTo(stage.now);
    assertThat(ended.getRemovedBy()).isZero();
    assertThat(why(over.id, "").getRolesCount()).isZero();
    unanswered(() -> questions().running(over.id), Why.REFUSED, over.id, "has ended already");
  }

  @Test
  void whatFrameworksCallThingsMovesNoTerminalsCursor() {
    FakeFramework loud = stage.framework(WAITS + ",'principal':'a\\u001b[2J\\nb'");
    assertThat(framework(loud.id).getPrincipal()).isEqualTo("a?[2J?b");
  }

  @Test
  void aFrameworkIsNamedByItsIdOrByANameThatOneAloneHas() {
    FakeFramework first = stage.framework(WAITS);
    assertThat(framework("n").getId()).isEqualTo(first.id);
    assertThat(framework(first.id).getId()).isEqualTo(first.id);
    FakeFramework second = stage.framework(WAITS);
    unanswered(
        () -> framework("n"), Why.NOT_CLEAR, "2 frameworks", first.id, second.id, "by its id");
    unanswered(() -> framework("m-0009"), Why.NOT_FOUND, "'m-0009'", "did you mean 'm-000", "'n'");
    unanswered(() -> questions().running(""), Why.NOT_CLEAR, "say its id, or its name");
  }

  @Test
  void whatRolesHaveCountsForThoseAboveThem() {
    stage.agent("m1", "cpus:4;mem:1000");
    FakeFramework framework = stage.framework(ROLES);
    stage.pass(0);
    String role = framework.lastOffer().getAllocationInfo().getRole();
    String other = role.equals("web") ? "ads/prod" : "web";
    assertThat(roles()).extracting(RoleView::getName).containsExactly("ads", "ads/prod", "web");
    RoleView has =
        questions().roles(ListRolesRequest.newBuilder().setRole(role).build()).getRoles(0);
    assertThat(has.getShare()).isEqualTo(1);
    assertThat(has.getDominant()).isEqualTo("cpus");
    assertThat(has.getWeight()).isEqualTo(1);
    assertThat(has.getFrameworksList()).containsExactly(framework.id);
    RoleView hasNot =
        questions().roles(ListRolesRequest.newBuilder().setRole(other).build()).getRoles(0);
    assertThat(hasNot.getShare()).isZero();
    assertThat(hasNot.getDominant()).isEmpty();
    RoleView above = roles().get(0);
    assertThat(above.getShare()).isEqualTo(role.equals("ads/prod") ? 1 : 0);
    assertThat(above.getFrameworksCount()).as("nobody is in it itself").isZero();
    unanswered(
        () -> questions().roles(ListRolesRequest.newBuilder().setRole("wep").build()),
        Why.NOT_FOUND,
        "'wep'",
        "did you mean 'web'?");
  }

  @Test
  void eachMachineIsCountedByTheRuleThatWithholdsItAndWhatOneCanDo() {
    stage.agent("m1", "cpus:4;mem:1024");
    stage.agent("m2", "cpus:4;mem:1024");
    stage.agent("m3", "cpus:4;mem:1024");
    stage.machine("m2", "cpus:4;mem:1024", false);
    FakeFramework framework = stage.framework();
    stage.pass(0);
    framework.launch(framework.offers().get(0), "t", "cpus:4;mem:1024", "'command':{'value':'x'}");
    RoleExplanation why = why(framework.id, "").getRoles(0);
    assertThat(why.getRole().getName()).isEqualTo("*");
    assertThat(why.getRoleRank()).isEqualTo(1);
    assertThat(why.getRank()).isEqualTo(1);
    assertThat(why.getOffersEver()).isEqualTo(2);
    assertThat(why.getSuppressed()).isFalse();
    assertThat(why.getWithheldList())
        .extracting(WithheldAgents::getRule)
        .containsExactlyInAnyOrder("NOTHING_FREE", "NOT_OFFERABLE");
    assertThat(why.getWithheld(0).getRule()).as("most machines first").isEqualTo("NOTHING_FREE");
    assertThat(why.getWithheld(0).getAgents()).isEqualTo(2);
    assertThat(why.getWithheld(0).getRemedy()).contains("`offers:`");
    WithheldAgents fleet = why.getWithheld(1);
    assertThat(fleet.getReasonsList()).containsExactly("1: it is repaired");
    assertThat(fleet.getText()).isEqualTo("the fleet keeps them back");
  }

  @Test
  void aRoleOfTheFrameworkIsExplainedAloneAndAnotherIsNot() {
    stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework(ROLES);
    framework.accepted("{'type':'SUPPRESS','suppress':{'roles':['web']}}");
    assertThat(why(framework.id, "").getRolesList())
        .extracting(each -> each.getRole().getName())
        .containsExactly("ads/prod", "web");
    RoleExplanation web = why(framework.id, "web").getRoles(0);
    assertThat(web.getSuppressed()).isTrue();
    assertThat(web.getWithheld(0).getRule()).isEqualTo("SUPPRESSED");
    assertThat(web.getWithheld(0).getRemedy()).contains("REVIVE");
    unanswered(
        () -> why(framework.id, "wed"), Why.NOT_FOUND, "'wed'", "did you mean 'web'?", "ads/prod");
  }

  @Test
  void ofVeryManyRolesTheFirstAreExplainedAndTheRestCounted() {
    String names =
        IntStream.range(0, 40).mapToObj("'r%02d'"::formatted).collect(Collectors.joining(","));
    FakeFramework framework =
        stage.framework("'roles':[" + names + "],'capabilities':[{'type':'MULTI_ROLE'}]");
    ExplainFrameworkReply why = why(framework.id, "");
    assertThat(why.getRolesCount()).isEqualTo(16);
    assertThat(why.getLeftOut()).isEqualTo(24);
    assertThat(why(framework.id, "r39").getRolesCount()).isEqualTo(1);
  }

  @Test
  void tasksAreListedOfOneFrameworkOrOfAll() {
    FakeAgent agent = stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework(WAITS);
    FakeFramework other = stage.framework(WAITS);
    stage.pass(0);
    framework.launch("t1", "cpus:1;mem:32");
    TaskView task = tasks("", false).get(0);
    assertThat(task.getId()).isEqualTo("t1");
    assertThat(task.getFramework()).isEqualTo(framework.id);
    assertThat(task.getMachine()).isEqualTo("m1");
    assertThat(task.getAgentId()).isEqualTo(agent.id);
    assertThat(task.getState()).isEqualTo("TASK_STAGING");
    assertThat(task.getLaunchedAt()).isEqualTo(stage.now);
    assertThat(task.getRole()).isEqualTo("*");
    assertThat(tasks(other.id, false)).isEmpty();
    ByteString uuid = agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    assertThat(tasks(framework.id, false))
        .as("until its end is acknowledged")
        .extracting(TaskView::getState)
        .containsExactly("TASK_FINISHED");
    framework.acknowledge(agent, "t1", uuid);
    assertThat(tasks("", false)).isEmpty();
    assertThat(tasks("", true)).hasSize(1);
    unanswered(() -> tasks("none", false), Why.NOT_FOUND, "'none'");
  }

  @Test
  void whatDoesNotFitIntoAnAnswerIsCounted() {
    List<Integer> all = IntStream.range(0, 40_000).boxed().toList();
    List<TaskView> views = new ArrayList<>();
    String long300 = "x".repeat(300);
    int left = Bounded.fill(all, i -> TaskView.newBuilder().setId(long300 + i).build(), views::add);
    assertThat(left).isPositive();
    assertThat(views).hasSize(40_000 - left);
    assertThat(views.stream().mapToLong(TaskView::getSerializedSize).sum())
        .isBetween(2L << 20, 3L << 20);
    assertThat(Bounded.text("x".repeat(10_000))).hasSize(513);
  }
}
