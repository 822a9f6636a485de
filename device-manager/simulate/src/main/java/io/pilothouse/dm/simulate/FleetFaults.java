package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.dm.simulate.FaultModel.Per;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** What befalls a whole fleet: watchdogs, versions, and the control plane itself. */
final class FleetFaults {
  private static final String ASSUMED = "assumed";

  /** Share of the fleet that a broken watchdog turns red. */
  private static final double RED = 0.6;

  private FleetFaults() {}

  static List<FaultModel> all() {
    return List.of(
        new FaultModel(
            "bad-watchdog",
            Per.FLEET,
            2,
            ASSUMED,
            (subject, random) -> badWatchdog("processes", RED, Severity.NORMAL, random)),
        new FaultModel(
            "bad-watchdog-fatal",
            Per.FLEET,
            0.5,
            ASSUMED,
            (subject, random) -> badWatchdog("disk", RED, Severity.FATAL, random)),
        new FaultModel(
            "rollout",
            Per.FLEET,
            100,
            ASSUMED + ": two a week",
            (subject, random) -> rollOut(false, random)),
        new FaultModel(
            "rollout-bad",
            Per.FLEET,
            10,
            ASSUMED + ": one rollout of eleven brings a version that fails after 40 min to 3 h",
            (subject, random) -> rollOut(true, random)),
        new FaultModel(
            "image-bad",
            Per.FLEET,
            2,
            ASSUMED + ": what is written of a type's image fails after 40 min to 3 h",
            (subject, random) -> badImage(random)),
        new FaultModel(
            "dm-fail-over",
            Per.FLEET,
            52,
            ASSUMED,
            (subject, random) -> {
              long down = Chance.between(random, 2 * Spans.SECOND, 30 * Spans.SECOND);
              return world -> world.control().failOver(down);
            }),
        new FaultModel(
            "clock-jump",
            Per.FLEET,
            4,
            ASSUMED,
            (subject, random) -> clockJump(random.nextBoolean() ? Spans.HOUR : -Spans.HOUR)),
        new FaultModel(
            "repairs-killed",
            Per.FLEET,
            52,
            ASSUMED,
            (subject, random) -> {
              long down = Chance.between(random, 2 * Spans.SECOND, 5 * Spans.MINUTE);
              return world -> world.control().killRepairs(down);
            }),
        new FaultModel(
            "repairs-cut-off",
            Per.FLEET,
            26,
            ASSUMED,
            (subject, random) -> {
              long cut = Chance.between(random, 10 * Spans.SECOND, 10 * Spans.MINUTE);
              return world -> world.control().cutOffRepairs(cut);
            }),
        new FaultModel(
            "wire-trouble",
            Per.FLEET,
            52,
            ASSUMED,
            (subject, random) -> {
              long trouble = Chance.between(random, Spans.MINUTE, Spans.HOUR);
              return world -> world.control().troubledWire(trouble);
            }),
        new FaultModel(
            "freeze",
            Per.FLEET,
            2,
            ASSUMED,
            (subject, random) -> {
              long frozen = Chance.between(random, 6 * Spans.HOUR, 3 * Spans.DAY);
              return world -> world.control().freeze(frozen);
            }),
        new FaultModel("wrong-swap", Per.SHARE, 0.01, ASSUMED, (subject, random) -> world -> {}));
  }

  /** A watchdog says ERROR of a share of the fleet, until someone mends it within six hours. */
  static Consumer<World> badWatchdog(
      String watchdog, double share, Severity severity, Random random) {
    long lasts = Chance.between(random, 2 * Spans.HOUR, 6 * Spans.HOUR);
    long seed = random.nextLong();
    return world -> {
      Random dice = new Random(seed);
      Set<String> red = new TreeSet<>();
      for (String machine : world.plant.machines()) {
        if (dice.nextDouble() < share) {
          red.add(machine);
        }
      }
      world.noise.begins(watchdog, red, severity);
      red.forEach(each -> world.changed(world.machine(each)));
      world.agenda.after(
          lasts,
          () -> {
            world.noise.ends(watchdog);
            red.forEach(each -> world.changed(world.machine(each)));
          });
    };
  }

  private static Consumer<World> rollOut(boolean bad, Random random) {
    int pick = random.nextInt(1 << 20);
    return world -> {
      List<String> types = world.plant.domains("type");
      String type = types.get(pick % types.size());
      world.control().rollOut(type.substring("type/".length()), bad);
    };
  }

  private static Consumer<World> badImage(Random random) {
    int pick = random.nextInt(1 << 20);
    long lasts = Chance.between(random, 6 * Spans.HOUR, 2 * Spans.DAY);
    return world -> {
      List<String> types = world.plant.domains("type");
      badImage(types.get(pick % types.size()), lasts).accept(world);
    };
  }

  /** Machines of a type that are written anew fail again, until someone mends their image. */
  static Consumer<World> badImage(String type, long lasts) {
    return world ->
        world.plant.members(type).stream()
            .map(each -> world.machine(each).image())
            .filter(each -> !each.equals(SimMachine.NOTHING))
            .findFirst()
            .ifPresent(
                image -> {
                  world.versions.isBadImage(image);
                  world.agenda.after(lasts, () -> world.versions.isMendedImage(image));
                });
  }

  /** Set wrong for half an hour. */
  static Consumer<World> clockJump(long millis) {
    return world -> {
      world.control().clockJump(millis);
      world.agenda.after(30 * Spans.MINUTE, () -> world.control().clockJump(-millis));
    };
  }
}
