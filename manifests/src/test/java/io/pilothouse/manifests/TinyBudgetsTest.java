package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Limit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A percentage of few machines is less than one machine, and one is allowed all the same. */
class TinyBudgetsTest {

  @Test
  void aPercentageOfATinyDomainIsWarnedOfWithTheShareThatItReallyIs() {
    Budgets budgets = Budgets.newBuilder().setUnit(percent(5)).build();
    assertThat(TinyBudgets.warnings(budgets, machines(4, 100)))
        .containsExactly(
            "budgets.unit: 5% of 4 machines of unit/su-0 is 0: at least 1 is allowed, which is 25%");
  }

  @Test
  void theSmallestOfSeveralIsTheExample() {
    Budgets budgets = Budgets.newBuilder().setUnit(percent(12.5)).setFleet(percent(5)).build();
    assertThat(TinyBudgets.warnings(budgets, machines(7, 3, 1, 8)))
        .containsExactly(
            "budgets.fleet: 5% of 19 machines of fleet is 0: at least 1 is allowed, which is 5.3%",
            "budgets.unit: 12.5% of 1 machine of unit/su-2 is 0: at least 1 is allowed, which is"
                + " 100%; so in 3 of them");
  }

  @Test
  void numbersAndLargeEnoughPercentagesAreNotWarnedOf() {
    Budgets budgets =
        Budgets.newBuilder()
            .setUnit(percent(25))
            .setFleet(Limit.newBuilder().setAbsolute(1))
            .setRack(percent(1))
            .build();
    assertThat(TinyBudgets.warnings(budgets, machines(4, 100))).as("no rack is named").isEmpty();
  }

  private static List<InventoryMachine> machines(int... perUnit) {
    List<InventoryMachine> machines = new ArrayList<>();
    for (int unit = 0; unit < perUnit.length; unit++) {
      for (int i = 0; i < perUnit[unit]; i++) {
        machines.add(InventoryMachine.newBuilder().setScaleUnit("su-" + unit).build());
      }
    }
    return machines;
  }

  private static Limit percent(double percent) {
    return Limit.newBuilder().setPercent(percent).build();
  }
}
