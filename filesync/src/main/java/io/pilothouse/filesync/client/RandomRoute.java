package io.pilothouse.filesync.client;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Spreads over sources that are all alike; those that failed come last. */
final class RandomRoute implements Route {
  private final List<Source> sources;
  private final Random random;
  private final Map<String, Integer> failures = new HashMap<>();

  RandomRoute(List<Source> sources, long seed) {
    this.sources = List.copyOf(sources);
    this.random = new Random(seed);
  }

  @Override
  public synchronized List<Source> sources(String hash) {
    List<Source> order = new ArrayList<>(sources);
    Collections.shuffle(order, random);
    order.sort(Comparator.comparing(each -> failures.getOrDefault(each.address(), 0)));
    return order;
  }

  @Override
  public synchronized void answered(Source source, Outcome outcome) {
    switch (outcome) {
      case SENT, SOON, BUSY -> {}
      case LACKS, FAILED, LIED -> failures.merge(source.address(), 1, Integer::sum);
    }
  }
}
