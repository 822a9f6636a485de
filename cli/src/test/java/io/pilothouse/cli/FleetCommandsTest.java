package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.FleetPlan;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.WriteReply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FleetCommandsTest {
  private static final FleetChange CHANGE =
      FleetChange.newBuilder()
          .setVerb("change")
          .setObject("type/frontend")
          .addLines("repair-policy: (none) -> quick")
          .setEffect("1 machine")
          .build();

  private final FakeDm dm = new FakeDm();
  private final Path dir;

  FleetCommandsTest(@TempDir Path dir) throws IOException {
    this.dir = dir;
    write("cluster.yaml", "kind: Cluster\nname: test\n");
    write("image.yaml", "kind: Image\nname: base\nversion: \"1\"\n");
    write("type.yaml", "kind: MachineType\nname: frontend\nimage: base\n");
    write("unit.yaml", "kind: ScaleUnit\nname: all\norder: 1\n");
    StringBuilder machines = new StringBuilder("name,type,scale_unit\n");
    for (int i = 0; i < 10; i++) {
      machines.append("web-").append(i).append(",frontend,all\n");
    }
    write("machines.csv", machines.toString());
  }

  @AfterEach
  void stop() {
    dm.close();
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(dir.resolve(file), text);
  }

  private Typed pilot(String command, String... more) {
    String[] args = new String[more.length + 4];
    args[0] = command;
    args[1] = dir.toString();
    args[2] = "--servers";
    args[3] = dm.address();
    System.arraycopy(more, 0, args, 4, more.length);
    return Typed.run(args);
  }

  private void plans(long revision, int touched, FleetChange... changes) {
    FleetPlan.Builder plan =
        FleetPlan.newBuilder().setRevision(revision).setMachinesTouched(touched);
    for (FleetChange each : changes) {
      plan.addChanges(each);
    }
    dm.answers("PlanFleet", plan.build());
    dm.answers("ApplyFleet", WriteReply.newBuilder().setRevision(revision + 1).build());
  }

  @Test
  void validateAsksNobody() throws IOException {
    Typed typed = pilot("validate", "-o", "json");

    assertThat(typed.code()).isZero();
    JsonNode json = new ObjectMapper().readTree(typed.out());
    assertThat(json.path("valid").asBoolean()).isTrue();
    assertThat(json.path("machines").asInt()).isEqualTo(10);
    assertThat(dm.methods()).isEmpty();
  }

  @Test
  void mistakesAreLinesAndNothingIsAsked() throws IOException {
    write("type.yaml", "kind: MachineType\nname: frontend\nimage: bas\nx: 1\n");
    for (String command : new String[] {"validate", "plan", "diff", "apply"}) {
      Typed typed = pilot(command);

      assertThat(typed.code()).as(command).isEqualTo(2);
      assertThat(typed.err().lines())
          .contains(
              dir + "/type.yaml:3:8: image: there is no Image \"bas\" (did you mean \"base\"?)")
          .anyMatch(each -> each.startsWith(dir + "/type.yaml:4:1: unknown key \"x\""));
    }
    assertThat(dm.methods()).isEmpty();
  }

  @Test
  void mistakesInJson() throws IOException {
    write("cluster.yaml", "kind: Cluster\nname: TEST\n");
    Typed typed = pilot("validate", "-o", "json");

    assertThat(typed.code()).isEqualTo(2);
    JsonNode problem = new ObjectMapper().readTree(typed.out()).path("problems").path(0);
    assertThat(problem.path("file").asText()).isEqualTo(dir + "/cluster.yaml");
    assertThat(problem.path("line").asInt()).isEqualTo(2);
    assertThat(problem.path("column").asInt()).isEqualTo(7);
    JsonNode error = new ObjectMapper().readTree(typed.err()).path("error");
    assertThat(error.path("code").asText()).isEqualTo("INVALID");
    assertThat(error.path("message").asText()).contains("cluster.yaml:2:7: name:");
    assertThat(error.path("remedy").asText()).isNotEmpty();
  }

  @Test
  void whatCanHardlyBeMeantIsAWarningAndNoMistake() throws IOException {
    write(
        "policy.yaml",
        """
        kind: RepairPolicy
        name: mine
        rules:
          - do: Escalate
          - {when: {severity: fatal}, do: Replace}
        """);
    plans(812, 1, CHANGE);

    Typed typed = pilot("validate");
    assertThat(typed.code()).isZero();
    assertThat(typed.err())
        .startsWith(
            dir + "/policy.yaml:5:5: warning: policy mine, rule 2: it is never reached: rule 1");
    assertThat(typed.out()).contains("; 1 warning");
    assertThat(pilot("plan").err()).contains("/policy.yaml:5:5: warning: ");
    assertThat(pilot("apply").err()).contains("/policy.yaml:5:5: warning: ");

    Typed data = pilot("validate", "-o", "json");
    JsonNode warning = new ObjectMapper().readTree(data.out()).path("warnings").path(0);
    assertThat(data.err()).isEmpty();
    assertThat(warning.path("line").asInt()).isEqualTo(5);
    assertThat(warning.path("message").asText()).startsWith("policy mine, rule 2: ");
    assertThat(new ObjectMapper().readTree(pilot("plan", "-o", "json").out()).path("warnings"))
        .hasSize(1);
  }

  @Test
  void aPolicyIsShownInWordsWithItsDefaults() throws IOException {
    Fleet.Builder fleet = Fleet.newBuilder();
    fleet.addRepairPoliciesBuilder().setName("quick").setQuietMs(3000);
    fleet.addTypesBuilder().setName("frontend").setRepairPolicy("quick");
    dm.answers("GetFleet", GetFleetReply.newBuilder().setFleet(fleet).setRevision(7).build());

    Typed list = Typed.run("policy", "list", "--servers", dm.address());
    assertThat(list.out()).contains("default", "quick", "the ladder", "frontend");

    Typed show = Typed.run("policy", "show", "quick", "--servers", dm.address());
    assertThat(show.out())
        .startsWith("repair policy quick, of frontend\n")
        .contains("quiet             3s\n", "max-attempts      5\n")
        .contains("  5: [last action DoNothing] last action DoNothing -> Reboot\n")
        .endsWith("  no rule matches -> Escalate\n");

    Typed missing = Typed.run("policy", "show", "quik", "--servers", dm.address());
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err()).contains("no repair policy \"quik\" (did you mean \"quick\"?)");
  }

  @Test
  void planShowsTheDifferenceAndTheRevision() {
    plans(812, 1, CHANGE);

    Typed typed = pilot("plan");
    assertThat(typed.code()).isZero();
    assertThat(typed.out())
        .startsWith("~ type/frontend  (1 machine)\n    repair-policy: (none) -> quick\n")
        .contains("1 change, 1 machine touched, at revision 812; nothing was changed")
        .contains("--if-revision 812");
    assertThat(pilot("plan", "--detailed-exitcode").code()).isEqualTo(3);
    assertThat(pilot("diff", "-o", "name").out()).isEqualTo("type/frontend\n");
    assertThat(dm.methods()).containsOnly("PlanFleet");
  }

  @Test
  void planWithoutDifference() {
    plans(812, 0);

    Typed typed = pilot("plan", "--detailed-exitcode");
    assertThat(typed.code()).isZero();
    assertThat(typed.out()).startsWith("no changes");
    assertThat(pilot("apply").code()).isZero();
    assertThat(dm.methods()).doesNotContain("ApplyFleet");
  }

  @Test
  void applyAppliesWhatItShowed() {
    plans(812, 1, CHANGE);

    Typed typed = pilot("apply", "--reason", "quieter");

    assertThat(typed.code()).isZero();
    assertThat(typed.out()).isEqualTo("applied 1 change, 1 machine touched, revision 813\n");
    assertThat(typed.err()).contains("~ type/frontend");
    FleetRequest asked = dm.asked("ApplyFleet", FleetRequest.parser());
    assertThat(asked.getIfRevision()).isEqualTo(812);
    assertThat(asked.getContext().getReason()).isEqualTo("quieter");
    assertThat(asked.getContext().getClientId()).isNotEmpty();
    assertThat(asked.getFleet().getMachinesCount()).isEqualTo(10);
  }

  @Test
  void aWideApplyIsRefusedWithoutTerminalAndYes() {
    plans(812, 3, CHANGE);

    Typed typed = pilot("apply");
    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err()).contains("This touches 3 of 10 machines of fleet test.");
    assertThat(dm.methods()).doesNotContain("ApplyFleet");

    assertThat(pilot("apply", "--blast-radius", "30").code()).isZero();
    assertThat(pilot("apply", "--yes").code()).isZero();
  }

  @Test
  void aRemovalIsAskedForHoweverSmall() {
    plans(812, 0, CHANGE.toBuilder().setVerb("remove").setObject("watchdog/disk").build());

    Typed typed = pilot("apply");

    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err()).contains("removes watchdog/disk");
  }

  @Test
  void aNewFleetNeedsNoQuestion() {
    plans(0, 10, CHANGE);

    assertThat(pilot("apply").code()).isZero();
  }

  @Test
  void aStaleRevisionIsRefused() throws IOException {
    dm.refuses("PlanFleet", 412, "FAILED_PRECONDITION", "moved on");

    Typed typed = pilot("apply", "--if-revision", "7", "-o", "json");

    assertThat(typed.code()).isEqualTo(6);
    assertThat(dm.asked("PlanFleet", FleetRequest.parser()).getIfRevision()).isEqualTo(7);
    JsonNode error = new ObjectMapper().readTree(typed.err()).path("error");
    assertThat(error.path("message").asText()).isEqualTo("moved on");
  }

  @Test
  void schemas() throws IOException {
    Typed typed = Typed.run("schema", "machinetype");
    assertThat(typed.code()).isZero();
    assertThat(new ObjectMapper().readTree(typed.out()).path("title").asText())
        .isEqualTo("MachineType");

    Typed unknown = Typed.run("schema", "Imag");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("did you mean \"Image\"?");
  }
}
