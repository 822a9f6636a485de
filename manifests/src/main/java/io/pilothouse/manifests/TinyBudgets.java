package io.pilothouse.manifests;

import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.InventoryMachineOrBuilder;
import io.pilothouse.api.v1.Limit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Budgets in percent that come to less than one machine of a domain: one is allowed all the same,
 * or nothing there could ever be repaired, and that is a larger share than was written.
 */
final class TinyBudgets {

  private final Budgets budgets;
  private final Collection<? extends InventoryMachineOrBuilder> machines;
  private final List<String> warnings = new ArrayList<>();

  private TinyBudgets(Budgets budgets, Collection<? extends InventoryMachineOrBuilder> machines) {
    this.budgets = budgets;
    this.machines = machines;
  }

  /** A sentence for each kind of domain that has such a one; the smallest is its example. */
  static List<String> warnings(
      Budgets budgets, Collection<? extends InventoryMachineOrBuilder> machines) {
    return new TinyBudgets(budgets, machines).look();
  }

  private List<String> look() {
    look("fleet", budgets.getFleet(), each -> "fleet");
    look("unit", budgets.getUnit(), InventoryMachineOrBuilder::getScaleUnit);
    look("rack", budgets.getRack(), InventoryMachineOrBuilder::getRack);
    look("switch", budgets.getSwitch(), InventoryMachineOrBuilder::getSwitch);
    look("feed", budgets.getFeed(), InventoryMachineOrBuilder::getFeed);
    look("type", budgets.getType(), InventoryMachineOrBuilder::getType);
    return warnings;
  }

  private void look(
      String kind, Limit limit, Function<InventoryMachineOrBuilder, String> domainOf) {
    if (limit.getAbsolute() > 0 || limit.getPercent() == 0) {
      return;
    }
    Map<String, Integer> members = new TreeMap<>();
    for (InventoryMachineOrBuilder each : machines) {
      if (!domainOf.apply(each).isEmpty()) {
        members.merge(domainOf.apply(each), 1, Integer::sum);
      }
    }
    members.values().removeIf(count -> count * limit.getPercent() >= 100);
    members.entrySet().stream()
        .min(Map.Entry.comparingByValue())
        .ifPresent(
            smallest ->
                warnings.add(
                    "budgets.%s: %s of %s of %s is 0: at least 1 is allowed, which is %s%s"
                        .formatted(
                            kind,
                            percent(limit.getPercent()),
                            count(smallest.getValue()),
                            kind.equals("fleet") ? "fleet" : kind + "/" + smallest.getKey(),
                            percent(100.0 / smallest.getValue()),
                            members.size() == 1 ? "" : "; so in " + members.size() + " of them")));
  }

  private static String count(int machines) {
    return machines == 1 ? "1 machine" : machines + " machines";
  }

  private static String percent(double percent) {
    double tenths = Math.round(percent * 10) / 10.0;
    return tenths == Math.rint(tenths) ? (long) tenths + "%" : tenths + "%";
  }
}
