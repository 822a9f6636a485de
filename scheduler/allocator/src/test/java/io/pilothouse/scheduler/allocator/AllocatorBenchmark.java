package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Ranges;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.resources.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The allocator under Mesos' own benchmarks, with their parameters: see
 * testing/benchmarks/allocator. Asserts nothing.
 */
class AllocatorBenchmark {
  private static final Resources TOTAL =
      Resources.parse("cpus:24;mem:4096;disk:4096;ports:[31000-32000]");
  private static final Resources USED =
      Resources.parse("cpus:16;mem:2014;disk:1024").plus(sixteenRanges());
  private static final int ROUNDS = Integer.getInteger("rounds", 2000);

  private Allocator allocator = Allocator.create(Options.DEFAULT);
  private long now;

  private static Resources sixteenRanges() {
    List<Ranges.Range> ranges = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      ranges.add(new Ranges.Range(31_000 + 62 * i, 31_000 + 62 * i + 60));
    }
    return Resources.of(new Entry(Kind.of("ports"), Ranges.of(ranges)));
  }

  // ---- DeclineOffers

  @Test
  void declineOffers() {
    int agents = Integer.getInteger("agents", 10_000);
    int frameworks = Integer.getInteger("frameworks", 1_000);
    decline(1_000, 100, 200);
    decline(agents, frameworks, Math.min(ROUNDS, 2 * frameworks));
  }

  /** Everybody declines everything for ever; after as many rounds as frameworks nothing is left. */
  private void decline(int agents, int frameworks, int rounds) {
    Stopwatch watch = new Stopwatch(agents + " agents, " + frameworks + " frameworks");
    allocator = Allocator.create(Options.DEFAULT);
    now = 0;
    for (int i = 0; i < frameworks; i++) {
      allocator.addFramework(Framework.of("framework" + i, "*"));
    }
    watch.time(
        "add all agents, one in use, an allocation for each",
        () -> {
          for (int i = 0; i < agents; i++) {
            String id = "agent" + i;
            Allocation used = new Allocation("framework" + i % frameworks, "*", id, USED);
            allocator.addAgent(new Agent(id, TOTAL), List.of(used));
            take(allocator.allocateChanged(now));
          }
        });
    for (int round = 0; round < rounds; round++) {
      int offered = offers.size();
      if (offered > 0) {
        watch.time("decline all offers for ever", this::declineAll);
      }
      now += 1000;
      String when =
          round < frameworks / 2
              ? "to half the frameworks"
              : round < frameworks ? "to the other half" : "that all have declined";
      take(watch.time("allocate(): agents " + when, () -> allocator.allocate(now)));
    }
    watch.print();
  }

  private final List<Allocation> offers = new ArrayList<>();

  private void take(List<Allocation> more) {
    offers.addAll(more);
  }

  private void declineAll() {
    for (Allocation offer : offers) {
      allocator.recover(offer, OptionalLong.of(Long.MAX_VALUE), now);
    }
    offers.clear();
  }

  // ---- AddAndUpdateSlave

  @Test
  void addAndUpdateAgents() {
    for (int frameworks : new int[] {1, 100, 1000}) {
      addAndUpdate(10_000, frameworks);
    }
  }

  private void addAndUpdate(int agents, int frameworks) {
    Stopwatch watch = new Stopwatch(agents + " agents, " + frameworks + " frameworks");
    Resources total = Resources.parse("cpus:2;mem:1024;disk:4096;ports:[31000-32000]");
    Resources used = Resources.parse("cpus:1;mem:128;disk:1024;ports:[31126-31510]");
    Resources slack = Resources.of(new Entry(Kind.of("cpus").revoke(), new Value.Scalar(10_000)));
    for (int round = 0; round < 5; round++) {
      allocator = Allocator.create(Options.DEFAULT);
      for (int i = 0; i < frameworks; i++) {
        allocator.addFramework(
            Framework.of("framework" + i, "*").with(Capability.REVOCABLE_RESOURCES));
      }
      watch.time(
          "add agents, an allocation for each",
          () -> {
            for (int i = 0; i < agents; i++) {
              Allocation one = new Allocation("framework" + i % frameworks, "*", "a" + i, used);
              allocator.addAgent(new Agent("a" + i, total), List.of(one));
              allocator.allocateChanged(0);
            }
          });
      watch.time(
          "update agents by revocable resources, an allocation for each",
          () -> {
            for (int i = 0; i < agents; i++) {
              allocator.updateAgent(new Agent("a" + i, total.plus(slack)));
              allocator.allocateChanged(0);
            }
          });
      watch.time(
          "update agents again, one allocation for all",
          () -> {
            for (int i = 0; i < agents; i++) {
              allocator.updateAgent(new Agent("a" + i, total.plus(slack).plus(slack)));
            }
            allocator.allocateChanged(0);
          });
    }
    watch.print();
  }

  // ---- LargeAndSmallQuota

  @Test
  void largeAndSmallQuota() {
    for (int scale : new int[] {1, 10, 100}) {
      quota(25 * scale, 5 * scale);
    }
  }

  private void quota(int small, int large) {
    int agents = small / 5 + large * 5;
    Stopwatch watch = new Stopwatch(agents + " agents, " + (small + large) + " roles");
    for (int round = 0; round < 7; round++) {
      allocator = Allocator.create(Options.DEFAULT.withSeed(round));
      for (int i = 0; i < small + large; i++) {
        String role = i < small ? "small" + i : "large" + i;
        allocator.addFramework(Framework.of("framework" + i, role));
        allocator.setQuota(
            role,
            Quota.exactly(i < small ? "cpus:1;mem:1024;disk:1024" : "cpus:4;mem:4096;disk:4096"));
      }
      for (int i = 0; i < agents; i++) {
        Resources total = Resources.parse("cpus:2;mem:2048;disk:2048");
        allocator.addAgent(new Agent("agent" + i, total), List.of());
      }
      List<Allocation> made = watch.time("quota: serve all", () -> allocator.allocate(1000));
      if (made.size() < small + large) {
        throw new IllegalStateException(made.size() + " allocations");
      }
      watch.time("quota: nothing to do", () -> allocator.allocate(2000));
      Allocation one = made.get(0);
      allocator.recover(one, OptionalLong.empty(), 2000);
      watch.time("quota: one allocation given back", () -> allocator.allocate(3000));
    }
    watch.print();
  }

  // ---- MultiFrameworkAllocations

  private record Wish(int tasks, Resources each, int mostOfAnOffer) {}

  @Test
  void manyFrameworksLaunchTheirTasks() {
    for (Options.Order order : Options.Order.values()) {
      launch(order);
    }
  }

  private void launch(Options.Order order) {
    Stopwatch watch = new Stopwatch("80 agents, 554 frameworks, 19,500 tasks, " + order);
    int cycles = 0;
    for (int round = 0; round < 5; round++) {
      allocator = Allocator.create(Options.DEFAULT.withSeed(round).withOrder(order));
      now = 0;
      TreeMap<String, Wish> wishes = new TreeMap<>();
      for (int i = 0; i < 4; i++) {
        add(wishes, "Marathon-" + i, "roleA-" + i, new Wish(4000, res("cpus:0.07;mem:400"), 100));
      }
      for (int i = 0; i < 500; i++) {
        add(wishes, "Jenkins-" + i, "roleB", new Wish(5, res("cpus:0.1;mem:4000"), 1));
      }
      for (int i = 0; i < 50; i++) {
        add(wishes, "Spark-" + i, "roleC-" + i, new Wish(20, res("cpus:1;mem:1000"), 5));
      }
      for (int i = 0; i < 80; i++) {
        allocator.addAgent(new Agent("agent" + i, res("cpus:64;mem:488000")), List.of());
      }
      cycles = watch.time("many frameworks: until all tasks run", () -> launchAll(wishes));
    }
    watch.print();
    System.out.println("| the same, cycles | " + order + " | " + cycles + " | | | |");
  }

  private static Resources res(String text) {
    return Resources.parse(text);
  }

  private void add(Map<String, Wish> wishes, String id, String role, Wish wish) {
    allocator.addFramework(Framework.of(id, role));
    wishes.put(id, wish);
  }

  private int launchAll(Map<String, Wish> wishes) {
    TreeMap<String, Integer> left = new TreeMap<>();
    wishes.forEach((id, wish) -> left.put(id, wish.tasks));
    int cycles = 0;
    while (left.values().stream().anyMatch(n -> n > 0)) {
      cycles++;
      now += 1000;
      for (Allocation offer : allocator.allocate(now)) {
        Wish wish = wishes.get(offer.framework());
        Resources rest = offer.resources();
        int launched = 0;
        while (launched < Math.min(wish.mostOfAnOffer, left.get(offer.framework()))
            && rest.contains(wish.each)) {
          rest = rest.minus(wish.each);
          launched++;
        }
        left.merge(offer.framework(), -launched, Integer::sum);
        Allocation unused = new Allocation(offer.framework(), offer.role(), offer.agent(), rest);
        allocator.recover(unused, OptionalLong.empty(), now);
        // else those who have all they want take their share of offers for ever, and by fair
        // share those who want more get none
        if (left.get(offer.framework()) == 0) {
          allocator.suppress(offer.framework(), List.of());
        }
      }
      if (cycles > 10_000) {
        throw new IllegalStateException("tasks left after " + cycles + " cycles");
      }
    }
    return cycles;
  }
}
