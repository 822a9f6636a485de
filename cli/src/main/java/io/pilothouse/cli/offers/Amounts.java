package io.pilothouse.cli.offers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Resources as people and scripts read them: sums of amounts by name, else what Mesos writes. What
 * is revocable is apart, as {@code cpus_revocable}.
 */
final class Amounts {
  /** What Mesos counts in MB, and means 2 to the power of 20. */
  private static final Set<String> SIZES = Set.of("disk", "mem");

  private static final String REVOCABLE = "_revocable";

  private Amounts() {}

  /** {@code cpus 2, mem 512MiB, ports 31000-31009}; empty when there are none. */
  static String text(Collection<Resource> resources) {
    TreeMap<String, String> all = new TreeMap<>();
    scalars(resources)
        .forEach(
            (name, amount) ->
                all.put(
                    name,
                    number(amount) + (SIZES.contains(name.replace(REVOCABLE, "")) ? "MiB" : "")));
    others(resources).forEach((name, words) -> all.merge(name, words, (a, b) -> a + "," + b));
    return all.entrySet().stream()
        .map(each -> each.getKey() + " " + each.getValue())
        .collect(Collectors.joining(", "));
  }

  static void fill(ObjectNode node, String key, Collection<Resource> resources) {
    ObjectNode object = node.putObject(key);
    scalars(resources).forEach(object::put);
    others(resources).forEach(object::put);
  }

  private static String name(Resource resource) {
    return resource.getName() + (resource.hasRevocable() ? REVOCABLE : "");
  }

  private static Map<String, Double> scalars(Collection<Resource> resources) {
    TreeMap<String, Double> sums = new TreeMap<>();
    for (Resource each : resources) {
      if (each.getType() == Value.Type.SCALAR) {
        sums.merge(name(each), each.getScalar().getValue(), Double::sum);
      }
    }
    return sums;
  }

  private static Map<String, String> others(Collection<Resource> resources) {
    TreeMap<String, String> words = new TreeMap<>();
    for (Resource each : resources) {
      String said =
          each.getType() == Value.Type.RANGES
              ? each.getRanges().getRangeList().stream()
                  .map(range -> range.getBegin() + "-" + range.getEnd())
                  .collect(Collectors.joining(","))
              : String.join(",", each.getSet().getItemList());
      if (each.getType() != Value.Type.SCALAR) {
        words.merge(name(each), said, (a, b) -> a + "," + b);
      }
    }
    return words;
  }

  /** Without needless zeros: 2, 0.5. */
  static String number(double amount) {
    return BigDecimal.valueOf(amount)
        .setScale(3, RoundingMode.HALF_UP)
        .stripTrailingZeros()
        .toPlainString();
  }

  /** A share, 0 to 1, in percent. */
  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", share * 100);
  }
}
