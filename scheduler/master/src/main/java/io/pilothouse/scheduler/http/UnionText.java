package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Ranges or items of one name, whosever they are, as Mesos' flags write them. */
final class UnionText {
  private UnionText() {}

  /** {@code [31000-31009, 31020-31020]} or {@code {a, b}}. */
  static String of(List<Resource> resources) {
    if (resources.getFirst().getType() != Value.Type.RANGES) {
      Set<String> items = new LinkedHashSet<>();
      resources.forEach(each -> items.addAll(each.getSet().getItemList()));
      return items.stream().collect(Collectors.joining(", ", "{", "}"));
    }
    List<Value.Range> sorted =
        resources.stream()
            .flatMap(each -> each.getRanges().getRangeList().stream())
            .sorted(Comparator.comparingLong(Value.Range::getBegin))
            .toList();
    List<Value.Range> joined = new ArrayList<>();
    for (Value.Range each : sorted) {
      Value.@Nullable Range last = joined.isEmpty() ? null : joined.getLast();
      if (last != null && each.getBegin() <= last.getEnd() + 1) {
        joined.set(
            joined.size() - 1,
            last.toBuilder().setEnd(Math.max(last.getEnd(), each.getEnd())).build());
      } else {
        joined.add(each);
      }
    }
    return joined.stream()
        .map(range -> range.getBegin() + "-" + range.getEnd())
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
