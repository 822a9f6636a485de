package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.AttributeConstraint;
import io.pilothouse.mesos.v1.scheduler.AttributeConstraint.Predicate;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.mesos.v1.scheduler.OfferConstraints.RoleConstraints;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FrameworksTest {
  private static final String TEARDOWN = "{'type':'TEARDOWN'}";

  private final Stage stage = new Stage();

  @Test
  void aNewOneGetsAnIdAndASignOfLifeAtOnceAndEvery15Seconds() {
    FakeFramework framework = stage.framework();
    assertThat(framework.kinds()).containsExactly(Event.Type.SUBSCRIBED, Event.Type.HEARTBEAT);
    Event.Subscribed subscribed = framework.events().get(0).getSubscribed();
    assertThat(subscribed.getFrameworkId().getValue()).isEqualTo("m-0000");
    assertThat(subscribed.getHeartbeatIntervalSeconds()).isEqualTo(15);
    assertThat(subscribed.getMasterInfo().getHostname()).isEqualTo("here");
    stage.pass(14_999);
    assertThat(framework.kinds()).hasSize(2);
    stage.pass(1);
    assertThat(framework.kinds())
        .containsExactly(Event.Type.SUBSCRIBED, Event.Type.HEARTBEAT, Event.Type.HEARTBEAT);
  }

  @Test
  void oneMayBringItsOwnId() {
    FakeFramework framework = stage.framework("'id':{'value':'mine'},'failover_timeout':9");
    assertThat(framework.id).isEqualTo("mine");
  }

  @Test
  void theNewStreamOfOneThatIsConnectedEndsTheOldOne() {
    stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework old = stage.framework("'failover_timeout':100");
    stage.pass(0);
    assertThat(old.offers()).hasSize(1);
    FakeFramework again = old.again();
    assertThat(old.last().getError().getMessage()).isEqualTo("Framework failed over");
    assertThat(old.ended()).isTrue();
    assertThat(again.id).isEqualTo(old.id);
    stage.streamEnds(old); // the edge tells that, too
    stage.pass(1000);
    assertThat(again.offers()).as("what the old one had").hasSize(1);
    assertThat(old.call("{'type':'REVIVE'}"))
        .isEqualTo(
            new Answer.Refused(
                400,
                "The stream ID '%s' included in this request didn't match the stream ID currently"
                        .formatted(old.stream.id())
                    + " associated with framework ID m-0000"));
  }

  @Test
  void withoutAFailoverTimeoutItEndsWithItsStream() {
    FakeAgent agent = stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework();
    stage.pass(0);
    framework.launch("t1", "cpus:1");
    stage.streamEnds(framework);
    assertThat(
            agent
                .heard()
                .get(agent.heard().size() - 1)
                .getShutdownFramework()
                .getFrameworkId()
                .getValue())
        .isEqualTo(framework.id);
    assertThat(framework.call("{'type':'REVIVE'}"))
        .isEqualTo(new Answer.Refused(400, "Framework cannot be found"));
    assertThat(framework.again().last().getError().getMessage())
        .isEqualTo("Framework has been removed");
  }

  @Test
  void withinItsFailoverTimeoutItsTasksRunOnAndItLearnsWhatItMissed() {
    FakeAgent agent = stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework("'failover_timeout':60");
    stage.pass(0);
    framework.launch("t1", "cpus:1");
    stage.streamEnds(framework);
    assertThat(framework.call("{'type':'REVIVE'}"))
        .isEqualTo(new Answer.Refused(403, "Framework is not subscribed"));
    agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    stage.pass(59_000);
    FakeFramework again = framework.again();
    assertThat(again.kinds())
        .startsWith(Event.Type.SUBSCRIBED, Event.Type.HEARTBEAT, Event.Type.UPDATE);
    assertThat(again.lastStatus().getState()).isEqualTo(TaskState.TASK_RUNNING);
    stage.pass(600_000);
    assertThat(again.ended()).isFalse();
  }

  @Test
  void afterItsFailoverTimeoutItIsRemoved() {
    FakeFramework framework = stage.framework("'failover_timeout':60");
    stage.streamEnds(framework);
    stage.pass(60_000);
    assertThat(framework.again().last().getError().getMessage())
        .isEqualTo("Framework has been removed");
  }

  @Test
  void tearDownEndsItsTasksItsOffersAndItsStream() {
    FakeAgent agent = stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework();
    stage.pass(0);
    framework.launch("t1", "cpus:1");
    framework.accepted(TEARDOWN);
    assertThat(framework.ended()).isTrue();
    assertThat(agent.heard()).anyMatch(each -> each.hasShutdownFramework());
    assertThat(stage.core.picture().tasks().getCompletedTasksList())
        .singleElement()
        .satisfies(task -> assertThat(task.getState()).isEqualTo(TaskState.TASK_KILLED));
    FakeFramework other = stage.framework();
    stage.pass(1000);
    assertThat(other.offers()).as("all but what its task has until it has ended").hasSize(1);
    assertThat(other.lastOffer().getResources(0).getScalar().getValue()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'role':'/test/test1' | 'FrameworkInfo.role' is not a valid role: Role '/test/test1'"
            + " cannot start with a slash",
        "'role':'' | 'FrameworkInfo.role' is not a valid role: Role names cannot be the empty"
            + " string",
        "'role':'a b' | 'FrameworkInfo.role' is not a valid role: Role component 'a b' is invalid"
            + " because it contains backspace or whitespace",
        "'role':'a/-b' | 'FrameworkInfo.role' is not a valid role: Role component '-b' is invalid"
            + " because it starts with a dash",
        "'role':'a/../b' | 'FrameworkInfo.role' is not a valid role: Role 'a/../b' cannot include"
            + " '..' as a component",
        "'roles':['a'] | 'FrameworkInfo.roles' must not be set when the framework is not"
            + " MULTI_ROLE capable",
        "'roles':['a','b','a'],'capabilities':[{'type':'MULTI_ROLE'}] |"
            + " 'FrameworkInfo.roles' contains duplicate items: { a }",
        "'role':'a','capabilities':[{'type':'MULTI_ROLE'}] | 'FrameworkInfo.role' must not be set"
            + " when the framework is MULTI_ROLE capable",
        "'failover_timeout':1e300 | The framework failover_timeout (1.0E300) is invalid",
        "'role':'other' | Roles { other } are not present in the master's --roles",
        "'offer_filters':{'*':{'min_allocatable_resources':{'quantities':[{}]}}} |"
            + " Resource quantities must contain at least one quantity",
        "'offer_filters':{'*':{'min_allocatable_resources':{'quantities':[{'quantities':{'cpus':"
            + "{'value':-1}}}]}}} | Invalid resource quantity for 'cpus': Negative values not"
            + " supported",
      })
  void whatItSaysOfItselfWronglyIsToldOnItsStreamWhichEnds(String info, String error) {
    Stage strict = new Stage(options -> options.roles(Set.of("a", "b")));
    FakeFramework framework = strict.framework(info);
    assertThat(framework.kinds()).containsExactly(Event.Type.ERROR);
    assertThat(framework.last().getError().getMessage()).isEqualTo(error);
    assertThat(framework.ended()).isTrue();
  }

  @Test
  void rootMayBeRefused() {
    Stage strict = new Stage(options -> options.root(false));
    strict.core.subscribe(
        "s",
        Stage.read(
            "{'type':'SUBSCRIBE','subscribe':{'framework_info':{'user':'root','name':'n'}}}",
            io.pilothouse.mesos.v1.scheduler.Call.getDefaultInstance()),
        Optional.empty(),
        strict.now);
    assertThat(strict.said.events.get("s").get(0).getError().getMessage())
        .isEqualTo("User 'root' is not allowed to run frameworks without --root_submissions set");
  }

  @Test
  void userAndCheckpointStayAsTheyWereWhenItComesBackAndItsNameDoesNot() {
    FakeFramework framework = stage.framework("'failover_timeout':60,'checkpoint':true");
    stage.core.subscribe(
        "again",
        Stage.read(
            ("{'framework_id':{'value':'%s'},'type':'SUBSCRIBE','subscribe':{'framework_info':"
                    + "{'id':{'value':'%s'},'user':'other','name':'new'}}}")
                .formatted(framework.id, framework.id),
            io.pilothouse.mesos.v1.scheduler.Call.getDefaultInstance()),
        Optional.empty(),
        stage.now);
    var info = stage.core.picture().frameworks().getFrameworks(0).getFrameworkInfo();
    assertThat(info.getUser()).isEqualTo("u");
    assertThat(info.getCheckpoint()).isTrue();
    assertThat(info.getName()).isEqualTo("new");
  }

  @Test
  void anUpdateChangesItsRolesAndOffersInOthersAreRescinded() {
    stage.agent("m1", "cpus:4;mem:1024");
    String several = "'capabilities':[{'type':'MULTI_ROLE'}],'user':'u','name':'n'";
    FakeFramework framework =
        stage.framework("'roles':['a'],'capabilities':[{'type':'MULTI_ROLE'}]");
    stage.pass(0);
    assertThat(framework.lastOffer().getAllocationInfo().getRole()).isEqualTo("a");
    String update =
        "{'type':'UPDATE_FRAMEWORK','update_framework':{'framework_info':{'id':{'value':'%s'},%s}}}";
    assertThat(framework.call(update.formatted(framework.id, "'roles':['b']," + several)))
        .isEqualTo(new Answer.Done());
    assertThat(framework.kinds()).contains(Event.Type.RESCIND);
    stage.pass(1000);
    assertThat(framework.lastOffer().getAllocationInfo().getRole()).isEqualTo("b");
    assertThat(
            framework.call(
                update.formatted(
                    framework.id, "'roles':['b']," + several.replace("'u'", "'other'"))))
        .isEqualTo(
            new Answer.Refused(
                400,
                "Updating 'FrameworkInfo.user' is unsupported; attempted to update from 'u' to"
                    + " 'other'"));
  }

  @Test
  void onlyTheNewestThatAreOverAreKept() {
    Stage small = new Stage(options -> options.bounds(10_000, 10, 2, 2));
    for (int i = 0; i < 4; i++) {
      small.framework("'id':{'value':'f" + i + "'}").accepted(TEARDOWN);
    }
    assertThat(small.core.picture().frameworks().getCompletedFrameworksList())
        .extracting(each -> each.getFrameworkInfo().getId().getValue())
        .containsExactly("f2", "f3");
  }

  @Test
  void afterAChangeOfLeadersThoseOfRunningTasksAreKnownAndHaveTimeToComeBack() {
    Stage later = new Stage(options -> options.reregister(Duration.ofMinutes(10)));
    FakeFramework lost = later.new FakeFramework(new Stage.Stream("none"), "", "f-old");
    later.machine("m1", "cpus:4;mem:1024", true);
    FakeAgent agent = later.new FakeAgent("m1", "a1");
    agent.runs(lost, "t1", TaskState.TASK_RUNNING, "cpus:1");
    var register = io.pilothouse.api.v1.AgentRegister.newBuilder();
    register.addFrameworksBuilder().setUser("u").setName("n").getIdBuilder().setValue("f-old");
    agent.register(register);
    assertThat(later.core.picture().frameworks().getFrameworks(0).getRecovered()).isTrue();
    later.pass(60_000);
    agent.pong();
    FakeFramework back = lost.again();
    assertThat(back.kinds()).startsWith(Event.Type.SUBSCRIBED);
    back.accepted("{'type':'RECONCILE','reconcile':{}}");
    assertThat(back.lastStatus().getState()).isEqualTo(TaskState.TASK_RUNNING);
    later.pass(1000);
    assertThat(back.lastOffer().getResourcesList().get(0).getScalar().getValue()).isEqualTo(3);
  }

  @Test
  void rolesThatItIsNotInAreIgnoredInItsCallsAndEndNothing() {
    stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework();
    framework.accepted("{'type':'SUPPRESS','suppress':{'roles':['other']}}");
    framework.accepted("{'type':'REVIVE','revive':{'roles':['other']}}");
    stage.pass(1_000);
    assertThat(framework.offers()).as("not suppressed").hasSize(1);
    framework.accepted("{'type':'SUPPRESS','suppress':{'roles':['other','*']}}");
    stage.agent("m2", "cpus:4;mem:1024");
    stage.pass(1_000);
    assertThat(framework.offers()).as("suppressed in the role that it is in").hasSize(1);
  }

  @Test
  void aRoleWithAControlCharacterIsRefusedAndNothingOfItIsKept() {
    FakeFramework framework = stage.framework("'role':'a\\u0001'");
    assertThat(framework.kinds()).containsExactly(Event.Type.ERROR);
    assertThat(framework.last().getError().getMessage())
        .startsWith("'FrameworkInfo.role' is not a valid role: Role component 'a");
    assertThat(stage.core.picture().frameworks().getFrameworksCount()).isZero();
    assertThat(stage.framework().id).as("the core goes on").isEqualTo("m-0000");
  }

  @Test
  void aRoleOfThousandsOfLevelsIsRefusedAndNothingOfItIsKept() {
    FakeFramework framework = stage.framework("'role':'" + "a/".repeat(30_000) + "a'");
    assertThat(framework.kinds()).containsExactly(Event.Type.ERROR);
    assertThat(framework.last().getError().getMessage())
        .matches(
            "'FrameworkInfo.role' is not a valid role: Role '(a/){32}...' has 60001 characters;"
                + " expected at most 255");
    assertThat(stage.said.writes).as("the next leader does not meet it, either").isEmpty();
    FakeFramework longest = stage.framework("'role':'" + "a/".repeat(127) + "a'");
    stage.agent("m1", "cpus:4;mem:1024");
    stage.pass(1_000);
    assertThat(longest.offers()).hasSize(1);
  }

  private static List<Arguments> constraints() {
    return List.of(
        Arguments.of(250, matches("ok"), ""),
        Arguments.of(
            251,
            matches("ok"),
            "Offer constraints have 251 constraints: expected at most 250, since each is asked of"
                + " every agent"),
        Arguments.of(
            70,
            matches("x".repeat(59)),
            "Offer constraints have expressions of 4130 characters together: expected at most"
                + " 4096"),
        Arguments.of(
            240,
            Predicate.newBuilder()
                .setTextEquals(Predicate.TextEquals.newBuilder().setValue("x".repeat(300)))
                .build(),
            "'offer_constraints' has 7.... bytes: expected at most 65536"),
        Arguments.of(
            1,
            matches("a{1000}b{900}"),
            "Offer constraints are not valid: expression .*: it becomes 190. steps; expected at"
                + " most 1100.*"));
  }

  private static Predicate matches(String expression) {
    return Predicate.newBuilder()
        .setTextMatches(Predicate.TextMatches.newBuilder().setRegex(expression))
        .build();
  }

  @ParameterizedTest
  @MethodSource("constraints")
  void constraintsAreBoundedBeforeTheyAreMade(int number, Predicate each, String objection) {
    boolean refused = !objection.isEmpty();
    Call call = subscription(number, each);
    stage.core.subscribe("s", call, Optional.empty(), stage.now);
    stage.written();
    FakeFramework framework = stage.new FakeFramework(new Stage.Stream("s"), "", "").learnId();
    assertThat(framework.kinds().getFirst())
        .isEqualTo(refused ? Event.Type.ERROR : Event.Type.SUBSCRIBED);
    if (refused) {
      assertThat(framework.last().getError().getMessage()).matches(objection);
    }
    FakeFramework other = stage.framework();
    Call.Builder update =
        Call.newBuilder()
            .setType(Call.Type.UPDATE_FRAMEWORK)
            .setFrameworkId(FrameworkID.newBuilder().setValue(other.id));
    update
        .getUpdateFrameworkBuilder()
        .setFrameworkInfo(
            call.getSubscribe().getFrameworkInfo().toBuilder()
                .setId(FrameworkID.newBuilder().setValue(other.id)))
        .setOfferConstraints(call.getSubscribe().getOfferConstraints());
    assertThat(
            stage.core.call(
                update.build(), Optional.of(other.stream.id()), Optional.empty(), stage.now))
        .isInstanceOf(refused ? Answer.Refused.class : Answer.Done.class);
  }

  private static Call subscription(int constraints, Predicate each) {
    Call.Builder call = Call.newBuilder().setType(Call.Type.SUBSCRIBE);
    call.getSubscribeBuilder().getFrameworkInfoBuilder().setUser("u").setName("n");
    RoleConstraints.Builder role = RoleConstraints.newBuilder();
    for (int i = 0; i < constraints; i++) {
      AttributeConstraint.Builder one = role.addGroupsBuilder().addAttributeConstraintsBuilder();
      one.setPredicate(each).getSelectorBuilder().setAttributeName("rack");
    }
    call.getSubscribeBuilder().getOfferConstraintsBuilder().putRoleConstraints("*", role.build());
    return call.build();
  }

  @Test
  void anUpdateThatDoesNotSayWhoseItIsIsOfWhomItCameFrom() {
    Optional<String> web = Optional.of("web");
    FakeFramework framework = stage.new FakeFramework(new Stage.Stream("s"), "", "");
    Call.Builder subscribe = Call.newBuilder().setType(Call.Type.SUBSCRIBE);
    subscribe.getSubscribeBuilder().getFrameworkInfoBuilder().setUser("u").setName("n");
    stage.core.subscribe("s", subscribe.build(), web, stage.now);
    stage.written();
    String id = framework.learnId().id;
    Call.Builder update =
        Call.newBuilder()
            .setType(Call.Type.UPDATE_FRAMEWORK)
            .setFrameworkId(FrameworkID.newBuilder().setValue(id));
    update.getUpdateFrameworkBuilder().getFrameworkInfoBuilder().setUser("u").setName("new");
    update.getUpdateFrameworkBuilder().getFrameworkInfoBuilder().getIdBuilder().setValue(id);
    assertThat(stage.core.call(update.build(), Optional.of("s"), web, stage.now))
        .isEqualTo(new Answer.Done());
    assertThat(stage.core.picture().frameworks().getFrameworks(0).getFrameworkInfo())
        .satisfies(info -> assertThat(info.getName()).isEqualTo("new"))
        .satisfies(info -> assertThat(info.getPrincipal()).isEqualTo("web"));
    update.getUpdateFrameworkBuilder().getFrameworkInfoBuilder().setPrincipal("other");
    assertThat(stage.core.call(update.build(), Optional.of("s"), web, stage.now))
        .isEqualTo(new Answer.Refused(400, "Changing framework's principal is not allowed."));
  }

  @Test
  void anIdThatSomebodyBroughtIsGivenToNobodyElse() {
    stage.framework("'id':{'value':'m-0000'}");
    FakeFramework over = stage.framework("'id':{'value':'m-0001'}");
    over.accepted(TEARDOWN);
    assertThat(stage.framework().id).isEqualTo("m-0002");
    assertThat(stage.core.picture().frameworks().getFrameworksCount()).isEqualTo(2);
  }
}
