package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the processes of the one active version (Isard 2007, section 3.1). A switch stops the old
 * ones, renames a link, starts the new ones; when only configuration differs, it renames the link
 * and has the old ones read it.
 */
final class ApplicationManager {
  private static final Logger log = LoggerFactory.getLogger(ApplicationManager.class);

  /** Where a switch may be cut short; told in tests only. */
  interface SwitchPoints {
    SwitchPoints NONE = point -> {};

    void reached(String point);
  }

  private final Surroundings around;
  private final Wanted wanted;
  private final Staged staged;
  private final Runnable changed;
  private final SwitchPoints points;
  private Optional<RunningVersion> current = Optional.empty();
  private boolean settled;
  private volatile Optional<VersionRef> running = Optional.empty();
  private volatile Optional<Problem> problem =
      Optional.of(new Problem(Problem.STARTING, "the agent is starting"));
  private volatile List<Map<String, Object>> described = List.of();
  private volatile List<String> notEnforced = List.of();
  private volatile List<CrashLoop.Ends> ends = List.of();

  /**
   * @param changed called when another version runs, or readiness changes
   */
  ApplicationManager(Surroundings around, Wanted wanted, Staged staged, Runnable changed) {
    this(around, wanted, staged, changed, SwitchPoints.NONE);
  }

  ApplicationManager(
      Surroundings around, Wanted wanted, Staged staged, Runnable changed, SwitchPoints points) {
    this.around = around;
    this.wanted = wanted;
    this.staged = staged;
    this.changed = changed;
    this.points = points;
  }

  /** The version that runs; empty when none does. */
  Optional<VersionRef> running() {
    return running;
  }

  /** What is wrong with the processes; empty when all serve, or none should run. */
  Optional<Problem> problem() {
    return problem;
  }

  /** How each process ended lately. */
  List<CrashLoop.Ends> ends() {
    return ends;
  }

  /** Limits of the processes that this machine does not enforce, and why. */
  List<String> notEnforced() {
    return notEnforced;
  }

  List<Map<String, Object>> describe() {
    return described;
  }

  /** One round: the right version, its processes running. */
  void round() throws IOException, InterruptedException {
    if (!wanted.known()) {
      return; // nobody ever said what should run: what does is left alone
    }
    WantedState now = wanted.get();
    Optional<VersionRef> target =
        now.getRunProcesses() && now.hasActive() && !now.getActive().getName().isEmpty()
            ? Optional.of(now.getActive())
            : Optional.empty();
    Optional<VersionRef> before = running;
    String faultBefore = fault(problem);
    Optional<Problem> blocked = Optional.empty();
    IOException failure = null;
    if (target.isPresent() && !staged.versions().contains(target.get())) {
      // keep what runs until every byte of the other is there
      blocked = Optional.of(notStaged(target.get()));
    } else if (!settled || !target.equals(current.map(RunningVersion::version))) {
      try {
        switchTo(target, now.getRunProcesses());
        settled = true;
      } catch (IOException e) {
        String text = target.map(RunningVersion::text).orElse("nothing");
        blocked =
            Optional.of(
                new Problem(
                    Problem.NOT_SWITCHED, "cannot run %s: %s".formatted(text, e.getMessage())));
        failure = e;
      }
    }
    Optional<Problem> found;
    try {
      found = look();
    } catch (IOException e) {
      String text = "cannot be looked after: " + e.getMessage();
      found = Optional.of(new Problem(Problem.NOT_READY, text));
      failure = failure == null ? e : failure;
    }
    problem = blocked.isPresent() ? blocked : found;
    if (!running.equals(before) || !fault(problem).equals(faultBefore)) {
      changed.run();
    }
    if (failure != null) {
      throw failure;
    }
  }

  private Problem notStaged(VersionRef target) {
    String why = staged.problem().isEmpty() ? "not staged yet" : staged.problem();
    return new Problem(
        Problem.NOT_STAGED, "version %s: %s".formatted(RunningVersion.text(target), why));
  }

  private void switchTo(Optional<VersionRef> target, boolean inUse)
      throws IOException, InterruptedException {
    Optional<VersionRef> linked = linked();
    boolean same = target.isPresent() && target.equals(linked);
    // what cannot run is found out while the other still does
    Optional<RunningVersion> next =
        target.isPresent()
            ? Optional.of(RunningVersion.read(target.get(), around))
            : Optional.empty();
    points.reached("read");
    if (current.isPresent()
        && next.isPresent()
        && ConfigChange.isOnly(current.get(), next.get(), around.disk())) {
      reconfigure(current.get(), next.get());
      return;
    }
    if (current.isPresent()) {
      current.get().stop();
      points.reached("stopped");
    }
    current = Optional.empty();
    running = Optional.empty();
    Orphans.stop(around, same ? target : Optional.empty());
    points.reached("others stopped");
    if (next.isPresent()) {
      if (!same) {
        AfterSwitch.forget(around.disk());
        around.disk().activate(next.get().version());
        points.reached("activated");
      }
      next.get().adopt();
      log.info("runs {}", RunningVersion.text(next.get().version()));
    } else if (inUse && linked.isPresent()) {
      around.disk().deactivate();
    }
    current = next;
    running = target;
  }

  private void reconfigure(RunningVersion old, RunningVersion next)
      throws IOException, InterruptedException {
    AfterSwitch.forget(around.disk());
    around.disk().activate(next.version());
    points.reached("activated");
    current = Optional.of(old.become(next));
    running = Optional.of(next.version());
    points.reached("reloaded");
    log.info("runs {}, which differs in configuration only", RunningVersion.text(next.version()));
  }

  private Optional<VersionRef> linked() throws IOException {
    return around
        .disk()
        .activeVersion()
        .flatMap(each -> staged.find(each.getName(), each.getVersion()));
  }

  private Optional<Problem> look() throws IOException, InterruptedException {
    if (current.isEmpty()) {
      ends = List.of();
      described = List.of();
      notEnforced = List.of();
      return Optional.empty();
    }
    RunningVersion version = current.get();
    version.round();
    points.reached("round");
    ends = version.ends();
    described = version.describe();
    notEnforced = version.notEnforced(around.cgroups());
    return version.problem();
  }

  /** Looks at the processes no more; they run on. */
  void close() {
    current.ifPresent(RunningVersion::close);
  }

  private static String fault(Optional<Problem> problem) {
    return problem.map(Problem::fault).orElse("");
  }
}
