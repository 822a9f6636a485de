package io.pilothouse.scheduler.validation;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Several questions, the first objection of which counts. */
public final class Objections {
  private Objections() {}

  static Optional<String> first(List<Supplier<Optional<String>>> questions) {
    for (Supplier<Optional<String>> each : questions) {
      Optional<String> objection = each.get();
      if (objection.isPresent()) {
        return objection;
      }
    }
    return Optional.empty();
  }

  public static Optional<String> when(boolean wrong, String objection) {
    return wrong ? Optional.of(objection) : Optional.empty();
  }

  /** The same, with a text that is made when it is needed: most of what is asked is well. */
  public static Optional<String> when(boolean wrong, Supplier<String> objection) {
    return wrong ? Optional.of(objection.get()) : Optional.empty();
  }

  /** As Mesos writes a set. */
  static String set(Collection<String> of) {
    return of.isEmpty() ? "{  }" : "{ " + String.join(", ", new TreeSet<>(of)) + " }";
  }
}
