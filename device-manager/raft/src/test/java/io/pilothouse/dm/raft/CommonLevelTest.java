package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ReplicaVitals;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which level all replicas apply. */
class CommonLevelTest {
  private final List<Peer> peers = Cluster.peers(3);

  private static ReplicaVitals upTo(int level) {
    return ReplicaVitals.newBuilder().setVersion("0." + level).setMaxLevel(level).build();
  }

  @Test
  void oneThatIsLeftBehindIsNamedBeforeTheNewestComesIntoForce() {
    CommonLevel common =
        CommonLevel.of(peers, Map.of("dm-1", upTo(3), "dm-2", upTo(2), "dm-3", upTo(3)));
    assertThat(common.highest()).contains(2);
    assertThat(common.newest()).isEqualTo(3);
    assertThat(common.objection(3))
        .hasValueSatisfying(
            each ->
                assertThat(each.getMessage())
                    .isEqualTo(
                        "replica dm-2 runs 0.2, which applies feature levels up to 2, not 3"));
    assertThat(common.objection(2)).isEmpty();
  }

  @Test
  void oneThatDoesNotAnswerCouldBeOfAnyBuild() {
    CommonLevel common = CommonLevel.of(peers, Map.of("dm-1", upTo(3), "dm-3", upTo(3)));
    assertThat(common.highest()).isEmpty();
    assertThat(common.objection(common.newest()))
        .hasValueSatisfying(each -> assertThat(each.getMessage()).contains("dm-2 does not answer"));
  }

  @Test
  void aBuildFromBeforeThereWereLevelsAppliesTheFirst() {
    ReplicaVitals old = ReplicaVitals.newBuilder().setVersion("0.0.9").build();
    CommonLevel common = CommonLevel.of(peers, Map.of("dm-1", old, "dm-2", old, "dm-3", old));
    assertThat(common.highest()).contains(1);
    assertThat(common.newest()).isEqualTo(1);
  }
}
