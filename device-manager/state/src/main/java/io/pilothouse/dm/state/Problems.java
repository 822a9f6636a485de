package io.pilothouse.dm.state;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What is wrong with something that may be very large: the first of it in words, the rest as a
 * number. A refusal is kept by every replica, and read by people.
 */
final class Problems {
  static final int MOST = 1000;

  private final List<String> first = new ArrayList<>();
  private long more;

  void add(String problem) {
    if (first.size() < MOST) {
      first.add(problem);
    } else {
      more++;
    }
  }

  void addAll(Collection<String> problems) {
    problems.forEach(this::add);
  }

  /** Empty when nothing is wrong. */
  List<String> list() {
    if (more == 0) {
      return List.copyOf(first);
    }
    List<String> all = new ArrayList<>(first);
    all.add("and %s more".formatted(more));
    return all;
  }
}
