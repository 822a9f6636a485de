package io.pilothouse.agent;

import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.BuiltInArgs;
import io.pilothouse.manifests.BuiltInWatchdog;
import io.pilothouse.manifests.BuiltInWatchdogs;
import io.pilothouse.watchdog.checks.Check;
import io.pilothouse.watchdog.checks.Clock;
import io.pilothouse.watchdog.checks.HttpDate;
import io.pilothouse.watchdog.checks.KernelLog;
import io.pilothouse.watchdog.checks.MemoryErrors;
import io.pilothouse.watchdog.checks.ReadOnly;
import io.pilothouse.watchdog.checks.Smart;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;

/** Makes the checks of this machine by their names and arguments. */
final class BuiltInChecks implements BuiltIns.Making {
  private final Disk disk;
  private final Wanted wanted;
  private final ApplicationManager applications;
  private final WatchdogSets sets;
  private final Optional<SSLSocketFactory> toReplicas;

  /**
   * @param toReplicas how programs of the fleet are asked for their time; plain without
   */
  BuiltInChecks(
      Disk disk,
      Wanted wanted,
      ApplicationManager applications,
      WatchdogSets sets,
      Optional<SSLSocketFactory> toReplicas) {
    this.toReplicas = toReplicas;
    this.disk = disk;
    this.wanted = wanted;
    this.applications = applications;
    this.sets = sets;
  }

  @Override
  public Optional<Check> make(WatchdogSpec spec) {
    Optional<BuiltInWatchdog> builtIn = BuiltInWatchdogs.find(BuiltInWatchdogs.chosen(spec));
    if (builtIn.isEmpty()) {
      return Optional.empty();
    }
    BuiltInArgs args = BuiltInArgs.of(builtIn.get(), spec.getArgsList());
    return switch (builtIn.get().name()) {
      case "crash-loop" ->
          Optional.of(
              new CrashLoop(applications::ends, args.count("ends"), args.duration("within")));
      case "drift" ->
          Optional.of(
              new Drift(
                  wanted::get,
                  applications::running,
                  disk::image,
                  sets::problem,
                  args.duration("grace"),
                  System::nanoTime));
      case "read-only" ->
          Optional.of(
              new ReadOnly(
                  Path.of(args.text("mounts")),
                  Path.of(args.text("fstab")),
                  args.text("probe").isEmpty() ? disk.root() : Path.of(args.text("probe"))));
      case "smart" -> Optional.of(new Smart(args.text("command"), args.count("wear")));
      case "kernel-log" ->
          Optional.of(KernelLog.of(args.text("file"), args.duration("clear-after")));
      case "memory-errors" ->
          Optional.of(
              new MemoryErrors(
                  Path.of(args.text("root")),
                  args.count("corrected"),
                  args.duration("within"),
                  System::nanoTime));
      case "clock" -> Optional.of(clock(args));
      default -> Optional.empty();
    };
  }

  private Check clock(BuiltInArgs args) {
    String given = args.text("sources");
    Supplier<List<String>> sources =
        given.isEmpty()
            ? () -> wanted.get().getDeploymentsList()
            : () -> Arrays.asList(given.split(",", -1));
    return new Clock(
        args.text("chronyc"),
        sources,
        // sources that were named are anybody's servers
        new HttpDate(given.isEmpty() ? toReplicas : Optional.empty()),
        args.duration("warn"),
        args.duration("error"));
  }
}
