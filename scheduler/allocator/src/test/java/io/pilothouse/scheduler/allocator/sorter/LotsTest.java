package io.pilothouse.scheduler.allocator.sorter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A lottery gives each its chances, place by place. */
class LotsTest {
  private static final int RUNS = 10_000;

  private final Sorter<String> sorter = Sorter.byLot(new Totals(Set.of()), 7);

  private void client(String path, double weight) {
    sorter.activate(sorter.add(path, path));
    sorter.weigh(path, weight);
  }

  private void expect(List<String> clients, double[][] chances) {
    double[][] found = new double[clients.size()][clients.size()];
    for (int run = 0; run < RUNS; run++) {
      List<String> order = sorter.order();
      for (int place = 0; place < order.size(); place++) {
        found[clients.indexOf(order.get(place))][place] += 1.0 / RUNS;
      }
    }
    for (int i = 0; i < clients.size(); i++) {
      for (int place = 0; place < clients.size(); place++) {
        assertThat(found[i][place])
            .as("chance of %s at place %s", clients.get(i), place)
            .isEqualTo(chances[i][place], within(0.02));
      }
    }
  }

  /** WeightedShuffleTest.ProbabilityDistribution: weights 1 to 5, a row for each. */
  @Test
  void amongSiblingsByWeight() {
    for (int weight = 1; weight <= 5; weight++) {
      client("w" + weight, weight);
    }
    expect(
        List.of("w1", "w2", "w3", "w4", "w5"),
        new double[][] {
          {.07, .08, .12, .20, .54},
          {.13, .16, .20, .28, .23},
          {.20, .22, .24, .22, .12},
          {.27, .26, .23, .17, .07},
          {.33, .28, .21, .13, .04}
        });
  }

  /** RandomSorterTest.HierarchyProbabilityDistribution. */
  @Test
  void inATreeByThePartsOfTheWeightsOnTheWayDown() {
    client("a", 1);
    client("a/b", 2);
    sorter.weigh("c", 2);
    client("c/d", 1);
    client("c/e", 2);
    expect(
        List.of("a", "a/b", "c/d", "c/e"),
        new double[][] {
          {.11, .15, .23, .51}, {.22, .27, .30, .21}, {.22, .27, .30, .21}, {.44, .31, .18, .07}
        });
  }

  @Test
  void whoIsNotActiveHasNoLot() {
    client("a", 1);
    Leaf<String> b = sorter.add("b", "b");
    assertThat(sorter.order()).containsExactly("a");
    sorter.activate(b);
    assertThat(sorter.order()).containsExactlyInAnyOrder("a", "b");
    sorter.deactivate(b);
    assertThat(sorter.order()).containsExactly("a");
  }

  @Test
  void nobodyIsDrawnTwiceThoughItIsGivenSomething() {
    client("a/x", 1);
    client("a/y", 1000);
    client("b", 10);
    Leaf<String> c = sorter.add("c", "c");
    sorter.activate(c);
    for (int run = 0; run < 200; run++) {
      List<String> drawn = new ArrayList<>();
      sorter.start();
      for (String path = sorter.next(); path != null; path = sorter.next()) {
        drawn.add(path);
        sorter.allocated(c, "agent", Resources.parse("cpus:1"));
      }
      assertThat(drawn).containsExactlyInAnyOrder("a/x", "a/y", "b", "c");
    }
  }

  @Test
  void higherPrioritiesAreDrawnFirst() {
    client("a", 1000);
    client("b", 1);
    client("c", 1);
    sorter.prioritize("c", 1);
    for (int run = 0; run < 100; run++) {
      assertThat(sorter.order()).startsWith("c").hasSize(3);
    }
  }

  @Test
  void theSameSeedDrawsTheSame() {
    Sorter<String> other = Sorter.byLot(new Totals(Set.of()), 7);
    List<List<String>> first = new ArrayList<>();
    List<List<String>> second = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      client("c" + i, 1 + i);
      other.activate(other.add("c" + i, "c" + i));
      other.weigh("c" + i, 1 + i);
      first.add(sorter.order());
      second.add(other.order());
    }
    assertThat(first).isEqualTo(second);
  }
}
