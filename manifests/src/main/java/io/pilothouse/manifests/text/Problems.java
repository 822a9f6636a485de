package io.pilothouse.manifests.text;

import java.util.ArrayList;
import java.util.List;

/** Gathers every mistake, so that all are told at once. */
public final class Problems {
  private final List<Problem> problems = new ArrayList<>();
  private final List<Problem> warnings = new ArrayList<>();

  public void add(Place place, String message) {
    problems.add(new Problem(place, message));
  }

  /** Adds what is allowed and can hardly be meant; it makes nothing wrong. */
  public void warn(Place place, String message) {
    warnings.add(new Problem(place, message));
  }

  /** Warnings by file, line and column; each one once. */
  public List<Problem> warnings() {
    return warnings.stream().distinct().sorted().toList();
  }

  /** Whether nothing is wrong; warnings do not count. */
  public boolean isEmpty() {
    return problems.isEmpty();
  }

  public int size() {
    return problems.size();
  }

  /** By file, line and column; each one once. */
  public List<Problem> sorted() {
    return problems.stream().distinct().sorted().toList();
  }
}
