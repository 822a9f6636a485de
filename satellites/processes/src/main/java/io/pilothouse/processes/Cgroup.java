package io.pilothouse.processes;

import io.pilothouse.manifests.ProcessSpec.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control groups of one process and of all that it starts, however far it forks away.
 *
 * @param parts at least one, all with the same processes
 */
public record Cgroup(List<Part> parts) {
  /** Enters the control groups, then becomes the process. */
  private static final String ENTER =
      "while [ \"$1\" != -- ]; do echo 0 >\"$1\" || exit 126; shift; done; shift; exec \"$@\"";

  private static final Logger log = LoggerFactory.getLogger(Cgroup.class);
  private static final String PROCESSES = "cgroup.procs";
  private static final Duration GONE_WITHIN = Duration.ofSeconds(5);
  private static final Duration LOOK = Duration.ofMillis(20);

  /** A group in a hierarchy. */
  public record Part(Hierarchy hierarchy, Path group) {
    Set<Long> pids() throws IOException {
      Set<Long> pids = new TreeSet<>();
      Path file = group.resolve(PROCESSES);
      if (Files.exists(file)) {
        Files.readAllLines(file).stream()
            .filter(each -> !each.isBlank())
            .map(Long::valueOf)
            .forEach(pids::add);
      }
      return pids;
    }

    private boolean has(Control control) {
      return hierarchy.controls().contains(control);
    }
  }

  /**
   * Of a group's memory.
   *
   * @param limit in bytes; the largest number for none
   * @param peak what it had at most, in bytes; 0 where the kernel does not tell
   */
  public record Memory(long limit, long peak) {}

  /** At least one part. */
  public Cgroup {
    parts = List.copyOf(parts);
  }

  void make(Limits limits) throws IOException {
    for (Part part : parts) {
      part.hierarchy().open();
      Files.createDirectories(part.group());
      part.hierarchy().limit(part.group(), limits);
    }
  }

  /**
   * Other limits than it was made with; what has none any more is lifted. Its memory is never
   * lowered: who runs has not given back yet what it may no longer have, and would be killed.
   */
  public void limit(Limits limits) throws IOException {
    for (Part part : parts) {
      boolean lowers =
          limits.memory().isPresent()
              && part.has(Control.MEMORY)
              && limits.memory().get() < part.hierarchy().memory(part.group());
      part.hierarchy()
          .limit(
              part.group(),
              lowers ? new Limits(limits.cpus(), Optional.empty(), limits.pids()) : limits);
      for (Control each : part.hierarchy().controls()) {
        if (!Cgroups.asked(limits).contains(each)) {
          part.hierarchy().lift(part.group(), each);
        }
      }
    }
  }

  /**
   * How much of the processors it has among its siblings when there are too few for all.
   *
   * @param cpus that it was given
   */
  public void weigh(double cpus) throws IOException {
    for (Part part : parts) {
      part.hierarchy().weigh(part.group(), cpus);
    }
  }

  /** Where a process writes 0 to be of it, with all that it starts from then on. */
  List<Path> entrances() {
    return parts.stream().map(each -> each.group().resolve(PROCESSES)).toList();
  }

  /** What goes before a command to have it run in the groups; nothing where there are none. */
  public static List<String> entering(Optional<Cgroup> cgroup) {
    if (cgroup.isEmpty()) {
      return List.of();
    }
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", ENTER, "pilot-start"));
    cgroup.get().entrances().forEach(each -> command.add(each.toString()));
    command.add("--");
    return command;
  }

  /** Of all its processes. */
  public Set<Long> pids() throws IOException {
    Set<Long> pids = new TreeSet<>();
    for (Part part : parts) {
      pids.addAll(part.pids());
    }
    return pids;
  }

  /** How often the kernel killed one of them for its memory, since it was made. */
  public long outOfMemory() throws IOException {
    long most = 0;
    for (Part part : parts) {
      most = Math.max(most, part.hierarchy().outOfMemory(part.group()));
    }
    return most;
  }

  /** How often the kernel refused it another process, for their number, since it was made. */
  public long forksRefused() throws IOException {
    long most = 0;
    for (Part part : parts) {
      if (part.has(Control.PIDS)) {
        most = Math.max(most, part.hierarchy().forksRefused(part.group()));
      }
    }
    return most;
  }

  /** Empty where its memory is not controlled, or the group is gone. */
  public Optional<Memory> memory() throws IOException {
    for (Part part : parts) {
      if (part.has(Control.MEMORY) && Files.isDirectory(part.group())) {
        long limit = part.hierarchy().memory(part.group());
        return Optional.of(new Memory(limit, part.hierarchy().memoryPeak(part.group())));
      }
    }
    return Optional.empty();
  }

  /**
   * Kills all of them, faster than they can fork.
   *
   * @throws IOException when some cannot be killed
   */
  public void kill() throws IOException, InterruptedException {
    if (pids().isEmpty()) {
      return;
    }
    for (Part part : parts) {
      part.hierarchy().stopForks(part.group());
    }
    long deadline = System.nanoTime() + GONE_WITHIN.toNanos();
    for (Set<Long> left = pids(); !left.isEmpty(); left = pids()) {
      if (System.nanoTime() - deadline >= 0) {
        throw new IOException("processes %s cannot be killed".formatted(left));
      }
      left.forEach(each -> ProcessHandle.of(each).ifPresent(ProcessHandle::destroyForcibly));
      Thread.sleep(LOOK);
    }
  }

  /** Removes the groups once their last process is gone. */
  public void remove() throws InterruptedException {
    for (Part part : parts) {
      long deadline = System.nanoTime() + GONE_WITHIN.toNanos();
      while (!isRemoved(part.group()) && System.nanoTime() - deadline < 0) {
        Thread.sleep(LOOK); // a killed process is of its group until the kernel is done with it
      }
    }
  }

  static boolean isRemoved(Path group) {
    try {
      Files.deleteIfExists(group);
      return true;
    } catch (IOException e) {
      log.debug("{} is not empty yet: {}", group, e.toString());
      return false;
    }
  }
}
