package io.pilothouse.scheduler.core;

import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.resources.Value;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What all agents have together and what tasks use of it, by the names that Mesos gives them. */
final class ResourceMetrics {
  private static final List<String> NAMES = List.of("cpus", "gpus", "mem", "disk");
  private static final double MILLI = 1000.0;

  /** In thousandths, by name; revocable ones apart. */
  private final Map<String, Long> total = new HashMap<>();

  private final Map<String, Long> used = new HashMap<>();

  ResourceMetrics(Collection<Agent> agents) {
    for (Agent agent : agents) {
      add(total, agent.total);
      agent.used().forEach(each -> add(used, each.resources()));
    }
  }

  private static void add(Map<String, Long> to, Resources resources) {
    for (Entry each : resources) {
      if (each.value() instanceof Value.Scalar scalar) {
        String name = each.kind().name() + (each.kind().isRevocable() ? "_revocable" : "");
        to.merge(name, scalar.milli(), Long::sum);
      }
    }
  }

  void fill(Map<String, Double> metrics) {
    for (String name : NAMES) {
      fill(metrics, name);
      fill(metrics, name + "_revocable");
    }
  }

  private void fill(Map<String, Double> metrics, String name) {
    double has = total.getOrDefault(name, 0L) / MILLI;
    double uses = used.getOrDefault(name, 0L) / MILLI;
    metrics.put("master/" + name + "_total", has);
    metrics.put("master/" + name + "_used", uses);
    metrics.put("master/" + name + "_percent", has == 0 ? 0 : uses / has);
  }
}
