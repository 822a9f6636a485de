package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.IncidentPolicy;
import io.pilothouse.dm.state.Correlation.Candidate;
import io.pilothouse.dm.state.Correlation.Cluster;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The numbers that make one value the cause, and those that do not. */
class CorrelationTest {
  private static final IncidentPolicies POLICY =
      IncidentPolicies.of(IncidentPolicy.getDefaultInstance());

  @Test
  void narrowestOfEqualSharesWinsByItsRate() {
    Cluster cluster = new Cluster(8, 400, 100, true);
    assertThat(best(cluster, of(Dimension.FEED, 8, 40), of(Dimension.RACK, 8, 10)))
        .isEqualTo("rack x");
  }

  @Test
  void theSameMachinesAreTheRackWhenTheyAreGoneAndTheVersionWhenTheyAreNot() {
    Candidate rack = of(Dimension.RACK, 10, 10);
    Candidate version = of(Dimension.MANIFEST, 10, 10);
    assertThat(best(new Cluster(10, 40, 0, true), rack, version)).isEqualTo("rack x");
    assertThat(best(new Cluster(10, 40, 0, false), rack, version)).isEqualTo("manifest version x");
  }

  @Test
  void whatNearlyAllHaveExplainsNothing() {
    Candidate model = of(Dimension.MODEL, 8, 330);
    assertThat(best(new Cluster(8, 400, 0, true), model)).isEqualTo("nothing");
    assertThat(Correlation.objection(new Cluster(8, 400, 0, true), model, POLICY))
        .contains("nearly every machine has it");
  }

  @Test
  void fewMachinesASmallShareOrTheUsualRateAreNoCause() {
    Cluster cluster = new Cluster(10, 400, 0, true);
    assertThat(best(cluster, of(Dimension.RACK, 4, 10))).isEqualTo("nothing");
    assertThat(best(cluster, of(Dimension.RACK, 5, 10))).isEqualTo("nothing");
    assertThat(best(cluster, of(Dimension.FEED, 6, 200))).isEqualTo("nothing");
    assertThat(best(new Cluster(10, 400, 60_000, true), of(Dimension.RACK, 8, 20)))
        .as("40 % where 6 % is usual")
        .isEqualTo("nothing");
    assertThat(best(cluster, of(Dimension.RACK, 6, 10))).isEqualTo("rack x");
  }

  @Test
  void oneOtherFailureInASmallFleetDoesNotHideARack() {
    IncidentPolicies small =
        IncidentPolicies.of(IncidentPolicy.newBuilder().setMachines(3).build());
    assertThat(
            Correlation.best(new Cluster(5, 12, 0, true), List.of(of(Dimension.RACK, 4, 4)), small))
        .isPresent();
  }

  private static Candidate of(Dimension dimension, int explained, int members) {
    return new Candidate(new Trait(dimension, "x"), explained, members);
  }

  private static String best(Cluster cluster, Candidate... candidates) {
    return Correlation.best(cluster, List.of(candidates), POLICY)
        .map(each -> each.trait().words())
        .orElse("nothing");
  }
}
