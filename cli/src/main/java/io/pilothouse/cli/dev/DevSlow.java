package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A target that is slow but alive, which is harder to notice than one that is dead. */
@CommandLine.Command(
    name = "slow",
    description = {
      "Lets a machine or program run for a part of the time only, and ends when it runs as before:",
      "after --for, or at Ctrl-C."
    })
final class DevSlow extends Target {

  @Parameters(paramLabel = "TARGET", description = "a machine, dm-1 …, dm-leader, repair …")
  String target = "";

  @Option(
      names = "--for",
      paramLabel = "DURATION",
      converter = Durations.class,
      description = "how long (default: 1m)")
  Duration length = Duration.ofMinutes(1);

  @Option(
      names = "--share",
      paramLabel = "PERCENT",
      description = "of the time in which it runs, 1 to 99 (default: 10)")
  int share = 10;

  @Override
  protected ExitCode run() throws Exception {
    if (share < 1 || share > 99) {
      throw CliException.usage("--share " + share + " is not 1 to 99", "use --share 10");
    }
    String name = resolve(target);
    running(name);
    say("%s runs for %d%% of the next %s".formatted(name, share, Durations.text(length)));
    new Slowdown(() -> processes(name), share).run(length);
    show(
        () -> Json.object().put("slowed", name),
        () -> name + " runs as before",
        () -> List.of(name));
    return ExitCode.DONE;
  }
}
