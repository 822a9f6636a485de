package io.pilothouse.dm.simulate;

import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problem;
import io.pilothouse.manifests.text.Problems;
import io.pilothouse.manifests.text.YamlReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Rates of faults as an operator writes them: a YAML mapping of a fault's name to its rate, or
 * {@code name=rate,…} in one line. {@code all: 0} first, and only the named ones strike.
 */
final class RatesFile {
  private static final String ALL = "all";
  private static final double MOST = 1_000_000;

  private final Problems problems = new Problems();
  private final Map<String, Double> rates = new TreeMap<>();

  private RatesFile() {}

  /** Reads a file's text. */
  static Faults ofText(String file, String text) throws BadInputException {
    RatesFile rates = new RatesFile();
    List<Node> documents = YamlReader.read(file, text, rates.problems);
    for (Node document : documents) {
      if (document instanceof Node.Mapping mapping) {
        mapping.entries().forEach(rates::entry);
      } else {
        rates.problems.add(
            document.place(), document.words() + " is no mapping; write lines of NAME: RATE");
      }
    }
    return rates.faults();
  }

  /** Reads {@code name=rate,…}. */
  static Faults ofWords(String words) throws BadInputException {
    RatesFile rates = new RatesFile();
    int column = 1;
    for (String each : words.split(",", -1)) {
      Place place = new Place("--faults", 1, column);
      int equals = each.indexOf('=');
      if (equals < 0) {
        rates.problems.add(place, Node.quote(each) + " has no rate; write NAME=RATE");
      } else {
        rates.rate(place, each.substring(0, equals).strip(), each.substring(equals + 1).strip());
      }
      column += each.length() + 1;
    }
    return rates.faults();
  }

  private void entry(Node.Entry entry) {
    if (entry.value() instanceof Node.Scalar scalar) {
      rate(entry.key().place(), entry.key().text(), scalar.text());
    } else {
      problems.add(entry.value().place(), entry.value().words() + " is no rate; write a number");
    }
  }

  private void rate(Place place, String name, String text) {
    Optional<FaultModel> model =
        Faults.MODELS.stream().filter(each -> each.name().equals(name)).findFirst();
    if (model.isEmpty() && !name.equals(ALL)) {
      problems.add(
          place,
          "no fault %s; there are %s, and all"
              .formatted(Node.quote(name), String.join(", ", Faults.names())));
      return;
    }
    boolean share = model.filter(each -> each.per() == FaultModel.Per.SHARE).isPresent();
    double most = share ? 1 : MOST;
    double rate = number(text);
    if (!(rate >= 0 && rate <= most)) {
      problems.add(
          place,
          "%s cannot be %s; write a number from 0 to %s%s"
              .formatted(
                  name,
                  Node.quote(text),
                  share ? "1" : "1000000",
                  model.map(each -> ", " + each.per().words()).orElse("")));
      return;
    }
    if (rates.putIfAbsent(name, rate) != null) {
      problems.add(place, name + " is there twice");
    }
  }

  /** Not a number when it is none. */
  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private Faults faults() throws BadInputException {
    if (!problems.isEmpty()) {
      throw new BadInputException(
          String.join("\n", problems.sorted().stream().map(Problem::toString).toList()));
    }
    Double all = rates.remove(ALL);
    Faults from = all == null ? Faults.usual() : Faults.usual().times(all, all);
    return from.with(rates);
  }
}
