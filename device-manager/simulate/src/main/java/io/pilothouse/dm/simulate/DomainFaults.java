package io.pilothouse.dm.simulate;

import io.pilothouse.dm.simulate.FaultModel.Per;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * What befalls all machines that share a rack, a switch or a power feed: none of them is broken.
 */
final class DomainFaults {

  private DomainFaults() {}

  static List<FaultModel> all() {
    return List.of(
        new FaultModel(
            "rack-power",
            Per.RACK,
            0.44,
            "Dean 2008: 20 rack failures a year of 1,800 servers, 1 to 6 hours; racks of 40",
            (subject, random) ->
                power(subject, Chance.between(random, Spans.HOUR, 6 * Spans.HOUR))),
        new FaultModel(
            "feed-power",
            Per.FEED,
            0.28,
            "Dean 2008: one power unit a year of 1,800 servers, 500 to 1,000 machines, 6 hours",
            (subject, random) -> power(subject, 6 * Spans.HOUR)),
        new FaultModel(
            "switch-down",
            Per.SWITCH,
            0.10,
            "assumed",
            (subject, random) ->
                network(subject, Chance.between(random, 10 * Spans.MINUTE, 2 * Spans.HOUR))),
        new FaultModel(
            "switch-flapping",
            Per.SWITCH,
            0.22,
            "Dean 2008: 5 racks a year of 1,800 servers lose half of their packets",
            DomainFaults::flapping));
  }

  static Consumer<World> power(String domain, long millis) {
    return world -> {
      List<String> members = world.plant.members(domain);
      members.forEach(each -> world.machine(each).losesPower());
      world.agenda.after(millis, () -> members.forEach(each -> world.machine(each).getsPower()));
    };
  }

  static Consumer<World> network(String domain, long millis) {
    return world -> {
      List<String> members = world.plant.members(domain);
      members.forEach(each -> world.machine(each).isCutOff());
      world.agenda.after(millis, () -> members.forEach(each -> world.machine(each).isConnected()));
    };
  }

  private static Consumer<World> flapping(String domain, Random random) {
    int times = 4 + random.nextInt(8);
    long down = Chance.between(random, 2 * Spans.MINUTE, 8 * Spans.MINUTE);
    long up = Chance.between(random, 3 * Spans.MINUTE, 20 * Spans.MINUTE);
    return world -> {
      for (int i = 0; i < times; i++) {
        world.agenda.after(i * (down + up), () -> network(domain, down).accept(world));
      }
    };
  }
}
