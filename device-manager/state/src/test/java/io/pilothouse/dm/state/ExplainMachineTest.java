package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a machine is said to be, to somebody who was woken by it. */
class ExplainMachineTest {
  private final FleetScenario fleet = FleetScenario.inService();

  private Explanation explain(String machine) throws Exception {
    return Explainer.explain(fleet.state, "machine", machine, fleet.now());
  }

  @Test
  void anErrorThatIsNotConfirmedNamesWhoSaysItAndWhenItBecomesAFailure() throws Exception {
    Instant began = fleet.now();
    fleet.machine("web-03").reports(VerdictKind.ERROR, "disk");
    fleet.machine("web-03").isHeldFor(Duration.ofSeconds(1));

    Explanation why = explain("web-03");

    assertThat(why.getSentence()).startsWith("HEALTHY, but in error since " + began);
    assertThat(why.getEvidenceList())
        .anySatisfy(
            each -> assertThat(each).startsWith("disk ERROR since").contains("machine/web-03"));
    assertThat(why.getNextWhat()).isEqualTo("FAILURE, if the error lasts");
    assertThat(why.getNextAt())
        .as("not the end of the hold, which comes first")
        .isEqualTo(began.plus(QuickFleet.CONFIRM).toEpochMilli());
  }

  @Test
  void aRedVerdictThatCountsForNothingIsExplained() throws Exception {
    mode(WatchdogState.Mode.SHADOW);
    fleet.machine("web-03").reports(VerdictKind.ERROR, "disk");
    assertThat(explain("web-03").getSentence()).startsWith("HEALTHY since");
    assertThat(explain("web-03").getEvidenceList())
        .anySatisfy(
            each ->
                assertThat(each)
                    .startsWith("disk says ERROR since")
                    .endsWith("counts for nothing: the watchdog is in shadow mode"));

    mode(WatchdogState.Mode.QUARANTINED);
    assertThat(explain("web-03").getEvidenceList())
        .anySatisfy(
            each ->
                assertThat(each).endsWith("counts for nothing: a person quarantined the watchdog"));
  }

  private void mode(WatchdogState.Mode mode) {
    fleet.sends(
        Command.newBuilder()
            .setPromoteWatchdog(PromoteWatchdog.newBuilder().setWatchdog("disk").setMode(mode)));
  }

  @Test
  void ofANoisyWatchdogItIsSaidByWhichIncidentAndWhenItEnds() throws Exception {
    WideFleet wide = WideFleet.of(400);
    List<String> red = wide.names(each -> true).subList(0, 240);
    wide.err("disk", red);
    String incident = wide.open().get(0).getId();
    assertThat(
            Explainer.explain(wide.fleet.state, "machine", "m-000", wide.fleet.now())
                .getEvidenceList())
        .anySatisfy(
            each -> assertThat(each).endsWith("the watchdog is quarantined by " + incident));

    wide.report("disk", VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, red);
    Instant calm = wide.fleet.now();
    Explanation why = Explainer.explain(wide.fleet.state, "incident", incident, wide.fleet.now());

    assertThat(why.getNextWhat())
        .startsWith("it is calm since " + calm)
        .contains("pilot incident resolve " + incident);
    assertThat(why.getNextAt())
        .isEqualTo(calm.toEpochMilli() + IncidentPolicies.of(wide.fleet.state).quietMs());
    wide.fleet.passes(Duration.ofMinutes(5));
    assertThat(
            Explainer.explain(wide.fleet.state, "incident", incident, wide.fleet.now())
                .getNextWhat())
        .isEqualTo("nothing, it is closed");
  }
}
