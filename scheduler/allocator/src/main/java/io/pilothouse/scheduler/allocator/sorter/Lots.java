package io.pilothouse.scheduler.allocator.sorter;

/** A stream of numbers from a seed (SplitMix64): the same seed, the same lots. */
public final class Lots {
  private long state;

  public Lots(long seed) {
    this.state = seed;
  }

  private long next() {
    state += 0x9E3779B97F4A7C15L;
    long mixed = state;
    mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  /** From 0 to below the bound, each with the same chance (to one part in 2^63 over the bound). */
  public long below(long bound) {
    return Math.unsignedMultiplyHigh(next(), bound);
  }

  /** Puts the first of these in random order. */
  public <E> void shuffle(E[] elements, int size) {
    for (int i = size - 1; i > 0; i--) {
      int j = (int) below(i + 1);
      E swapped = elements[i];
      elements[i] = elements[j];
      elements[j] = swapped;
    }
  }
}
