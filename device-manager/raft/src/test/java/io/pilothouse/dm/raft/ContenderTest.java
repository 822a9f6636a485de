package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;

/** Who stands when the leader's process has ended. */
class ContenderTest {

  @Test
  void theLongerLogGoesFirstWhateverThePriority() {
    assertThat(first(of("a", 3, 7, 9), of("b", 3, 8, 0))).isEqualTo("b");
    assertThat(first(of("a", 2, 100, 9), of("b", 3, 1, 0))).isEqualTo("b");
  }

  @Test
  void ofEqualLogsTheHigherPriorityAndThenTheFirstName() {
    assertThat(first(of("a", 3, 7, 0), of("b", 3, 7, 1), of("c", 3, 7, 1))).isEqualTo("b");
    assertThat(first(of("c", 3, 7, 0), of("b", 3, 7, 0))).isEqualTo("b");
  }

  private static String first(Contender... all) {
    return Collections.max(List.of(all)).id();
  }

  private static Contender of(String id, long term, long index, int priority) {
    return new Contender(id, TermIndex.valueOf(term, index), priority);
  }
}
