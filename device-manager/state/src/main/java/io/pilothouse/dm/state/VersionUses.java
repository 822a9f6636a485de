package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Order;
import io.pilothouse.api.v1.OrderKind;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.VersionUse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who needs which version: the units that are to run it, rollouts that bring it or would go back to
 * it, the fleet's files, machines. What nobody needs can be removed.
 *
 * <p>Looks at every machine once: for people's questions, not for rules that run with each report.
 */
public final class VersionUses {
  private static final int MOST_NAMED = 3;

  /** What was found about one version. */
  private static final class Found {
    final VersionUse.Builder use = VersionUse.newBuilder();
    final List<String> needed = new ArrayList<>();
    final List<String> running = new ArrayList<>();
    final List<String> wanting = new ArrayList<>();
  }

  private final SortedMap<String, Found> found = new TreeMap<>();

  private VersionUses(Collection<VersionRef> refs) {
    refs.forEach(each -> found.put(Texts.ref(each), new Found()));
  }

  /** Of each version, in the order given. */
  public static List<VersionUse> of(Entities state, Collection<Manifest> manifests) {
    List<VersionRef> refs = manifests.stream().map(Manifest::getRef).toList();
    VersionUses uses = new VersionUses(refs);
    uses.look(state);
    return refs.stream().map(each -> uses.use(Texts.ref(each))).toList();
  }

  /** Of one version. */
  static VersionUse of(Entities state, Manifest manifest) {
    return of(state, List.of(manifest)).get(0);
  }

  private void look(Entities state) {
    state.unitVersions().forEach(this::unit);
    state.rollouts().stream().filter(Rollouts::isOpen).forEach(this::open);
    lastCompleted(state).forEach(this::completed);
    state.orders().stream()
        .filter(each -> each.getState() == Order.State.WAITS)
        .filter(each -> each.getKind() == OrderKind.ORDER_ROLLOUT)
        .forEach(this::ordered);
    state.fleet().getImagesList().forEach(this::image);
    state.machines().forEach(this::machine);
  }

  private void unit(UnitVersion unit) {
    Found version = found.get(Texts.ref(unit.getVersion()));
    if (version != null) {
      version.use.addUnits(unit);
      version.needed.add(
          "unit %s of %s is to run it".formatted(unit.getScaleUnit(), unit.getType()));
    }
  }

  private void open(Rollout rollout) {
    for (String each : versions(rollout)) {
      Found version = found.get(each);
      if (version != null) {
        version.needed.add(
            Texts.ref(rollout.getTo()).equals(each)
                ? "rollout %s brings it".formatted(rollout.getId())
                : "rollout %s may go back to it".formatted(rollout.getId()));
      }
    }
  }

  /** Whoever approves it must get what was there when it was given. */
  private void ordered(Order order) {
    StartRollout start = Orders.command(order).getStartRollout();
    Found version = found.get("%s@%s".formatted(start.getName(), start.getVersion()));
    if (version != null) {
      version.needed.add("order %s waits to roll it out".formatted(order.getId()));
    }
  }

  /** Of each type and thing: machines keep what it replaced, to be able to go back at once. */
  private static Collection<Rollout> lastCompleted(Entities state) {
    SortedMap<String, Rollout> last = new TreeMap<>();
    state.rollouts().stream()
        .filter(each -> each.getState() == Rollout.State.COMPLETED)
        .sorted(Comparator.comparingLong(Rollout::getOrder))
        .forEach(each -> last.put(each.getType() + "/" + each.getThingValue(), each));
    return last.values();
  }

  private void completed(Rollout rollout) {
    for (String each : versions(rollout)) {
      Found version = found.get(each);
      if (version != null && !Texts.ref(rollout.getTo()).equals(each)) {
        version.needed.add(
            "%s would go back to it: rollout %s replaced it"
                .formatted(rollout.getType(), rollout.getId()));
      }
    }
  }

  private static SortedSet<String> versions(Rollout rollout) {
    SortedSet<String> versions = new TreeSet<>();
    versions.add(Texts.ref(rollout.getTo()));
    for (RolloutUnit unit : rollout.getUnitsList()) {
      versions.add(Texts.ref(unit.getBefore()));
    }
    return versions;
  }

  private void image(Image image) {
    Found version = found.get(image.getName() + "@" + image.getVersion());
    if (version != null) {
      version.needed.add("the fleet's files name it as image");
    }
  }

  private void machine(Machine machine) {
    if (machine.getLifecycle() == Lifecycle.DECOMMISSIONED) {
      return;
    }
    for (Thing thing : Things.ALL) {
      Found running = found.get(Texts.ref(Things.observed(machine, thing)));
      if (running != null) {
        running.running.add(machine.getName());
      }
      want(Things.wanted(machine, thing), machine);
    }
    want(machine.getProvisioning().getImage(), machine);
    for (VersionRef each : machine.getObserved().getStagedList()) {
      Found version = found.get(Texts.ref(each));
      if (version != null) {
        version.use.setHolding(version.use.getHolding() + 1);
      }
    }
  }

  private void want(VersionRef ref, Machine machine) {
    Found version = found.get(Texts.ref(ref));
    // an image may be wanted and be installed already: one machine, once
    boolean last =
        version != null
            && !version.wanting.isEmpty()
            && version.wanting.getLast().equals(machine.getName());
    if (version != null && !last) {
      version.wanting.add(machine.getName());
    }
  }

  private VersionUse use(String ref) {
    Found version = Objects.requireNonNull(found.get(ref), ref);
    if (!version.running.isEmpty()) {
      version.needed.add(machines(version.running, "runs it", "run it"));
    }
    if (!version.wanting.isEmpty()) {
      version.needed.add(machines(version.wanting, "is to run it", "are to run it"));
    }
    return version
        .use
        .setRunning(version.running.size())
        .setWanting(version.wanting.size())
        .addAllNeeded(version.needed)
        .build();
  }

  private static String machines(List<String> names, String one, String many) {
    if (names.size() == 1) {
      return names.get(0) + " " + one;
    }
    List<String> first = names.subList(0, Math.min(MOST_NAMED, names.size()));
    return "%s machines %s: %s%s"
        .formatted(
            names.size(), many, String.join(", ", first), names.size() > MOST_NAMED ? " …" : "");
  }
}
