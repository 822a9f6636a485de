package io.pilothouse.tasks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What keeps the machine's disk for all: outputs cut, disk measured, what is old removed. */
final class Upkeep {
  private static final Logger log = LoggerFactory.getLogger(Upkeep.class);
  private static final Duration COLLECT_EVERY = Duration.ofMinutes(1);

  private final Machine machine;
  private final Sandboxes sandboxes;
  private final Volumes volumes;
  private final Trash trash;
  private final DiskWatch disk;
  private long collectedAt = System.nanoTime() - COLLECT_EVERY.toNanos();

  Upkeep(Machine machine, Sandboxes sandboxes, Volumes volumes) {
    this.machine = machine;
    this.sandboxes = sandboxes;
    this.volumes = volumes;
    this.trash = new Trash(machine.tasks());
    this.disk = new DiskWatch(DiskUse.du(), machine.changed());
  }

  /** In each round, under the monitor of {@link Tasks}. */
  void round(Collection<Task> tasks, Executors executors) throws IOException {
    bound(tasks, executors);
    List<Run> runs = new ArrayList<>(executors.customs());
    for (Task each : tasks) {
      if (each instanceof CommandTask command) {
        runs.add(command);
      }
    }
    measure(runs);
    if (System.nanoTime() - collectedAt >= COLLECT_EVERY.toNanos()) {
      collectedAt = System.nanoTime();
      Set<Path> inUse = new HashSet<>();
      tasks.forEach(each -> inUse.add(each.record().sandbox()));
      executors.all().forEach(each -> inUse.add(each.record().sandbox()));
      sandboxes.collect(inUse, machine.clock().instant());
    }
  }

  /** In each round, without it. */
  void tidy() throws IOException {
    volumes.round(machine.clock().instant());
    machine.bundles().round(machine.clock().instant(), tree -> Trash.take(machine.tasks(), tree));
    var unused = trash.empty();
  }

  private void bound(Collection<Task> tasks, Executors executors) {
    Set<Path> written = new HashSet<>();
    tasks.stream()
        .map(Task::record)
        .filter(each -> !each.hasEnded())
        .forEach(each -> written.add(each.sandbox()));
    executors.customs().forEach(each -> written.add(each.record().sandbox()));
    for (Path each : written) {
      try {
        sandboxes.bound(each);
      } catch (IOException e) {
        log.warn("outputs in {} stay as they are: {}", each, e.toString());
      }
    }
  }

  private void measure(List<Run> runs) {
    Rules rules = machine.rules().get();
    Map<String, List<DiskQuota>> wanted = new LinkedHashMap<>();
    for (Run each : runs) {
      List<DiskQuota> quotas = rules.disk() ? each.quotas() : List.of();
      if (!quotas.isEmpty()) {
        wanted.put(each.container(), quotas);
        disk.excess(each.container()).ifPresent(each::exceeded);
      }
    }
    disk.watch(wanted, rules.diskEvery());
  }
}
