package io.pilothouse.manifests.offers;

import io.pilothouse.api.v1.OfferedRange;
import io.pilothouse.api.v1.OfferedResource;
import java.math.BigDecimal;
import java.util.List;

/** A resource as people write it: {@code 1.5}, {@code 8GiB}, {@code 31000-31999}. */
public final class OfferedWords {
  private static final int MILLI_DIGITS = 3;
  private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");

  private OfferedWords() {}

  /** Name and value, for a difference: {@code mem 8GiB}. */
  public static String line(OfferedResource resource) {
    List<String> list = list(resource);
    return "%s %s"
        .formatted(
            resource.getName(),
            list.isEmpty() ? amount(resource) : "[" + String.join(", ", list) + "]");
  }

  /** An amount or a size, {@code 0} when there is none. */
  public static String amount(OfferedResource resource) {
    String value = value(resource);
    return value.isEmpty() ? "0" : value;
  }

  /**
   * A role's weight as people write it.
   *
   * @param milli thousandths; 0 is nothing said
   */
  public static String weight(int milli) {
    return milli == 0
        ? "1"
        : BigDecimal.valueOf(milli, MILLI_DIGITS).stripTrailingZeros().toPlainString();
  }

  /** An amount or a size; empty for what is a list. */
  public static String value(OfferedResource resource) {
    if (resource.getSizeBytes() > 0) {
      return size(resource.getSizeBytes());
    }
    return resource.getMilli() == 0
        ? ""
        : BigDecimal.valueOf(resource.getMilli(), MILLI_DIGITS)
            .stripTrailingZeros()
            .toPlainString();
  }

  /** In the largest unit that needs no fraction. */
  private static String size(long bytes) {
    long amount = bytes;
    int unit = 0;
    while (unit < UNITS.size() - 1 && amount % 1024 == 0) {
      amount /= 1024;
      unit++;
    }
    return amount + UNITS.get(unit);
  }

  /** Ranges or items; empty for what is an amount or a size. */
  public static List<String> list(OfferedResource resource) {
    return resource.getRangesCount() > 0
        ? resource.getRangesList().stream().map(OfferedWords::range).toList()
        : resource.getItemsList();
  }

  private static String range(OfferedRange range) {
    return "%s-%s".formatted(range.getFirst(), range.getLast());
  }
}
