package io.pilothouse.dm.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Machine;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TakingsTest {

  @Test
  void aMachineThatIsTakenByTwoActionsCountsOnce() {
    List<Takings.Taking> twice = List.of(taking("a", 0, 50), taking("a", 20, 70));
    assertThat(Takings.peaks(twice)).containsEntry("fleet", 1).containsEntry("rack/r1", 1);
    assertThat(Takings.admitted(twice, Map.of("fleet", 1))).hasSize(2);
  }

  @Test
  void oneAfterTheOtherIsNotAtOnce() {
    assertThat(Takings.peaks(List.of(taking("a", 0, 10), taking("b", 10, 20))))
        .containsEntry("fleet", 1);
  }

  @Test
  void aCeilingMakesThemWaitInTheirOrder() {
    List<Takings.Taking> admitted =
        Takings.admitted(
            List.of(taking("c", 2, 12), taking("a", 0, 10), taking("b", 1, 11)),
            Map.of("rack/r1", 1));
    assertThat(admitted)
        .extracting(each -> each.machine().getName())
        .containsExactly("a", "b", "c");
    assertThat(admitted).extracting(Takings.Taking::from).containsExactly(0L, 10L, 20L);
  }

  @Test
  void aCeilingOfZeroAdmitsNobody() {
    assertThat(Takings.admitted(List.of(taking("a", 0, 10)), Map.of("fleet", 0))).isEmpty();
  }

  private static Takings.Taking taking(String machine, long from, long until) {
    return new Takings.Taking(
        Machine.newBuilder().setName(machine).setRack("r1").build(), from, until);
  }
}
