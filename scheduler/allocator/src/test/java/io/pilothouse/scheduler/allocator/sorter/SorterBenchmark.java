package io.pilothouse.scheduler.allocator.sorter;

import io.pilothouse.scheduler.allocator.Stopwatch;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Ranges;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The sorter under Mesos' FullSort: see testing/benchmarks/allocator. Asserts nothing. */
class SorterBenchmark {
  private static final Quantities AGENT = Quantities.parse("cpus:24;mem:4096;disk:4096");

  private final List<Leaf<String>> leaves = new ArrayList<>();
  private Totals totals = new Totals(Set.of());
  private Sorter<String> sorter = Sorter.byShare(totals);

  @Test
  void fullSort() {
    for (int agents : new int[] {1000, 10_000, 50_000}) {
      for (int clients : new int[] {50, 1000}) {
        measure(agents, clients);
      }
    }
  }

  private void measure(int agents, int clients) {
    String size = agents + " agents, " + clients + " clients";
    Resources used = Resources.parse("cpus:16;mem:2014;disk:1024").plus(hundredPorts());
    Stopwatch watch = new Stopwatch(size);
    for (int round = 0; round < 7; round++) {
      totals = new Totals(Set.of());
      sorter = Sorter.byShare(totals);
      leaves.clear();
      for (int i = 0; i < clients; i++) {
        leaves.add(sorter.add("client" + i, "client" + i));
        sorter.activate(leaves.get(i));
      }
      for (int i = 0; i < agents; i++) {
        totals.add(AGENT);
      }
      watch.time("sorter: an allocation on each agent", () -> allocate(agents, used));
      watch.time("sorter: sort all", sorter::order);
      watch.time("sorter: sort again, nothing changed", sorter::order);
      watch.time("sorter: take back all allocations", () -> takeBack(agents, used));
    }
    watch.print();
  }

  private void allocate(int agents, Resources used) {
    for (int i = 0; i < agents; i++) {
      sorter.allocated(leaves.get(i % leaves.size()), "agent", used);
    }
  }

  private void takeBack(int agents, Resources used) {
    for (int i = 0; i < agents; i++) {
      sorter.unallocated(leaves.get(i % leaves.size()), "agent", used);
    }
  }

  private static Resources hundredPorts() {
    List<Ranges.Range> ranges = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      ranges.add(new Ranges.Range(31_000 + 10 * i, 31_000 + 10 * i + 8));
    }
    return Resources.of(new Entry(Kind.of("ports"), Ranges.of(ranges)));
  }
}
