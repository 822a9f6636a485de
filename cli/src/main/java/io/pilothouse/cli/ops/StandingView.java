package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.pilothouse.api.v1.BudgetStanding;
import java.util.List;

/** How domains of the budget stood at some moment, as JSON and in words. */
final class StandingView {
  private StandingView() {}

  static void fill(ArrayNode array, List<BudgetStanding> standings) {
    for (BudgetStanding each : standings) {
      array
          .addObject()
          .put("domain", each.getDomain())
          .put("limit", each.getLimit())
          .put("taken", each.getTaken())
          .put("lost", each.getLost());
    }
  }

  /** {@code fleet 1 of 6 taken, 2 lost · rack/r1 0 of 1 taken}. */
  static String line(List<BudgetStanding> standings) {
    return String.join(
        " · ",
        standings.stream()
            .map(
                each ->
                    "%s %d of %d taken%s"
                        .formatted(
                            each.getDomain(),
                            each.getTaken(),
                            each.getLimit(),
                            each.getLost() == 0 ? "" : ", " + each.getLost() + " lost"))
            .toList());
  }
}
