package io.pilothouse.tasks;

import io.pilothouse.processes.Cgroup;
import io.pilothouse.processes.Family;
import io.pilothouse.processes.ProcFs;
import io.pilothouse.tasks.lending.Usage;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of one task or executor: in a session and control groups of their own, with a
 * keeper beside them, found again by the next agent. Its fields belong to the monitor of {@link
 * Tasks}; what waits for processes runs without it.
 */
final class Container {
  private static final Logger log = LoggerFactory.getLogger(Container.class);
  private static final Duration PID_WITHIN = Duration.ofSeconds(5);
  private static final Duration PID_LOOK = Duration.ofMillis(5);

  private final Machine machine;
  private final String id;
  private final Path meta;
  private final Supplier<Allotment> allotment;
  private final Killing killing;
  private Optional<Keeper> keeper = Optional.empty();
  private volatile Optional<Cgroup> cgroup = Optional.empty();

  /** How often it was refused another process, as far as it ran by itself. */
  private volatile OptionalLong refused = OptionalLong.empty();

  /**
   * @param meta directory for what the agent knows of it
   * @param allotment its processors, which may come to be others
   */
  Container(Machine machine, String id, Path meta, Supplier<Allotment> allotment) {
    this(machine, id, meta, allotment, false);
  }

  /**
   * @param meta directory for what the agent knows of it
   * @param allotment its processors, which may come to be others
   * @param isContained whether its processes are in a container of an image
   */
  Container(
      Machine machine, String id, Path meta, Supplier<Allotment> allotment, boolean isContained) {
    this.machine = machine;
    this.id = id;
    this.meta = meta;
    this.allotment = allotment;
    this.killing = new Killing(id, this::family, isContained);
  }

  /**
   * Starts it.
   *
   * @param sandbox prepared for it
   * @throws IOException in words for its framework; something of it may run then
   */
  void start(Starting command, Path sandbox, Map<String, String> environment, TaskLimits limits)
      throws IOException {
    environment.putAll(marks());
    cgroup = machine.cgroups().make(id, limits.limits(), limits.cpus());
    command.write(meta, environment, cgroup);
    Process process =
        Keeper.start(meta, command.line(cgroup), sandbox, machine.environment(), marks());
    Keeper started = Keeper.of(process);
    keeper = Optional.of(started);
    var unused = process.onExit().thenRun(machine.changed());
    started.remember(meta);
  }

  /** A command that is run beside it. */
  interface Beside {
    /** The words that it is started by, in its groups. */
    List<String> lineBeside(Optional<Cgroup> cgroup) throws IOException;

    /** What that reads from its standard input. */
    String script(Map<String, String> environment) throws IOException;
  }

  /**
   * Runs another command beside it, as a part of it that is no longer than it. Not under the
   * monitor.
   *
   * @param marks of its own beside the container's
   * @return its process, in a session of its own, with both outputs in one pipe
   */
  Process beside(
      Beside command, Path sandbox, Map<String, String> environment, Map<String, String> marks)
      throws IOException {
    environment.putAll(marks());
    List<String> line = new ArrayList<>(List.of("setsid", "env"));
    marks.forEach((name, value) -> line.add(name + "=" + value));
    marks().forEach((name, value) -> line.add(name + "=" + value));
    line.addAll(command.lineBeside(cgroup));
    ProcessBuilder builder =
        new ProcessBuilder(line).directory(sandbox.toFile()).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(machine.environment());
    Process process = builder.start();
    try (Writer script = process.outputWriter()) {
      script.write(command.script(environment));
    } catch (IOException e) {
      process.destroyForcibly();
      throw e;
    }
    return process;
  }

  /** Whether it is known who keeps it. */
  boolean wasStarted() throws IOException {
    return Keeper.of(meta).isPresent();
  }

  /**
   * Goes on with what an agent before this one started.
   *
   * @return whether it came so far
   */
  boolean adopt() throws IOException {
    keeper = Keeper.of(meta);
    OptionalLong leader = keeper.isPresent() ? leader() : OptionalLong.empty();
    cgroup =
        leader.isPresent()
            ? machine.cgroups().holding(leader.getAsLong(), id)
            : machine.cgroups().left(id);
    if (runs()) {
      ProcessHandle.of(keeper.get().pid())
          .ifPresent(
              each -> {
                var unused = each.onExit().thenRun(machine.changed());
              });
    }
    return keeper.isPresent();
  }

  boolean runs() {
    return keeper.filter(Keeper::runs).isPresent();
  }

  /** It ran, and does no more. */
  boolean hasEnded() {
    return keeper.isPresent() && !runs();
  }

  /** For how long it has run. */
  Duration age() throws IOException {
    return ProcFs.age(keeper.orElseThrow().startTicks());
  }

  /**
   * Other limits than it was started with, but no less memory than it had once; what the kernel
   * refuses stays as it was.
   */
  void limit(TaskLimits limits) {
    if (cgroup.isPresent() && runs()) {
      try {
        cgroup.get().limit(limits.limits());
        cgroup.get().weigh(limits.cpus());
      } catch (IOException e) {
        log.warn("{} has the limits that it had: {}", id, e.toString());
      }
    }
  }

  /**
   * What it has of processors, and has used of them.
   *
   * @param ending whether it has been told to end
   */
  Usage.Load load(boolean ending) {
    OptionalLong used = OptionalLong.empty();
    Duration age = Duration.ZERO;
    try {
      if (cgroup.isPresent() && runs()) {
        used = cgroup.get().processorTime();
        age = allotment.get().lent() > 0 ? age() : age; // of no other is it asked
      }
    } catch (IOException e) {
      log.debug("{}: its use of processors is not known: {}", id, e.toString());
    }
    return new Usage.Load(id, allotment.get().own(), allotment.get().lent(), used, age, ending);
  }

  /** TERM, and KILL after the grace; asked again only to end it sooner. */
  void kill(Duration grace) {
    killing.ask(grace);
  }

  /** Tries a kill again that did not come to its end. */
  void killAgain() {
    if (runs()) {
      killing.again();
    }
  }

  /** Those of its group and session, of its control groups, and whom these started. */
  Set<Long> pids() throws IOException {
    Set<Long> all = new HashSet<>();
    if (cgroup.isPresent()) {
      all.addAll(cgroup.get().pids());
    }
    OptionalLong leader = leader();
    if (leader.isPresent()) {
      all.addAll(ProcFs.pids(pid -> ProcFs.isOf(leader.getAsLong(), pid)));
      ProcessHandle.of(leader.getAsLong()).stream()
          .flatMap(ProcessHandle::descendants) // a container has a session of its own
          .forEach(each -> all.add(each.pid()));
    }
    return all;
  }

  /** Waits for what it left behind; not under the monitor. */
  void clear() throws IOException, InterruptedException {
    if (refused.isEmpty() && cgroup.isPresent()) {
      refused = OptionalLong.of(cgroup.get().forksRefused()); // a kill refuses it all
    }
    family().kill(); // a container ends with its command
  }

  /** Removes its group once nothing of it runs; waits for the kernel. */
  void forget() throws InterruptedException {
    if (cgroup.isPresent()) {
      cgroup.get().remove();
    }
  }

  /** How it ended, as sh(1) tells; empty when nobody saw it. */
  OptionalInt status() throws IOException {
    return Keeper.status(meta);
  }

  /** Why the kernel killed it, or one of it, if it did for its memory. */
  Optional<Cause> outOfMemory() throws IOException {
    return cgroup.isPresent() && cgroup.get().outOfMemory() > 0
        ? cgroup.get().memory().map(Cause::outOfMemory)
        : Optional.empty();
  }

  /** How it ended by itself, in words; once {@link #clear} has been. */
  String words(String who) throws IOException {
    String how = Ending.words(who, status());
    long times = refused.orElse(0);
    return times == 0
        ? how
        : how
            + "; %d times it was refused another process or thread, having as many as it may"
                .formatted(times);
  }

  /** All of it; waits for a keeper that has only just been started. */
  private Family family() throws IOException {
    OptionalLong leader = leader();
    long end = System.nanoTime() + PID_WITHIN.toNanos();
    while (leader.isEmpty() && runs() && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(PID_LOOK.toNanos());
      leader = leader();
    }
    // once it has ended its pid may be anybody's: then all is told by control group and marks
    return new Family(leader.orElse(Long.MAX_VALUE), marks(), cgroup);
  }

  private OptionalLong leader() throws IOException {
    OptionalLong written = Keeper.task(meta);
    return written.isPresent() || keeper.isEmpty() ? written : keeper.get().child();
  }

  private Map<String, String> marks() {
    return Family.marks(machine.disk(), Machine.MARK, id);
  }
}
