package io.pilothouse.scheduler.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Thousands of random events. After each: nothing is allocated twice or beyond what there is, the
 * allocator's books are those of who kept them apart, and nobody is offered what is not for it.
 */
class InvariantsTest {
  private static final String[] ROLES = {"a", "a/b", "a/b/c", "d", "e/f"};
  private static final String[] TOTALS = {
    "cpus:4;mem:4096",
    "cpus:8;mem:1024;ports:[1-100]",
    "cpus:2;mem:512;cpus(a):2;mem(a):512",
    "cpus:1;mem:64;cpus(d,d/x):1;disk(e):10",
    "cpus:2;mem:256;gpus:1"
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void hold(long seed) {
    new Run(seed, Options.Order.BY_SHARE).steps(1500);
    new Run(seed, Options.Order.BY_LOT).steps(500);
  }

  @Test
  void theSameEventsGiveTheSameOffers() {
    Run first = new Run(42, Options.Order.BY_LOT);
    Run second = new Run(42, Options.Order.BY_LOT);
    first.steps(1000);
    second.steps(1000);
    assertThat(first.log).isEqualTo(second.log).isNotEmpty();
  }

  private static final class Run {
    /** Never at a batch: those come every 1000. */
    private static final long REFUSED = 3500;

    final List<Allocation> log = new ArrayList<>();
    private final Random random;
    private final Allocator allocator;
    private final TreeMap<String, Resources> totals = new TreeMap<>();
    private final TreeSet<String> withheld = new TreeSet<>();
    private final TreeMap<String, Framework> frameworks = new TreeMap<>();
    private final TreeSet<String> inactive = new TreeSet<>();
    private final TreeSet<String> suppressed = new TreeSet<>();
    private final TreeMap<String, Allocation> allocated = new TreeMap<>();
    private final TreeMap<String, Quota> quotas = new TreeMap<>();
    private final TreeMap<String, Allocation> filters = new TreeMap<>();
    private final TreeMap<String, Long> filterEnds = new TreeMap<>();
    private long now;
    private int number;

    Run(long seed, Options.Order order) {
      random = new Random(seed);
      allocator = Allocator.create(Options.DEFAULT.withSeed(seed).withOrder(order));
    }

    void steps(int steps) {
      for (int step = 0; step < steps; step++) {
        step();
        check();
      }
    }

    private String any(Iterable<String> all) {
      List<String> list = new ArrayList<>();
      all.forEach(list::add);
      return list.isEmpty() ? "" : list.get(random.nextInt(list.size()));
    }

    private void step() {
      int kind = random.nextInt(20);
      String agent = any(totals.keySet());
      String framework = any(frameworks.keySet());
      String held = any(allocated.keySet());
      if (kind < 2) {
        add();
      } else if (kind < 4 && !held.isEmpty()) {
        if (frameworks.containsKey(allocated.get(held).framework())) {
          exchange(allocated.get(held));
        }
      } else if (kind == 4 && frameworks.size() > 2) {
        remove(framework);
      } else if (kind == 5 && totals.size() > 4) {
        allocator.removeAgent(agent);
        totals.remove(agent);
        withheld.remove(agent);
        allocated.values().removeIf(one -> one.agent().equals(agent));
        filters.values().removeIf(one -> one.agent().equals(agent));
      } else if (kind == 6 && !agent.isEmpty()) {
        boolean may = withheld.remove(agent) || !withheld.add(agent);
        allocator.setOfferable(agent, may ? Optional.empty() : Optional.of("repair"));
      } else if (kind == 7) {
        setQuota(ROLES[random.nextInt(ROLES.length)]);
      } else if (kind == 8 && !framework.isEmpty()) {
        changeActivity(framework);
      } else if (kind == 9) {
        allocator.setWeight(ROLES[random.nextInt(ROLES.length)], 1 + random.nextInt(3));
      } else if (kind < 14 && !held.isEmpty()) {
        recover(allocated.get(held));
      } else if (kind < 17) {
        handedOut(allocator.allocateChanged(now));
      } else {
        now += 1000;
        handedOut(allocator.allocate(now));
        checkNothingIsLeft();
      }
    }

    private void add() {
      String id = Integer.toString(++number);
      if (random.nextBoolean()) {
        Resources total = Resources.parse(TOTALS[random.nextInt(TOTALS.length)]);
        totals.put("agent" + id, total);
        allocator.addAgent(new Agent("agent" + id, total), List.of());
        return;
      }
      Framework framework = Framework.of("fw" + id, ROLES[random.nextInt(ROLES.length)]);
      frameworks.put(
          framework.id(),
          random.nextBoolean() ? framework.with(Capability.GPU_RESOURCES) : framework);
      allocator.addFramework(frameworks.get(framework.id()));
    }

    private void remove(String framework) {
      allocator.removeFramework(framework);
      frameworks.remove(framework);
      inactive.remove(framework);
      suppressed.remove(framework); // what it has is given back later
      filters.values().removeIf(one -> one.framework().equals(framework));
    }

    private void changeActivity(String framework) {
      switch (random.nextInt(4)) {
        case 0 -> {
          allocator.deactivateFramework(framework);
          inactive.add(framework);
          filters.values().removeIf(one -> one.framework().equals(framework));
        }
        case 1 -> {
          allocator.activateFramework(framework);
          inactive.remove(framework);
        }
        case 2 -> {
          allocator.suppress(framework, List.of());
          suppressed.add(framework);
        }
        default -> {
          allocator.revive(framework, List.of());
          suppressed.remove(framework);
          filters.values().removeIf(one -> one.framework().equals(framework));
        }
      }
    }

    private void setQuota(String role) {
      Quota quota =
          switch (random.nextInt(4)) {
            case 0 -> Quota.limit("cpus:" + random.nextInt(8));
            case 1 -> Quota.guarantee("cpus:" + random.nextInt(4) + ";mem:256");
            case 2 -> Quota.exactly("cpus:" + (1 + random.nextInt(4)) + ";mem:1024");
            default -> Quota.NONE;
          };
      quotas.put(role, quota);
      allocator.setQuota(role, quota);
    }

    /** All of it, or a part, sometimes not to be offered again. */
    private void recover(Allocation held) {
      Resources part =
          random.nextBoolean() ? held.resources() : held.resources().filter(e -> coin());
      Allocation returned = new Allocation(held.framework(), held.role(), held.agent(), part);
      boolean refuse = random.nextBoolean();
      allocator.recover(returned, refuse ? OptionalLong.of(1_000_000) : OptionalLong.empty(), now);
      put(held, held.resources().minus(part));
      if (refuse && !part.isEmpty()) {
        filters.put(key(held) + " " + ++number, returned);
        filterEnds.put(key(held) + " " + number, now + REFUSED);
      }
    }

    private boolean coin() {
      return random.nextBoolean();
    }

    /** Reserves what it has for its role, or gives that up. */
    private void exchange(Allocation held) {
      for (Entry entry : held.resources()) {
        if (entry.kind().isRefined()) {
          continue;
        }
        Resources from = Resources.of(entry);
        Resources to =
            Resources.parse(
                entry.kind().name()
                    + (entry.kind().isReserved() ? "" : "(" + held.role() + ")")
                    + ":"
                    + from.toString().substring(from.toString().indexOf(':') + 1));
        allocator.exchange(held.framework(), held.role(), held.agent(), from, to);
        totals.compute(held.agent(), (id, total) -> total.minus(from).plus(to));
        put(held, held.resources().minus(from).plus(to));
        return;
      }
    }

    private static String key(Allocation one) {
      return one.framework() + " " + one.role() + " " + one.agent();
    }

    private void put(Allocation one, Resources resources) {
      if (resources.isEmpty()) {
        allocated.remove(key(one));
      } else {
        allocated.put(
            key(one), new Allocation(one.framework(), one.role(), one.agent(), resources));
      }
    }

    private void handedOut(List<Allocation> offers) {
      filters.keySet().removeIf(filter -> filterEnds.get(filter) <= now);
      TreeSet<String> keys = new TreeSet<>();
      for (Allocation offer : offers) {
        assertThat(keys.add(key(offer))).as("one offer of an agent to a framework").isTrue();
        assertThat(withheld).doesNotContain(offer.agent());
        assertThat(inactive).doesNotContain(offer.framework());
        assertThat(suppressed).doesNotContain(offer.framework());
        offer.resources().forEach(entry -> assertThat(entry.kind().mayGoTo(offer.role())).isTrue());
        boolean gpus = totals.get(offer.agent()).quantities().get("gpus") > 0;
        assertThat(gpus)
            .isIn(
                false,
                frameworks
                    .get(offer.framework())
                    .capabilities()
                    .contains(Capability.GPU_RESOURCES));
        // an offer in two stages is two answers: each was wanted, their sum was not declined
        filters.values().stream()
            .filter(filter -> key(filter).equals(key(offer)))
            .forEach(f -> assertThat(f.resources().contains(offer.resources())).isFalse());
        Allocation before = allocated.get(key(offer));
        Resources had = before == null ? Resources.NONE : before.resources();
        put(offer, had.plus(offer.resources()));
      }
      log.addAll(offers);
      offers.stream().map(Allocation::role).distinct().forEach(role -> checkLimit(role, offers));
    }

    private void checkLimit(String role, List<Allocation> offers) {
      Quota quota = quotas.getOrDefault(role, Quota.NONE);
      quota
          .limits()
          .forEach(
              (name, limit) -> {
                boolean given =
                    offers.stream()
                        .filter(o -> o.role().equals(role) || o.role().startsWith(role + "/"))
                        .anyMatch(o -> o.resources().chargeable().quantities().get(name) > 0);
                if (given) {
                  assertThat(consumed(role, name)).isLessThanOrEqualTo(limit);
                }
              });
    }

    private long consumed(String role, String name) {
      long sum = 0;
      for (Resources total : totals.values()) {
        for (Entry entry : total) {
          boolean reserved =
              entry.kind().isReserved()
                  && (entry.kind().role().orElseThrow() + "/").startsWith(role + "/");
          sum += reserved && entry.kind().name().equals(name) ? entry.milli() : 0;
        }
      }
      for (Allocation one : allocated.values()) {
        boolean counts = (one.role() + "/").startsWith(role + "/");
        sum += counts ? one.resources().chargeable().quantities().get(name) : 0;
      }
      return sum;
    }

    /** After a batch there is no agent of which a framework could still be offered something. */
    private void checkNothingIsLeft() {
      for (Framework framework : frameworks.values()) {
        Explanation why = allocator.explain(framework.id(), framework.roles().first(), now);
        assertThat(why.withheld()).doesNotContainKey(Explanation.Withheld.OTHERS_FIRST);
      }
    }

    private void check() {
      totals.forEach(
          (agent, total) -> {
            Resources used = Resources.NONE;
            for (Allocation one : allocated.values()) {
              if (one.agent().equals(agent)) {
                assertThat(allocator.allocated(one.framework(), one.role(), agent))
                    .isEqualTo(one.resources());
                used = used.plus(one.resources());
              }
            }
            assertThat(total.contains(used)).as("allocated on %s", agent).isTrue();
            assertThat(allocator.free(agent).plus(used)).isEqualTo(total);
          });
    }
  }
}
