package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.StateCheck;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which replicas' states must be the same. */
class StateChecksTest {

  private final StateChecks checks = new StateChecks(5);
  private final List<StateCheck> differences = new ArrayList<>();

  private StateCheck own(int level) {
    checks.onDifference(differences::add);
    checks.applied(10, level, () -> new byte[] {1});
    return checks.at(10).orElseThrow();
  }

  private static StateCheck.Builder another(StateCheck own) {
    return own.toBuilder().setDigest(ByteString.copyFrom(new byte[] {2}));
  }

  @Test
  void ofOneReleaseAtEveryLevel() {
    StateCheck own = own(1);
    checks.compare(own);
    assertThat(differences).isEmpty();
    checks.compare(another(own).build());
    assertThat(differences).hasSize(1);
  }

  @Test
  void ofTwoReleasesAtALevelThatFixesWhatBothWrite() {
    StateCheck own = own(2);
    checks.compare(another(own).setSchema("of another release").build());
    assertThat(differences).hasSize(1);
  }

  @Test
  void notOfTwoReleasesAtTheFirstLevelNorOfOneThatKnowsNoLevels() {
    StateCheck first = own(1);
    checks.compare(another(first).setSchema("of another release").build());
    checks.applied(10, 2, () -> new byte[] {1});
    StateCheck second = checks.at(10).orElseThrow();
    checks.compare(another(second).setSchema("of an older release").clearFeatureLevel().build());
    assertThat(differences).isEmpty();
  }
}
