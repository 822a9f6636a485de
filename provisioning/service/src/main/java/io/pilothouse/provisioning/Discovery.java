package io.pilothouse.provisioning;

import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ReportDiscoveredRequest;
import io.pilothouse.provisioning.power.ChassisSpec;
import io.pilothouse.provisioning.power.LocalChassis;
import io.pilothouse.provisioning.power.PowerException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for machines and reports those that the Device Manager has not seen yet.
 *
 * <p>Soft state: what was reported a moment ago. Losing it costs a report said twice, which changes
 * nothing.
 */
final class Discovery {
  private static final Logger log = LoggerFactory.getLogger(Discovery.class);

  /** Time for a report to come back as a known machine before it is repeated. */
  private static final Duration REPEAT = Duration.ofSeconds(10);

  private final Path machines;
  private final ProvisioningDm dm;
  private final Supplier<Optional<List<Machine>>> known;
  private final LongSupplier nanoTime;
  private final Map<String, Long> reportedAt = new HashMap<>();
  private volatile Map<String, String> problems = Map.of();

  /**
   * @param known every machine of the Device Manager; empty while this instance may not act
   */
  Discovery(
      Path machines,
      ProvisioningDm dm,
      Supplier<Optional<List<Machine>>> known,
      LongSupplier nanoTime) {
    this.machines = machines;
    this.dm = dm;
    this.known = known;
    this.nanoTime = nanoTime;
  }

  /** Machines whose description cannot be read, and why. */
  Map<String, String> problems() {
    return problems;
  }

  void round() throws IOException, PowerException {
    Optional<List<Machine>> fleet = known.get();
    if (fleet.isEmpty()) {
      return;
    }
    Index index = new Index(fleet.get());
    Map<String, String> found = new TreeMap<>();
    for (LocalChassis chassis : LocalChassis.list(machines)) {
      try {
        ChassisSpec spec = chassis.spec();
        if (!index.seen(spec, chassis.bmc())) {
          report(spec, chassis.bmc());
        }
      } catch (PowerException e) {
        found.put(chassis.name(), String.valueOf(e.getMessage()));
      }
    }
    noteProblems(found);
  }

  private void report(ChassisSpec spec, String bmc) {
    long now = nanoTime.getAsLong();
    Long before = reportedAt.get(bmc);
    if (before != null && now - before < REPEAT.toNanos()) {
      return;
    }
    dm.discovered(
        ReportDiscoveredRequest.newBuilder()
            .setName(spec.name())
            .setMac(spec.mac())
            .setBmc(bmc)
            .setModel(spec.model())
            .build());
    reportedAt.put(bmc, now);
    log.info("found {} (mac {}, model {})", bmc, spec.mac(), spec.model());
  }

  private void noteProblems(Map<String, String> found) {
    found.forEach(
        (machine, problem) -> {
          if (!problem.equals(problems.get(machine))) {
            log.warn("{} is not reported: {}", machine, problem);
          }
        });
    problems = Map.copyOf(found);
  }

  /** The Device Manager's machines by what identifies them. */
  private static final class Index {
    private final Map<String, Machine> by = new HashMap<>();

    Index(List<Machine> machines) {
      for (Machine each : machines) {
        put("name " + each.getName(), each);
        put("bmc " + each.getBmc(), each);
        put(mac(each.getMac()), each);
      }
    }

    /** Of several that share something, one that waits to be seen, and else one of the fleet. */
    private void put(String key, Machine machine) {
      by.merge(key, machine, (a, b) -> rank(b) < rank(a) ? b : a);
    }

    private static int rank(Machine machine) {
      return switch (machine.getLifecycle()) {
        case EXPECTED -> 0;
        case DECOMMISSIONED -> 2;
        default -> 1;
      };
    }

    private static String mac(String mac) {
      return "mac " + mac.toLowerCase(java.util.Locale.ROOT);
    }

    boolean seen(ChassisSpec spec, String bmc) {
      Machine machine = spec.mac().isEmpty() ? null : by.get(mac(spec.mac()));
      if (machine == null) {
        machine = by.getOrDefault("name " + spec.name(), by.get("bmc " + bmc));
      }
      // in the inventory, but nobody has seen it: that is what we have to say
      return machine != null
          && machine.getLifecycle() != Lifecycle.EXPECTED
          && machine.getLifecycle() != Lifecycle.LIFECYCLE_UNSPECIFIED;
    }
  }
}
