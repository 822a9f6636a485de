package io.pilothouse.dm.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Rates as an operator writes them. */
class RatesFileTest {

  @Test
  void namedRatesReplaceTheDefaultsAndTheOthersStay() throws Exception {
    Faults faults = RatesFile.ofText("rates.yaml", "rack-power: 2\nflapping: 0.5\n");
    assertThat(faults.rate("rack-power")).isEqualTo(2);
    assertThat(faults.rate("flapping")).isEqualTo(0.5);
    assertThat(faults.rate("slow")).isEqualTo(Faults.usual().rate("slow"));
  }

  @Test
  void allIsAFactorOfWhatIsNotNamed() throws Exception {
    Faults faults = RatesFile.ofWords("all=0,feed-power=1");
    assertThat(faults.rate("feed-power")).isEqualTo(1);
    assertThat(faults.rate("crash-hang")).isZero();
    assertThat(faults.rate("wrong-swap")).as("a share is no rate").isEqualTo(0.01);
  }

  @Test
  void everyMistakeIsToldWithItsPlace() {
    String text = "rack-powr: 1\nslow: fast\nlying-bmc: 3\nflapping: [1]\n";
    assertThatThrownBy(() -> RatesFile.ofText("rates.yaml", text))
        .hasMessageContaining("rates.yaml:1:1: no fault \"rack-powr\"; there are")
        .hasMessageContaining("rates.yaml:2:1: slow cannot be \"fast\"")
        .hasMessageContaining(
            "rates.yaml:3:1: lying-bmc cannot be \"3\"; write a number from 0 to 1")
        .hasMessageContaining("rates.yaml:4:11: a list is no rate");
  }

  @Test
  void aWordWithoutARateIsRefused() {
    assertThatThrownBy(() -> RatesFile.ofWords("slow"))
        .hasMessageContaining("\"slow\" has no rate; write NAME=RATE");
  }

  @Test
  void aRateThatIsThereTwiceIsRefused() {
    assertThatThrownBy(() -> RatesFile.ofWords("slow=1,slow=2"))
        .hasMessageContaining("slow is there twice");
  }
}
