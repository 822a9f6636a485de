package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Names;
import io.pilothouse.manifests.pattern.MachinePattern;
import io.pilothouse.manifests.pattern.Near;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Which machines are meant: {@code rack=r7,condition!=HEALTHY,name=web-[001-480]}. All of its terms
 * must hold; an empty value is that of a machine without one.
 */
record MachineSelector(List<Predicate<Machine>> terms) implements Predicate<Machine> {
  private static final String NAME = "name";
  private static final Map<String, Function<Machine, String>> KEYS = keys();
  private static final Map<String, List<String>> VALUES =
      Map.of(
          "condition",
          Stream.of(Condition.values())
              .filter(each -> each != Condition.UNRECOGNIZED)
              .map(Names::condition)
              .filter(each -> !each.isEmpty())
              .toList(),
          "lifecycle",
          Stream.of(Lifecycle.values())
              .filter(each -> each != Lifecycle.UNRECOGNIZED)
              .map(Names::lifecycle)
              .filter(each -> !each.isEmpty())
              .toList());

  private static Map<String, Function<Machine, String>> keys() {
    Map<String, Function<Machine, String>> keys = new LinkedHashMap<>();
    keys.put(NAME, Machine::getName);
    keys.put("type", Machine::getType);
    keys.put("unit", Machine::getScaleUnit);
    keys.put("rack", Machine::getRack);
    keys.put("switch", Machine::getSwitch);
    keys.put("feed", Machine::getFeed);
    keys.put("model", Machine::getModel);
    keys.put("lifecycle", each -> Names.lifecycle(each.getLifecycle()));
    keys.put("condition", each -> Names.condition(each.getCondition()));
    keys.put("active", each -> Names.ref(each.getObserved().getActive()));
    keys.put("image", each -> Names.ref(each.getObserved().getImage()));
    return keys;
  }

  /** Reads one; an empty text means all machines. */
  static MachineSelector parse(String text) {
    List<Predicate<Machine>> terms = new ArrayList<>();
    if (!text.isBlank()) {
      for (String term : text.split(",", -1)) {
        terms.add(term(term.strip()));
      }
    }
    return new MachineSelector(List.copyOf(terms));
  }

  private static Predicate<Machine> term(String term) {
    int equals = term.indexOf('=');
    if (equals < 1) {
      throw CliException.usage(
          "--selector: \"%s\" is no term".formatted(term),
          "write KEY=VALUE or KEY!=VALUE, several with commas between: rack=r7,condition!=HEALTHY");
    }
    boolean not = term.charAt(equals - 1) == '!';
    String key = term.substring(0, not ? equals - 1 : equals).strip();
    String value = term.substring(equals + 1).strip();
    Function<Machine, String> of = KEYS.get(key);
    if (of == null) {
      throw CliException.usage(
          "--selector: a machine has no \"%s\"%s".formatted(key, Near.hint(key, KEYS.keySet())),
          "use " + String.join(", ", KEYS.keySet()));
    }
    Optional.ofNullable(VALUES.get(key)).ifPresent(known -> requireKnown(key, value, known));
    Predicate<Machine> holds =
        key.equals(NAME) ? name(value) : each -> of.apply(each).equalsIgnoreCase(value);
    return not ? holds.negate() : holds;
  }

  /** Else a typing error after != would be all machines. */
  private static void requireKnown(String key, String value, List<String> known) {
    if (known.stream().noneMatch(value::equalsIgnoreCase)) {
      throw CliException.usage(
          "--selector: \"%s\" is no %s%s"
              .formatted(value, key, Near.hint(value.toUpperCase(Locale.ROOT), known)),
          "use " + String.join(", ", known));
    }
  }

  private static Predicate<Machine> name(String text) {
    return switch (MachinePattern.parse(text)) {
      case MachinePattern.Parsed.Good good -> each -> good.pattern().matches(each.getName());
      case MachinePattern.Parsed.Bad bad ->
          throw CliException.usage(
              "--selector: \"%s\" %s".formatted(text, bad.why()), "or leave name= out");
    };
  }

  @Override
  public boolean test(Machine machine) {
    return terms.stream().allMatch(each -> each.test(machine));
  }
}
