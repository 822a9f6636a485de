package io.pilothouse.scheduler.allocator.sorter;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order that is kept change by change is the one that a sort of everything would give. */
class FullSortTest {
  private static final String[] PATHS = {
    "a", "a/b", "a/b/c", "a/d", "b", "b/a", "c/x", "c/y", "c/y/z", "d", "e", "e/e/e"
  };

  private final Totals totals = new Totals(Set.of());
  private final Sorter<String> sorter = Sorter.byShare(totals);
  private final TreeMap<String, Leaf<String>> leaves = new TreeMap<>();
  private final Model model = new Model();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void ofThousandsOfChanges(long seed) {
    Random random = new Random(seed);
    for (int step = 0; step < 2000; step++) {
      String path = PATHS[random.nextInt(PATHS.length)];
      step(random, path, leaves.get(path));
      if (random.nextInt(3) == 0) {
        assertThat(sorter.order()).as("step %s", step).isEqualTo(model.order());
      }
    }
  }

  /** As the allocator does it: each client that is named may be given something at once. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void aPassGoesOnInTheOrderOfItsStartWhoeverIsGivenSomething(long seed) {
    Random random = new Random(seed);
    totals.add(resources(1000, 2000).quantities());
    for (String path : PATHS) {
      leaves.put(path, sorter.add(path, path));
      sorter.activate(leaves.get(path));
    }
    for (int round = 0; round < 500; round++) {
      List<String> before = sorter.order();
      List<String> named = new ArrayList<>();
      sorter.start();
      for (String path = sorter.next(); path != null; path = sorter.next()) {
        named.add(path);
        if (random.nextInt(3) > 0) {
          sorter.allocated(leaves.get(path), "agent", resources(random.nextInt(3), 1));
        }
      }
      assertThat(named).isEqualTo(before);
    }
  }

  private void step(Random random, String path, Leaf<String> leaf) {
    int kind = random.nextInt(12);
    if (kind == 0) {
      long cpus = random.nextInt(20);
      // mostly in proportion, sometimes not
      long mem = random.nextInt(4) == 0 ? random.nextInt(40) : 2 * cpus;
      totals.add(resources(cpus, mem).quantities());
      model.cpus += cpus;
      model.mem += mem;
    } else if (kind == 1) {
      double weight = 1 + random.nextInt(4);
      sorter.weigh(path, weight);
      model.weights.put(path, weight);
    } else if (kind == 2) {
      int priority = random.nextInt(2);
      sorter.prioritize(path, priority);
      model.priorities.put(path, priority);
    } else if (leaf == null) {
      leaves.put(path, sorter.add(path, path));
      model.add(path);
    } else if (kind == 3) {
      sorter.remove(leaf);
      leaves.remove(path);
      model.remove(path);
    } else if (kind == 4) {
      sorter.deactivate(leaf);
      model.active.remove(path);
    } else if (kind < 7) {
      sorter.activate(leaf);
      model.active.add(path);
    } else {
      change(random, path, leaf, kind);
    }
  }

  private void change(Random random, String path, Leaf<String> leaf, int kind) {
    Resources used = model.used.get(path);
    Resources some = resources(random.nextInt(4), random.nextInt(8));
    if (kind < 10) {
      sorter.allocated(leaf, "agent", some);
      model.used.put(path, used.plus(some));
      model.count(path);
    } else if (used.contains(some)) {
      sorter.unallocated(leaf, "agent", some);
      model.used.put(path, used.minus(some));
    }
  }

  private static Resources resources(long cpus, long mem) {
    return Resources.parse("cpus:" + cpus + ";mem:" + mem);
  }

  /** Sorts everything each time, from what is known of clients only. */
  private static final class Model {
    final TreeMap<String, Resources> used = new TreeMap<>();
    final TreeSet<String> active = new TreeSet<>();
    final TreeMap<String, Double> weights = new TreeMap<>();
    final TreeMap<String, Integer> priorities = new TreeMap<>();
    long cpus;
    long mem;

    /** Allocations ever: at or below a path; of a client that has others below it, itself. */
    private final TreeMap<String, Long> counts = new TreeMap<>();

    private final TreeMap<String, Long> own = new TreeMap<>();

    void add(String path) {
      for (String above : prefixes(path)) {
        if (!above.equals(path) && used.containsKey(above) && !hasBelow(above)) {
          own.put(above, counts.get(above));
        }
        counts.putIfAbsent(above, 0L);
      }
      own.put(path, 0L);
      used.put(path, Resources.NONE);
    }

    void remove(String path) {
      used.remove(path);
      active.remove(path);
      for (String above : prefixes(path)) {
        if (!used.containsKey(above) && !hasBelow(above)) {
          counts.remove(above);
        }
      }
    }

    void count(String path) {
      prefixes(path).forEach(above -> counts.merge(above, 1L, Long::sum));
      own.merge(path, 1L, Long::sum);
    }

    private boolean hasBelow(String path) {
      return used.keySet().stream().anyMatch(other -> other.startsWith(path + "/"));
    }

    private static List<String> prefixes(String path) {
      List<String> result = new ArrayList<>();
      for (int i = path.indexOf('/'); i >= 0; i = path.indexOf('/', i + 1)) {
        result.add(path.substring(0, i));
      }
      result.add(path);
      return result;
    }

    private record Place(String name, int priority, double share, long count, List<String> all) {}

    List<String> order() {
      return below("");
    }

    private List<String> below(String parent) {
      TreeSet<String> names = new TreeSet<>();
      for (String path : active) {
        if (path.startsWith(parent)) {
          String rest = path.substring(parent.length());
          names.add(rest.contains("/") ? rest.substring(0, rest.indexOf('/')) : rest);
        }
      }
      List<Place> places = new ArrayList<>();
      for (String name : names) {
        places.add(place(parent + name, name));
      }
      String self = parent.isEmpty() ? "" : parent.substring(0, parent.length() - 1);
      if (active.contains(self)) {
        Double share = share(used.get(self));
        places.add(new Place(".", 0, share, own.get(self), List.of(self)));
      }
      places.sort(
          Comparator.comparingInt((Place place) -> -place.priority)
              .thenComparingDouble(Place::share)
              .thenComparingLong(Place::count)
              .thenComparing(Place::name));
      List<String> result = new ArrayList<>();
      places.forEach(place -> result.addAll(place.all));
      return result;
    }

    private Place place(String path, String name) {
      Resources sum = Resources.NONE;
      for (var client : used.entrySet()) {
        if (client.getKey().equals(path) || client.getKey().startsWith(path + "/")) {
          sum = sum.plus(client.getValue());
        }
      }
      boolean parent = hasBelow(path);
      return new Place(
          name,
          priorities.getOrDefault(path, 0),
          share(sum) / weights.getOrDefault(path, 1.0),
          counts.get(path),
          parent ? below(path + "/") : List.of(path));
    }

    private double share(Resources sum) {
      double ofCpus = cpus == 0 ? 0 : (double) sum.quantities().get("cpus") / (1000 * cpus);
      double ofMem = mem == 0 ? 0 : (double) sum.quantities().get("mem") / (1000 * mem);
      return Math.max(ofCpus, ofMem);
    }
  }
}
