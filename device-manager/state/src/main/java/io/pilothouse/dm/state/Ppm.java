package io.pilothouse.dm.state;

/** Shares as whole parts per million, so that no rounding can differ between replicas. */
final class Ppm {
  static final int ALL = 1_000_000;

  private Ppm() {}

  /** {@code part} of {@code all}; nothing of nothing is nothing. */
  static int of(long part, long all) {
    return all <= 0 ? 0 : (int) (part * ALL / all);
  }

  static int percent(double percent) {
    return (int) StrictMath.round(percent * (ALL / 100));
  }

  /** {@code 12.5%}, {@code 60%}, {@code 0.03%}. */
  static String text(int ppm) {
    String hundredths = Integer.toString(ppm % 10_000 / 100 + 100).substring(1);
    String fraction = hundredths.endsWith("0") ? hundredths.substring(0, 1) : hundredths;
    return ppm / 10_000 + (fraction.equals("0") ? "" : "." + fraction) + "%";
  }
}
