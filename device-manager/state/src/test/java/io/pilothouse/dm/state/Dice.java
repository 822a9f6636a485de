package io.pilothouse.dm.state;

import java.util.Collection;
import java.util.List;
import java.util.Random;

/** Chance, from one seed. */
record Dice(Random random) {

  boolean once(int in) {
    return random.nextInt(in) == 0;
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  <T> T some(Collection<T> from, T otherwise) {
    return from.isEmpty() ? otherwise : pick(List.copyOf(from));
  }
}
