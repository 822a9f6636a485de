package io.pilothouse.processes;

import io.pilothouse.watchdog.ProcessGroups;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process with all that it started. All of it counts, not its leader: a shell dies of TERM at
 * once while the server that it waits for still says good-bye to its clients. One that forked away
 * into a session of its own is found by its control group, or else by the variables that it was
 * started with.
 *
 * @param leader of the group and of the session
 * @param marks variables that all of it were started with
 */
public record Family(long leader, Map<String, String> marks, Optional<Cgroup> cgroup) {
  /** The variable that names the process of the manifest. */
  public static final String PROCESS = "PILOT_PROCESS";

  private static final String DISK = "PILOT_DISK";
  private static final Logger log = LoggerFactory.getLogger(Family.class);
  private static final Duration KILL_WAIT = Duration.ofSeconds(5);
  private static final Duration LOOK = Duration.ofMillis(20);

  /**
   * What all of a process are started with, and nobody else.
   *
   * @param disk of the machine
   * @param variable {@link #PROCESS}, or another for what is no process of the manifest
   */
  public static Map<String, String> marks(Path disk, String variable, String process) {
    return Map.of(DISK, disk.toString(), variable, process);
  }

  /** TERM to all of it. */
  public void terminate() throws IOException, InterruptedException {
    if (ProcFs.groupRuns(leader)) {
      ProcessGroups.signal(leader, "TERM");
    }
    for (ProcessHandle each : strays()) {
      each.destroy();
    }
  }

  /** TERM to all but its leader's group, which only waits for the others and ends as they do. */
  public void terminateOthers() throws IOException {
    for (ProcessHandle each : strays()) {
      each.destroy();
    }
  }

  /**
   * Waits until all of it is gone, and kills what is not after the grace.
   *
   * @throws IOException when not even that ends it
   */
  public void end(Duration grace) throws IOException, InterruptedException {
    if (isGone(grace)) {
      return;
    }
    log.warn("process {} did not stop within {} ms: killed", leader, grace.toMillis());
    kill();
  }

  /**
   * KILL to all of it.
   *
   * @return how many others than the leader still ran
   */
  public int kill() throws IOException, InterruptedException {
    int others = others();
    if (ProcFs.groupRuns(leader)) {
      ProcessGroups.signal(leader, "KILL");
    }
    if (cgroup.isPresent()) {
      cgroup.get().kill();
    }
    long deadline = System.nanoTime() + KILL_WAIT.toNanos();
    for (List<ProcessHandle> left = members(); !left.isEmpty(); left = members()) {
      if (System.nanoTime() - deadline >= 0) {
        throw new IOException(
            "processes %s cannot be killed"
                .formatted(left.stream().map(ProcessHandle::pid).toList()));
      }
      left.forEach(ProcessHandle::destroyForcibly);
      Thread.sleep(LOOK);
    }
    return others;
  }

  private int others() throws IOException {
    return (int) members().stream().filter(each -> each.pid() != leader).count();
  }

  private boolean isGone(Duration wait) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + wait.toNanos();
    // the group first: who forked away is looked for in every process of the machine
    while (ProcFs.groupRuns(leader) || !members().isEmpty()) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      Thread.sleep(LOOK);
    }
    return true;
  }

  /** Those of other groups. */
  private List<ProcessHandle> strays() throws IOException {
    return members().stream()
        .filter(each -> ProcFs.stat(each.pid()).filter(stat -> stat.group() != leader).isPresent())
        .toList();
  }

  private List<ProcessHandle> members() throws IOException {
    Set<Long> held = cgroup.isPresent() ? cgroup.get().pids() : Set.of();
    List<ProcessHandle> found = new ArrayList<>();
    for (long pid : ProcFs.pids(each -> true)) {
      // the handle first: it knows the start time, so that no later process of this pid is killed
      Optional<ProcessHandle> handle = ProcessHandle.of(pid);
      boolean is =
          handle.isPresent()
              && ProcFs.stat(pid).isPresent()
              && (held.contains(pid)
                  || ProcFs.isOf(leader, pid)
                  || (cgroup.isEmpty() && isMarked(pid)));
      if (is) {
        found.add(handle.get());
      }
    }
    return found;
  }

  private boolean isMarked(long pid) {
    return ProcFs.environment(pid).entrySet().containsAll(marks.entrySet());
  }

  /**
   * Kills processes of a machine that nobody remembers: an agent started them right before it died.
   *
   * @param variable that they are told by
   * @param known names of those that are remembered
   */
  public static void killForgotten(Path disk, String variable, Set<String> known)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + KILL_WAIT.toNanos();
    List<ProcessHandle> left = forgotten(disk, variable, known);
    while (!left.isEmpty() && System.nanoTime() - deadline < 0) {
      log.warn(
          "processes {} are left from an agent before this one: killed",
          left.stream().map(ProcessHandle::pid).toList());
      left.forEach(ProcessHandle::destroyForcibly);
      Thread.sleep(LOOK);
      left = forgotten(disk, variable, known);
    }
  }

  private static List<ProcessHandle> forgotten(Path disk, String variable, Set<String> known)
      throws IOException {
    List<ProcessHandle> found = new ArrayList<>();
    for (long pid : ProcFs.pids(each -> true)) {
      Optional<ProcessHandle> handle = ProcessHandle.of(pid);
      Map<String, String> environment = handle.isPresent() ? ProcFs.environment(pid) : Map.of();
      String process = environment.getOrDefault(variable, "");
      boolean ours = disk.toString().equals(environment.get(DISK));
      if (ours && !process.isEmpty() && !known.contains(process)) {
        found.add(handle.orElseThrow());
      }
    }
    return found;
  }
}
