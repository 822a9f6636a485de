package io.pilothouse.watchdog;

import io.pilothouse.client.DmClient;
import io.pilothouse.kit.HttpPage;
import io.pilothouse.kit.Program;
import io.pilothouse.kit.ProgramOptions;
import io.pilothouse.kit.Rounds;
import io.pilothouse.tls.Peers;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The watchdog service: sees machines from outside. Any number may run; each reports for itself.
 */
@Command(name = "watchdog", description = "Probes machines from outside and reports verdicts.")
public final class Main implements Program.Body {
  private static final Duration STALE = Duration.ofSeconds(30);

  @Mixin private final ProgramOptions options = new ProgramOptions();

  @Option(
      names = "--domain",
      paramLabel = "DOMAIN",
      description = "fault domain that it runs in, such as rack/r7; for watchdogs with a quorum")
  private String domain = "";

  public static void main(String[] args) {
    Program.main(new Main(), args);
  }

  @Override
  public void start(Program program) {
    DmClient client = program.closing(options.client());
    Optional<SSLSocketFactory> agents =
        options.tls().map(each -> each.client(Peers.MACHINE).getSocketFactory());
    Prober prober = new Prober(options.id(), domain, client, agents, program.meters());
    Rounds pull =
        program.closing(
            new Rounds("targets", Duration.ofMillis(200), prober::pull, program.meters()));
    Rounds probe =
        program.closing(
            new Rounds("probes", Duration.ofMillis(250), prober::probe, program.meters()));
    Rounds report =
        program.closing(
            new Rounds("verdicts", Duration.ofMillis(250), prober::report, program.meters()));
    SlowWatch slow = new SlowWatch(prober::targets, prober::say, agents);
    Rounds compare =
        program.closing(
            new Rounds("comparisons", Duration.ofMillis(500), slow::round, program.meters()));
    HttpPage page = program.closing(options.page(program));
    page.status(prober::status)
        .check("targets", () -> pull.problem(STALE))
        .check("probes", () -> probe.problem(STALE))
        .check("comparisons", () -> compare.problem(STALE))
        .check("verdicts", () -> report.problem(STALE))
        .start();
    pull.start();
    probe.start();
    compare.start();
    report.start();
  }
}
