package io.pilothouse.cli;

import static io.pilothouse.cli.OfferViews.batch;
import static io.pilothouse.cli.OfferViews.prod;
import static io.pilothouse.cli.OfferViews.scalar;
import static io.pilothouse.cli.OfferViews.t1;
import static io.pilothouse.cli.OfferViews.why;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Status;
import io.pilothouse.api.v1.ExplainFrameworkReply;
import io.pilothouse.api.v1.ExplainFrameworkRequest;
import io.pilothouse.api.v1.ExplainTaskReply;
import io.pilothouse.api.v1.ExplainTaskRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.ListFrameworksReply;
import io.pilothouse.api.v1.ListFrameworksRequest;
import io.pilothouse.api.v1.ListRolesReply;
import io.pilothouse.api.v1.ListRolesRequest;
import io.pilothouse.api.v1.ListTasksReply;
import io.pilothouse.api.v1.ListTasksRequest;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.TearDownFrameworkRequest;
import io.pilothouse.mesos.v1.Resource;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people ask about the offers layer: the question that goes out, and what they read. */
class OfferCommandsTest {
  private final FakeDm dm = new FakeDm();
  private final FakeScheduler scheduler = new FakeScheduler();

  OfferCommandsTest() throws IOException {}

  @BeforeEach
  void aSchedulerLeads() {
    leads("scheduler-1", scheduler.address());
  }

  @AfterEach
  void stop() {
    scheduler.close();
    dm.close();
  }

  private void leads(String holder, String address) {
    dm.answers(
        "GetStatus",
        StatusReply.newBuilder()
            .setRevision(812)
            .addLeases(Lease.newBuilder().setRole("repair").setHolder("repair-1"))
            .addLeases(
                Lease.newBuilder().setRole("scheduler").setHolder(holder).setAddress(address))
            .build());
  }

  private void fleet(MachineType.Builder type) {
    dm.answers(
        "GetFleet", GetFleetReply.newBuilder().setFleet(Fleet.newBuilder().addTypes(type)).build());
  }

  private Typed pilot(String... args) {
    String[] all = new String[args.length + 4];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--servers";
    all[args.length + 1] = dm.address();
    all[args.length + 2] = "--as";
    all[args.length + 3] = "ann";
    return Typed.run(all);
  }

  private static JsonNode json(Typed typed) throws IOException {
    assertThat(typed.code()).as(typed.err()).isZero();
    return new ObjectMapper().readTree(typed.out());
  }

  @Test
  void whatIsRevocableIsNamedApart() throws IOException {
    scheduler.frameworks =
        ListFrameworksReply.newBuilder()
            .addFrameworks(
                batch()
                    .addUsed(
                        scalar("cpus", 2).toBuilder()
                            .setRevocable(Resource.RevocableInfo.getDefaultInstance())))
            .build();
    assertThat(pilot("framework", "list").out()).contains("cpus 3, cpus_revocable 2");
  }

  // ---- frameworks

  @Test
  void frameworksAreListedInEachFormat() throws IOException {
    scheduler.frameworks = ListFrameworksReply.newBuilder().addFrameworks(batch()).build();
    Typed table = pilot("framework", "list");
    assertThat(table.code()).as(table.err()).isZero();
    assertThat(table.out())
        .startsWith("ID      NAME")
        .contains("m-0001", "batch", "ACTIVE", "ads/prod", "cpus 3");
    assertThat(scheduler.principal).isEqualTo("operator/ann");
    assertThat(pilot("framework", "list", "-o", "wide").out()).contains("USER", "mem 512MiB");
    assertThat(pilot("framework", "list", "-o", "name").out()).isEqualTo("m-0001\n");
    JsonNode said = json(pilot("framework", "list", "-o", "json"));
    assertThat(said.path("revision").asLong()).isEqualTo(812);
    assertThat(said.has("left_out")).isFalse();
    JsonNode item = said.path("items").path(0);
    assertThat(item.path("used").path("cpus").asDouble()).isEqualTo(3);
    assertThat(item.path("since").asText()).isEqualTo("2026-03-01T08:00:00Z");
    assertThat(item.path("removed_by").isNull()).isTrue();
    assertThat(pilot("framework", "list", "-o", "yaml").out()).contains("state: ACTIVE");
    assertThat(pilot("framework", "list", "--all").code()).isZero();
    assertThat(((ListFrameworksRequest) scheduler.asked.get(scheduler.asked.size() - 1)).getEnded())
        .isTrue();
  }

  @Test
  void aListThatIsNotWholeSaysSo() throws IOException {
    scheduler.frameworks =
        ListFrameworksReply.newBuilder().addFrameworks(batch()).setLeftOut(7).build();
    assertThat(pilot("framework", "list").err()).contains("7 more are not shown");
    assertThat(json(pilot("framework", "list", "-o", "json")).path("left_out").asInt())
        .isEqualTo(7);
  }

  @Test
  void aFrameworkThatIsAwaySaysUntilWhen() throws IOException {
    scheduler.frameworks =
        ListFrameworksReply.newBuilder()
            .addFrameworks(batch().setState("DISCONNECTED").setRemovedBy(1_772_352_060_000L))
            .build();
    assertThat(pilot("framework", "show", "batch").out())
        .contains(
            "framework m-0001 'batch' is DISCONNECTED: 3 tasks (cpus 3), 1 offer (mem 512MiB)",
            "removed with its tasks at 2026-03-01T08:01:00Z")
        .contains("unless it is back before");
    assertThat(((ListFrameworksRequest) scheduler.asked.get(0)).getFramework()).isEqualTo("batch");
    assertThat(json(pilot("framework", "show", "batch", "-o", "json")).path("id").asText())
        .isEqualTo("m-0001");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DISCONNECTED | 0             | ; kept until it comes back or is torn down",
        "RECOVERED    | 0             | ; not back since another scheduler began to lead; kept until it"
            + " comes back or is torn down",
        "RECOVERED    | 1772352060000 | ; not back since another scheduler began to lead; removed with"
            + " its tasks at 2026-03-01T08:01:00Z",
      })
  void whatBecomesOfAFrameworkThatIsAwayIsSaid(String state, long removedBy, String text) {
    scheduler.frameworks =
        ListFrameworksReply.newBuilder()
            .addFrameworks(batch().setState(state).setRemovedBy(removedBy))
            .build();
    assertThat(pilot("framework", "show", "batch").out()).contains(text);
  }

  @Test
  void oneIsNotMany() throws IOException {
    scheduler.frameworks =
        ListFrameworksReply.newBuilder().addFrameworks(batch().setTasks(1)).build();
    assertThat(pilot("framework", "teardown", "batch", "--reason", "it hangs").err())
        .contains("its 1 task is killed");
    assertThat(pilot("framework", "teardown", "batch", "--reason", "it hangs", "--yes").out())
        .isEqualTo("torn down: m-0001, 1 task\n");
    ExplainFrameworkReply.Builder once = why().toBuilder().setLeftOut(1);
    once.getRolesBuilder(0).setOffersEver(1);
    scheduler.framework = once.build();
    assertThat(pilot("explain", "framework", "batch").out())
        .contains("offered something 1 time in this role", "1 more role of it: name one");
  }

  @Test
  void theEndOfAFrameworkNeedsAReasonAndAWord() throws IOException {
    scheduler.frameworks = ListFrameworksReply.newBuilder().addFrameworks(batch()).build();
    Typed without = pilot("framework", "teardown", "batch");
    assertThat(without.code()).isEqualTo(2);
    assertThat(without.err()).contains("needs a reason");
    assertThat(scheduler.asked).isEmpty();
    Typed unsure = pilot("framework", "teardown", "batch", "--reason", "it hangs");
    assertThat(unsure.code()).isEqualTo(6);
    assertThat(unsure.err()).contains("its 3 tasks are killed", "--yes");
    assertThat(scheduler.asked).hasSize(1);
    Typed done = pilot("framework", "teardown", "batch", "--reason", "it hangs", "--yes");
    assertThat(done.code()).as(done.err()).isZero();
    assertThat(done.out()).isEqualTo("torn down: m-0001, 3 tasks\n");
    TearDownFrameworkRequest asked =
        (TearDownFrameworkRequest) scheduler.asked.get(scheduler.asked.size() - 1);
    assertThat(asked.getFramework()).as("what was confirmed").isEqualTo("m-0001");
    assertThat(asked.getReason()).isEqualTo("it hangs");
  }

  // ---- roles and tasks

  @Test
  void rolesAreShownWithWhatWasSetAndWhatTheyHave() throws IOException {
    scheduler.roles = ListRolesReply.newBuilder().addRoles(prod()).build();
    assertThat(pilot("role", "list").out()).contains("ads/prod", "25.0 %", "cpus 3", "cpus 8");
    assertThat(pilot("role", "list", "-o", "wide").out()).contains("PRIORITY", "m-0001");
    assertThat(pilot("role", "list", "-o", "name").out()).isEqualTo("ads/prod\n");
    assertThat(pilot("role", "show", "ads/prod").out())
        .contains("weight      2", "share       25.0 % (of cpus)", "guarantee   cpus 4")
        .contains("reserved    disk 100MiB")
        .doesNotContain("revokes", "lacks");
    assertThat(((ListRolesRequest) scheduler.asked.get(scheduler.asked.size() - 1)).getRole())
        .isEqualTo("ads/prod");
    JsonNode role = json(pilot("role", "show", "ads/prod", "-o", "json"));
    assertThat(role.path("limit").path("cpus").asDouble()).isEqualTo(8);
    assertThat(role.path("reserved").path("disk").asDouble()).isEqualTo(100);
    scheduler.roles =
        ListRolesReply.newBuilder()
            .addRoles(prod().setRevokeAfterMs(90_000).setLack("cpus 1"))
            .build();
    assertThat(pilot("role", "show", "ads/prod").out())
        .contains("revokes     tasks of others, once its guarantee was not met for 90 s")
        .contains("lacks       cpus 1");
  }

  @Test
  void tasksAreListedOfOneFrameworkAndShown() throws IOException {
    scheduler.tasks = ListTasksReply.newBuilder().addTasks(t1()).build();
    scheduler.task = ExplainTaskReply.newBuilder().setTask(t1()).build();
    assertThat(pilot("task", "list", "--framework", "batch", "--all").out())
        .contains("t1", "TASK_RUNNING", "web-03");
    ListTasksRequest asked = (ListTasksRequest) scheduler.asked.get(0);
    assertThat(asked.getFramework()).isEqualTo("batch");
    assertThat(asked.getEnded()).isTrue();
    assertThat(pilot("task", "list", "-o", "name").out()).isEqualTo("t1\n");
    assertThat(pilot("task", "show", "t1", "--framework", "batch").out())
        .contains("task t1 of framework m-0001 is TASK_RUNNING on web-03", "launched   not known");
    ExplainTaskRequest of = (ExplainTaskRequest) scheduler.asked.get(scheduler.asked.size() - 1);
    assertThat(of.getFramework()).isEqualTo("batch");
    assertThat(json(pilot("task", "show", "t1", "-o", "json")).path("machine").asText())
        .isEqualTo("web-03");
  }

  // ---- explain

  @Test
  void aFrameworkIsExplainedInSentences() throws IOException {
    scheduler.framework = why();
    Typed typed = pilot("explain", "framework", "batch", "--role", "ads/prod");
    assertThat(typed.out())
        .contains(
            "framework m-0001 'batch' is ACTIVE",
            "role ads/prod\n",
            "the role has 25.0 % of all cpus, its largest share; with its weight of 2 that counts"
                + " as 12.5 %",
            "the framework has 12.5 % of all there is",
            "the role is number 2, and the framework number 1 in it",
            "guaranteed are cpus 4; charged against it so far: cpus 3",
            "its limit is cpus 8",
            "held back from everybody, for guarantees that are not met: cpus 1",
            "offered something 17 times",
            "12 machines: the fleet keeps them back",
            "12: its agent is not connected",
            "what to do: ask of each why",
            "1 machine: nothing keeps them back",
            "4 more roles of it: name one with --role");
    ExplainFrameworkRequest asked = (ExplainFrameworkRequest) scheduler.asked.get(0);
    assertThat(asked.getFramework()).isEqualTo("batch");
    assertThat(asked.getRole()).isEqualTo("ads/prod");
  }

  @Test
  void itsJsonHasTheKeysOfEveryExplanation() throws IOException {
    scheduler.framework = why();
    JsonNode said = json(pilot("explain", "framework", "m-0001", "-o", "json"));
    assertThat(said.path("subject").asText()).isEqualTo("framework m-0001");
    assertThat(said.path("evidence").size()).isGreaterThan(4);
    assertThat(said.path("vetoes").size()).as("what is free is none").isEqualTo(1);
    assertThat(said.path("vetoes").path(0).path("kind").asText()).isEqualTo("NOT_OFFERABLE");
    assertThat(said.path("vetoes").path(0).path("domain").asText()).isEqualTo("role/ads/prod");
    assertThat(said.path("next").path("what").asText()).contains("as soon as nobody goes before");
    assertThat(said.path("roles").path(0).path("withheld").size()).isEqualTo(2);
    assertThat(said.path("roles").path(0).path("rank").asInt()).isEqualTo(1);
  }

  @Test
  void aTaskIsExplainedFromItsLaunchOn() throws IOException {
    scheduler.task =
        ExplainTaskReply.newBuilder()
            .setTask(t1())
            .addLines("launched by framework m-0001")
            .addLines("next: it runs until it ends")
            .build();
    assertThat(pilot("explain", "task", "t1", "--framework", "batch").out())
        .isEqualTo(
            """
            task t1 of framework m-0001 is TASK_RUNNING on web-03
              launched by framework m-0001
              next: it runs until it ends
            """);
    JsonNode said = json(pilot("explain", "task", "t1", "-o", "json"));
    assertThat(said.path("evidence").size()).isEqualTo(1);
    assertThat(said.path("next").path("what").asText()).isEqualTo("it runs until it ends");
    assertThat(pilot("explain", "task", "t1", "-o", "name").out()).isEqualTo("t1\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "explain framework",
        "explain task",
        "explain machine m1 --role web",
        "explain task t1 --role web",
        "explain framework f --framework g",
        "explain cow m1",
        "framework show",
        "framework teardown",
        "task show",
        "role show"
      })
  void whatIsMissingOrDoesNotBelongThereIsSaid(String words) {
    Typed typed = pilot(words.split(" ", -1));
    assertThat(typed.code()).as(typed.err()).isEqualTo(2);
    assertThat(typed.err()).isNotBlank();
    assertThat(dm.methods()).isEmpty();
  }

  // ---- whom to ask

  @Test
  void aFleetThatOffersNothingSaysSo() {
    leads("", scheduler.address());
    fleet(MachineType.newBuilder().setName("frontend"));
    Typed typed = pilot("framework", "list");
    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err())
        .contains("none of its machine types has `offers:`", "pilot up --example offers");
  }

  @Test
  void whereNoSchedulerLeadsItSaysSo() {
    leads("", scheduler.address());
    fleet(
        MachineType.newBuilder()
            .setName("worker")
            .setOffers(
                OfferPolicy.newBuilder()
                    .addResources(OfferedResource.newBuilder().setName("cpus"))));
    Typed typed = pilot("role", "list", "-o", "json");
    assertThat(typed.code()).isEqualTo(8);
    assertThat(typed.err()).contains("\"code\":\"NO_SCHEDULER\"", "nobody has the lease");
    assertThat(scheduler.asked).isEmpty();
  }

  @Test
  void aSchedulerThatDoesNotSayWhereItIsIsNamed() {
    leads("scheduler-1", "");
    Typed typed = pilot("task", "list");
    assertThat(typed.code()).isEqualTo(8);
    assertThat(typed.err()).contains("scheduler-1", "does not say where it is", "--agents");
  }

  @Test
  void oneThatDoesNotAnswerIsNamedWithItsAddress() {
    String address = scheduler.address();
    scheduler.close();
    Typed typed = pilot("framework", "list");
    assertThat(typed.code()).isEqualTo(8);
    assertThat(typed.err())
        .contains("scheduler scheduler-1 at " + address, "cannot be asked", "remedy:");
  }

  @ParameterizedTest
  @CsvSource({
    "NOT_FOUND, 1",
    "INVALID_ARGUMENT, 2",
    "FAILED_PRECONDITION, 6",
    "PERMISSION_DENIED, 7",
    "UNAVAILABLE, 8",
    "DEADLINE_EXCEEDED, 5",
    "UNIMPLEMENTED, 1",
    "INTERNAL, 1"
  })
  void whatTheSchedulerRefusesDecidesTheExitCode(String code, int exit) {
    scheduler.refusal = Status.fromCode(Status.Code.valueOf(code)).withDescription("in its words");
    for (List<String> words :
        List.of(List.of("framework", "show", "f"), List.of("explain", "framework", "f"))) {
      Typed typed = pilot(words.toArray(String[]::new));
      assertThat(typed.code()).as(typed.err()).isEqualTo(exit);
      assertThat(typed.out()).isEmpty();
      if (exit != 8 && exit != 5 && !code.equals("UNIMPLEMENTED")) {
        assertThat(typed.err()).contains("in its words");
      }
    }
  }
}
