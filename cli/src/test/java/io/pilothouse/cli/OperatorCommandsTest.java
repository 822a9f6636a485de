package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.DecideOrderRequest;
import io.pilothouse.api.v1.DecideRepairRequest;
import io.pilothouse.api.v1.HoldDomainRequest;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.IncidentRow;
import io.pilothouse.api.v1.ListIncidentsReply;
import io.pilothouse.api.v1.ListIncidentsRequest;
import io.pilothouse.api.v1.ListOrdersReply;
import io.pilothouse.api.v1.ListOrdersRequest;
import io.pilothouse.api.v1.Order;
import io.pilothouse.api.v1.OrderKind;
import io.pilothouse.api.v1.ResolveIncidentRequest;
import io.pilothouse.api.v1.SetFreezeRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.WriteReply;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an operator says on repairs and incidents: the request that goes out, and the answer. */
class OperatorCommandsTest {
  private static final String WHY = "looked at it";

  private final FakeDm dm = new FakeDm();

  OperatorCommandsTest() throws IOException {}

  @AfterEach
  void stop() {
    dm.close();
  }

  private Typed pilot(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--servers";
    all[args.length + 1] = dm.address();
    return Typed.run(all);
  }

  private void says(String method, String... lines) {
    dm.answers(
        method, WriteReply.newBuilder().setRevision(812).addAllLines(List.of(lines)).build());
  }

  private static JsonNode json(Typed typed) throws IOException {
    assertThat(typed.code()).as(typed.err()).isZero();
    return new ObjectMapper().readTree(typed.out());
  }

  // a repair that waits for a person

  @Test
  void anApprovalNamesTheRepairAndWhy() {
    says("DecideRepair");
    Typed typed = pilot("repair", "approve", "R-7", "--reason", WHY);
    assertThat(typed.code()).isZero();
    assertThat(typed.out()).isEqualTo("approved: R-7\n");
    DecideRepairRequest asked = dm.asked("DecideRepair", DecideRepairRequest.parser());
    assertThat(asked.getRepair()).isEqualTo("R-7");
    assertThat(asked.getDeny()).isFalse();
    assertThat(asked.getAction()).isEqualTo(Action.ACTION_UNSPECIFIED);
    assertThat(asked.getContext().getReason()).isEqualTo(WHY);
    assertThat(asked.getContext().getClientId()).startsWith("cli-");
  }

  @Test
  void anEscalatedRepairIsDecidedByAnAction() throws IOException {
    says("DecideRepair", "approved once; a second person must approve it, too");
    Typed typed =
        pilot("repair", "approve", "R-7", "--action", "reimage", "--reason", WHY, "-o", "json");
    JsonNode said = json(typed);
    assertThat(said.path("repair").asText()).isEqualTo("R-7");
    assertThat(said.path("approved").asBoolean()).isTrue();
    assertThat(said.path("revision").asLong()).isEqualTo(812);
    assertThat(said.path("lines").path(0).asText()).contains("a second person");
    assertThat(dm.asked("DecideRepair", DecideRepairRequest.parser()).getAction())
        .isEqualTo(Action.RE_IMAGE);
  }

  @Test
  void anActionThatThereIsNotIsNamedWithThoseThereAre() {
    Typed typed = pilot("repair", "approve", "R-7", "--action", "kick", "--reason", WHY);
    assertThat(typed.code()).isEqualTo(2);
    assertThat(typed.err()).contains("\"kick\" is not an action", "DoNothing, Reboot, ReImage");
    assertThat(dm.methods()).isEmpty();
  }

  @Test
  void aDenialClosesTheRepair() {
    says("DecideRepair", "web-03 is held");
    Typed typed = pilot("repair", "deny", "R-7", "--reason", WHY);
    assertThat(typed.out()).isEqualTo("denied: R-7\nweb-03 is held\n");
    DecideRepairRequest asked = dm.asked("DecideRepair", DecideRepairRequest.parser());
    assertThat(asked.getRepair()).isEqualTo("R-7");
    assertThat(asked.getDeny()).isTrue();
    assertThat(asked.getContext().getReason()).isEqualTo(WHY);
  }

  @Test
  void aRepairThatDoesNotWaitIsRefusedInTheDeviceManagersWords() {
    dm.refuses("DecideRepair", 400, "FAILED_PRECONDITION", "R-7 is EXECUTING, nobody is asked");
    Typed typed = pilot("repair", "approve", "R-7", "--reason", WHY);
    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err()).contains("R-7 is EXECUTING, nobody is asked", "plan again");
    assertThat(typed.out()).isEmpty();
  }

  // the fleet, and its domains

  @Test
  void aFreezeStopsAllAndAnUnfreezeNeedsNoReason() throws IOException {
    says("SetFreeze");
    assertThat(pilot("repair", "freeze", "--reason", WHY).out()).isEqualTo("repairs are frozen\n");
    SetFreezeRequest freeze = dm.asked("SetFreeze", SetFreezeRequest.parser());
    assertThat(freeze.getFrozen()).isTrue();
    assertThat(freeze.getContext().getReason()).isEqualTo(WHY);

    dm.answers("GetStatus", StatusReply.getDefaultInstance());
    assertThat(pilot("repair", "unfreeze").out()).isEqualTo("repairs go on\n");
    assertThat(dm.asked("SetFreeze", SetFreezeRequest.parser()).getFrozen()).isFalse();
    assertThat(json(pilot("repair", "unfreeze", "-o", "json")).path("frozen").asBoolean(true))
        .isFalse();
  }

  @Test
  void aHoldOfADomainMayEndByItself() {
    says("HoldDomain");
    Typed typed = pilot("repair", "hold", "rack/r7", "--for", "90m", "--reason", WHY);
    assertThat(typed.out()).isEqualTo("hold: rack/r7\n");
    HoldDomainRequest asked = dm.asked("HoldDomain", HoldDomainRequest.parser());
    assertThat(asked.getDomain()).isEqualTo("rack/r7");
    assertThat(asked.getForMs()).isEqualTo(90 * 60_000L);
    assertThat(asked.getEnd()).isFalse();
    assertThat(asked.getContext().getReason()).isEqualTo(WHY);

    pilot("repair", "hold", "fleet", "--reason", WHY);
    assertThat(dm.asked("HoldDomain", HoldDomainRequest.parser()).getForMs())
        .as("until it is ended")
        .isZero();
  }

  @Test
  void anUnholdEndsIt() throws IOException {
    says("HoldDomain");
    dm.answers("GetStatus", StatusReply.getDefaultInstance());
    JsonNode said = json(pilot("repair", "unhold", "rack/r7", "-o", "json"));
    assertThat(said.path("domain").asText()).isEqualTo("rack/r7");
    assertThat(said.path("held").asBoolean(true)).isFalse();
    assertThat(dm.asked("HoldDomain", HoldDomainRequest.parser()).getEnd()).isTrue();
  }

  @Test
  void whatStopsOrReleasesRepairsNeedsAReasonAndIsNotSentWithoutOne() {
    List<List<String>> acts =
        List.of(
            List.of("repair", "approve", "R-7"),
            List.of("repair", "deny", "R-7"),
            List.of("repair", "freeze"),
            List.of("repair", "hold", "rack/r7"),
            List.of("incident", "resolve", "I-3"));
    for (List<String> act : acts) {
      Typed typed = pilot(act.toArray(String[]::new));
      assertThat(typed.code()).as("%s", act).isEqualTo(2);
      assertThat(typed.err()).contains("needs a reason", "--reason");
    }
    assertThat(dm.methods()).isEmpty();
  }

  // incidents

  private void explains(int machines, String... held) {
    IncidentRow row =
        IncidentRow.newBuilder()
            .setIncident(
                Incident.newBuilder()
                    .setId("I-3")
                    .setState(Incident.State.OPEN)
                    .setDimension("rack")
                    .setValue("r7"))
            .setMachineCount(machines)
            .addAllHeldRepairs(List.of(held))
            .build();
    dm.answers("ListIncidents", ListIncidentsReply.newBuilder().addItems(row).build());
  }

  @Test
  void resolvingAnIncidentThatExplainsMachinesAsksFirst() {
    explains(12, "R-1", "R-2");
    says("ResolveIncident");
    Typed typed = pilot("incident", "resolve", "I-3", "--reason", WHY);
    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err())
        .contains("I-3 (rack/r7) explains 12 machines and holds 2 repairs", "--yes");
    assertThat(dm.asked("ListIncidents", ListIncidentsRequest.parser()).getId()).isEqualTo("I-3");
    assertThat(dm.methods()).doesNotContain("ResolveIncident");
  }

  @Test
  void itIsResolvedWithAReason() throws IOException {
    explains(12, "R-1", "R-2");
    says("ResolveIncident");
    Typed typed = pilot("incident", "resolve", "I-3", "--yes", "--reason", WHY, "-o", "json");
    assertThat(json(typed).path("resolved").asBoolean()).isTrue();
    ResolveIncidentRequest asked = dm.asked("ResolveIncident", ResolveIncidentRequest.parser());
    assertThat(asked.getIncident()).isEqualTo("I-3");
    assertThat(asked.getContext().getReason()).isEqualTo(WHY);
  }

  @Test
  void oneThatExplainsNothingAnyMoreIsResolvedUnasked() {
    explains(0);
    says("ResolveIncident");
    assertThat(pilot("incident", "resolve", "I-3", "--reason", WHY).out())
        .isEqualTo("resolved: I-3\n");
  }

  @Test
  void aboveTheBlastRadiusItIsNotResolvedBeforeASecondPersonSaysSo() throws IOException {
    explains(12, "R-1");
    says("ResolveIncident", "a second person must do the same");
    String[] command = {"incident", "resolve", "I-3", "--yes", "--reason", WHY};
    assertThat(pilot(command).out()).isEqualTo("a second person must do the same\n");
    String[] asJson = {"incident", "resolve", "I-3", "--yes", "--reason", WHY, "-o", "json"};
    assertThat(json(pilot(asJson)).path("resolved").asBoolean(true)).isFalse();
  }

  @Test
  void anIncidentThatThereIsNotIsNotResolved() {
    dm.refuses("ListIncidents", 404, "NOT_FOUND", "no incident I-9");
    Typed typed = pilot("incident", "resolve", "I-9", "--reason", WHY);
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("no incident I-9");
    assertThat(dm.methods()).containsExactly("ListIncidents");
  }

  // an order that waits for a second person

  @Test
  void anOrderThatWaitsIsNotTakenForDone() {
    dm.answers("GetStatus", StatusReply.getDefaultInstance());
    dm.answers(
        "SetFreeze",
        WriteReply.newBuilder()
            .setRevision(812)
            .setOrder("A-1")
            .addLines("let repairs go on concerns 12 machines: it waits as A-1")
            .build());
    Typed typed = pilot("repair", "unfreeze");
    assertThat(typed.code()).as("the outcome is open").isEqualTo(5);
    assertThat(typed.out()).isEmpty();
    assertThat(typed.err()).contains("it waits as A-1", "pilot approval approve A-1 --reason WHY");
  }

  @Test
  void ordersThatWaitAreListedWithWhoGaveThemAndWhy() throws IOException {
    dm.answers("ListOrders", ListOrdersReply.newBuilder().addItems(order()).build());
    assertThat(pilot("approval", "list").out())
        .contains("A-1", "waits", "let repairs go on", "operator/alice", WHY);
    assertThat(dm.asked("ListOrders", ListOrdersRequest.parser()).getWaitingOnly()).isTrue();
    JsonNode shown = json(pilot("approval", "show", "A-1", "-o", "json"));
    assertThat(shown.path("kind").asText()).isEqualTo("unfreeze");
    assertThat(shown.path("machines").asInt()).isEqualTo(12);
  }

  private static Order order() {
    return Order.newBuilder()
        .setId("A-1")
        .setKind(OrderKind.ORDER_UNFREEZE)
        .setState(Order.State.WAITS)
        .setWhat("let repairs go on")
        .setMachines(12)
        .setPrincipal("operator/alice")
        .setReason(WHY)
        .setExpiresAt(1_772_352_000_000L)
        .build();
  }

  @Test
  void aSecondPersonApprovesOrDeniesWithAReason() {
    says("DecideOrder", "repairs go on");
    assertThat(pilot("approval", "approve", "A-1").code()).isEqualTo(2);
    Typed typed = pilot("approval", "approve", "A-1", "--reason", WHY);
    assertThat(typed.out()).isEqualTo("approved and done: A-1\n  repairs go on\n");
    assertThat(dm.asked("DecideOrder", DecideOrderRequest.parser()).getDeny()).isFalse();
    assertThat(pilot("approval", "deny", "A-1", "--reason", WHY).out()).isEqualTo("denied: A-1\n");
    assertThat(dm.asked("DecideOrder", DecideOrderRequest.parser()).getDeny()).isTrue();
  }
}
