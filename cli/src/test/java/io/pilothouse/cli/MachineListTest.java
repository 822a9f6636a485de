package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.api.v1.ListMachinesReply;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.VersionRef;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Machines by what is true of them, and the fleet live. */
class MachineListTest {
  private final FakeDm dm = new FakeDm();

  MachineListTest() throws IOException {}

  @BeforeEach
  void machines() {
    ListMachinesReply.Builder all = ListMachinesReply.newBuilder().setRevision(7);
    for (int i = 1; i <= 12; i++) {
      Machine.Builder machine =
          all.addItemsBuilder()
              .setName("web-%02d".formatted(i))
              .setType("frontend")
              .setRack("r" + (i % 2))
              .setLifecycle(Lifecycle.IN_SERVICE)
              .setCondition(i == 3 ? Condition.FAILURE : Condition.HEALTHY);
      machine
          .getObservedBuilder()
          .setActive(VersionRef.newBuilder().setName("web").setVersion(i < 3 ? "1.1.0" : "1.0.0"));
    }
    dm.answers("ListMachines", all.build());
  }

  @AfterEach
  void stop() {
    dm.close();
  }

  private Typed pilot(String... args) {
    return Typed.at(dm, args);
  }

  private List<String> selected(String selector) {
    Typed typed = pilot("machine", "list", "-o", "name", "--selector", selector);
    assertThat(typed.code()).as(typed.err()).isZero();
    return typed.out().lines().toList();
  }

  @Test
  void allTermsOfASelectorMustHold() {
    assertThat(selected("rack=r1,condition!=healthy")).containsExactly("web-03");
    assertThat(selected("name=web-[02-04], rack = r0")).containsExactly("web-02", "web-04");
    assertThat(selected("active=web@1.1.0")).containsExactly("web-01", "web-02");
    assertThat(selected("name!=web-[01-11]")).containsExactly("web-12");
    assertThat(selected("feed=")).as("none has one").hasSize(12);
    assertThat(selected("rack=r9")).isEmpty();
    assertThat(selected("")).hasSize(12);
  }

  @Test
  void whatIsNoSelectorIsRefusedBeforeAnybodyIsAsked() {
    assertThat(pilot("machine", "list", "-l", "r1").err()).contains("\"r1\" is no term");
    assertThat(pilot("machine", "list", "-l", "=r1").err()).contains("\"=r1\" is no term");
    assertThat(pilot("machine", "list", "-l", "rack=r1,").err()).contains("\"\" is no term");
    Typed key = pilot("machine", "list", "-l", "rak=r1");
    assertThat(key.code()).isEqualTo(2);
    assertThat(key.err()).contains("a machine has no \"rak\" (did you mean \"rack\"?)");
    assertThat(pilot("machine", "list", "-l", "name=web-[09-01]").err())
        .contains("\"web-[09-01]\"");
    assertThat(dm.methods()).isEmpty();
  }

  @Test
  void withoutATerminalTopIsTheStatusAndTheNewestEventsOnce() {
    dm.answers(
        "GetStatus",
        StatusReply.newBuilder().setFleet("shop").setHealth("HEALTH_OK").setTotal(12).build());
    dm.answers(
        "ListEvents",
        ListEventsReply.newBuilder()
            .addItems(AuditRecord.newBuilder().setIndex(4).setText("the older one"))
            .addItems(AuditRecord.newBuilder().setIndex(5).setText("the newer one"))
            .build());
    Typed typed = pilot("top");
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out())
        .startsWith("fleet shop   HEALTH_OK")
        .containsSubsequence("machines   12: ", "the newer one", "the older one");
    assertThat(dm.asked("ListEvents", ListEventsRequest.parser()).getLast()).isEqualTo(10);
    assertThat(pilot("top", "-o", "json").out()).startsWith("{").contains("\"HEALTH_OK\"");
  }
}
