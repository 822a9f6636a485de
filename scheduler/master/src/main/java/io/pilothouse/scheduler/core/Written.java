package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TimeInfo;
import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What the operator API shows in the same form in several places. */
final class Written {
  private Written() {}

  /** Summed up by role. */
  static List<Resource> resources(Stream<Allocation> allocations) {
    Map<String, Resources> byRole = new TreeMap<>();
    allocations.forEach(each -> byRole.merge(each.role(), each.resources(), Resources::plus));
    return byRole.entrySet().stream()
        .flatMap(each -> ResourceForm.FULL.write(each.getValue(), each.getKey()).stream())
        .toList();
  }

  static TimeInfo time(long millis) {
    return TimeInfo.newBuilder().setNanoseconds(millis * 1_000_000).build();
  }
}
