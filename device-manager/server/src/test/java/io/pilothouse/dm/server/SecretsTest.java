package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineApiGrpc.MachineApiBlockingStub;
import io.pilothouse.api.v1.PullProvisioningRequest;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.RegisterRequest;
import io.pilothouse.dm.state.Table;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A machine's key is in no log line, no entity and no answer, at whatever level one logs. */
class SecretsTest {
  private static final String WRONG = "another-secret-altogether";

  private final Logger root = (Logger) LoggerFactory.getLogger("io.pilothouse");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void everythingIsLogged() {
    root.setLevel(Level.TRACE);
    lines.start();
    root.addAppender(lines);
    dm.fleet.apply();
    dm.fleet.serve("web-01", KEY);
  }

  @AfterEach
  void close() {
    root.detachAppender(lines);
    root.setLevel(null);
    dm.close();
  }

  private static RegisterRequest registration() {
    return RegisterRequest.newBuilder()
        .setMachine("web-01")
        .setBootId("web-01-boot-3")
        .setObserved(TestFleet.observed("web-01"))
        .build();
  }

  private static void pulls(MachineApiBlockingStub as) {
    var unused = as.pull(PullRequest.newBuilder().setMachine("web-01").build());
  }

  private List<String> logged() {
    synchronized (lines) {
      return new ArrayList<>(lines.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
  }

  @Test
  void whatIsLoggedOfCallsHasNoKey() {
    var unused = dm.machine("web-01").register(registration());
    pulls(dm.machine("web-01"));
    refusal(() -> pulls(dm.machine("web-01", WRONG)));
    refusal(() -> dm.machine("web-02", WRONG).register(registration()));

    assertThat(logged()).anyMatch(each -> each.contains("web-01"));
    assertThat(logged()).noneMatch(each -> each.contains(KEY) || each.contains(WRONG));
  }

  @Test
  void whatIsStoredHasOnlyTheHashAndWhatIsShownNotEvenThat() {
    String hash = MachineIdentity.sha256(KEY);
    List<String> stored =
        dm.ledger.read(
            state -> {
              List<String> all = new ArrayList<>();
              for (Table table : Table.values()) {
                state.table(table).values().forEach(each -> all.add(each.toString()));
              }
              return all;
            });
    assertThat(stored).noneMatch(each -> each.contains(KEY));
    assertThat(stored).anyMatch(each -> each.contains(hash));
    assertThat(dm.ledger.submitted()).noneMatch(each -> each.toString().contains(KEY));

    GetMachineRequest one = GetMachineRequest.newBuilder().setName("web-01").build();
    assertThat(dm.operator().getMachine(one).toString()).doesNotContain(hash, KEY);
    assertThat(dm.operator().listMachines(ListMachinesRequest.getDefaultInstance()).getItemsList())
        .extracting(Machine::getKeySha256)
        .containsOnly("");
    assertThat(
            dm.satellite("provisioning-1")
                .pullProvisioning(PullProvisioningRequest.getDefaultInstance())
                .toString())
        .doesNotContain(hash);
  }

  @Test
  void theHashOfAnEnrolmentTokenIsShownToNobody() {
    String hash = "ab".repeat(32);
    var unused =
        dm.operator()
            .controlMachine(
                ControlMachineRequest.newBuilder()
                    .setMachine("web-01")
                    .setVerb("enrol")
                    .setTokenSha256(hash)
                    .build());
    GetMachineRequest one = GetMachineRequest.newBuilder().setName("web-01").build();
    Machine shown = dm.operator().getMachine(one).getMachine();
    assertThat(shown.getEnrolment().getOpenedBy()).startsWith("operator/");
    assertThat(
            List.of(
                shown.toString(),
                dm.operator().listMachines(ListMachinesRequest.getDefaultInstance()).toString(),
                dm.operator().listEvents(ListEventsRequest.getDefaultInstance()).toString(),
                dm.satellite("provisioning-1")
                    .pullProvisioning(PullProvisioningRequest.getDefaultInstance())
                    .toString(),
                String.join("\n", logged())))
        .noneMatch(each -> each.contains(hash));
  }

  @Test
  void whoCallsIsPrintedWithoutHisKey() {
    Principal web = Principal.parse("machine/web-01").orElseThrow();
    assertThat(new Caller(web, "rid", java.util.Optional.of(KEY)).toString())
        .contains("machine/web-01")
        .doesNotContain(KEY);
  }
}
