package io.pilothouse.dm.simulate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Every way in which things go wrong, and how often in a run. */
final class Faults {
  static final List<FaultModel> MODELS =
      Stream.of(MachineFaults.all(), DomainFaults.all(), FleetFaults.all())
          .flatMap(List::stream)
          .toList();

  private final SortedMap<String, Double> rates = new TreeMap<>();

  private Faults() {
    MODELS.forEach(each -> rates.put(each.name(), each.rate()));
  }

  /** The default rates. */
  static Faults usual() {
    return new Faults();
  }

  /** Nothing goes wrong. */
  static Faults none() {
    Faults none = new Faults();
    MODELS.forEach(each -> none.rates.put(each.name(), 0.0));
    return none;
  }

  /** These rates in place of the ones so far. */
  Faults with(Map<String, Double> other) {
    Faults changed = new Faults();
    changed.rates.putAll(rates);
    changed.rates.putAll(other);
    return changed;
  }

  /**
   * All rates but shares times so much.
   *
   * @param fleet factor of what befalls the whole fleet
   */
  Faults times(double factor, double fleet) {
    Faults changed = new Faults();
    for (FaultModel model : MODELS) {
      double by =
          switch (model.per()) {
            case MACHINE, RACK, SWITCH, FEED -> factor;
            case FLEET -> fleet;
            case SHARE -> 1;
          };
      changed.rates.put(model.name(), by * rate(model.name()));
    }
    return changed;
  }

  double rate(String name) {
    return rates.getOrDefault(name, 0.0);
  }

  static List<String> names() {
    return MODELS.stream().map(FaultModel::name).toList();
  }

  /** The trace: what strikes when, in order. The same for everyone who controls the fleet. */
  List<Strike> draw(Plant plant, Chance chance, long from, long millis) {
    List<Strike> strikes = new ArrayList<>();
    for (FaultModel model : MODELS) {
      strikes.addAll(
          model.draw(
              plant, chance.stream("fault/" + model.name()), rate(model.name()), from, millis));
    }
    strikes.sort(
        Comparator.comparingLong(Strike::at)
            .thenComparing(Strike::fault)
            .thenComparing(Strike::subject));
    return List.copyOf(strikes);
  }
}
