package io.pilothouse.repair;

import static java.util.Objects.requireNonNull;

import io.pilothouse.client.DmClient;
import io.pilothouse.kit.HttpPage;
import io.pilothouse.kit.Lanes;
import io.pilothouse.kit.LeaseKeeper;
import io.pilothouse.kit.Program;
import io.pilothouse.kit.ProgramException;
import io.pilothouse.kit.ProgramOptions;
import io.pilothouse.kit.Rounds;
import io.pilothouse.provisioning.power.LocalPower;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The Repair Service. */
@Command(
    name = "repair",
    description = "Carries out the repairs that the Device Manager has decided.")
public final class Main implements Program.Body {
  private static final Duration LEASE = Duration.ofSeconds(10);
  private static final Duration STALE = Duration.ofSeconds(30);
  private static final int REPAIRS_AT_ONCE = 8;
  private static final Duration WEBHOOK_PAUSE = Duration.ofMillis(500);

  /** Events that may wait for a ticket system that is down: of a bad week in a large fleet. */
  private static final int SPOOLED = 1000;

  @Mixin private final ProgramOptions options = new ProgramOptions();

  @Option(
      names = "--machines",
      required = true,
      paramLabel = "DIR",
      description = "Directory of the emulated machines, $PILOT_HOME/machines.")
  private Path machines = Path.of("");

  @Option(
      names = "--tickets",
      required = true,
      paramLabel = "DIR",
      description = "Where to write a file for each machine that a person must replace.")
  private Path ticketDirectory = Path.of("");

  @Option(
      names = "--visit-hours",
      defaultValue = "4",
      paramLabel = "N",
      description =
          "Replacements in one rack within so many hours are one visit of a technician; default 4,"
              + " 0 = each by itself.")
  private int visitHours;

  @Option(
      names = "--ticket-webhook",
      paramLabel = "URL",
      description = "Where to POST ticket and visit events, signed, until they are taken.")
  private @Nullable URI webhookUrl;

  @Option(
      names = "--ticket-secret-file",
      paramLabel = "FILE",
      description = "Holds the secret that events are signed with; at least 16 bytes.")
  private @Nullable Path secretFile;

  public static void main(String[] args) {
    Program.main(new Main(), args);
  }

  @Override
  public void start(Program program) {
    requireWritable(ticketDirectory);
    HttpPage page = program.closing(options.page(program));
    DmClient client = program.closing(options.client());
    LeaseKeeper lease =
        program.closing(new LeaseKeeper(client, "repair", options.id(), LEASE, program.meters()));
    Lanes lanes = program.closing(new Lanes(REPAIRS_AT_ONCE));
    RepairDm dm = new RepairDm.Remote(client);
    Clock clock = Clock.systemUTC();
    Optional<Spool> spool = spool(clock);
    Optional<Webhook> webhook = spool.map(each -> program.closing(webhook(each, clock, program)));
    TicketEvents events = new TicketEvents(spool, clock);
    Tickets tickets = new Tickets(ticketDirectory, events, clock);
    Visits visits = new Visits(ticketDirectory, events, Duration.ofHours(visitHours), clock);
    AtomicLong revision = new AtomicLong();
    Executor executor =
        new Executor(
            new Executor.Means(new LocalPower(machines), dm, lease, tickets, visits, lanes),
            options.id(),
            revision,
            program.meters());
    RepairService service = new RepairService(dm, lease, tickets, visits, executor, revision);
    Rounds repairs =
        program.closing(
            new Rounds("repairs", Duration.ofMillis(100), service::round, program.meters()));
    page.status(
            () -> {
              Map<String, Object> status = new LinkedHashMap<>();
              status.put("program", "repair");
              status.put("id", options.id());
              status.put("lease", lease.describe());
              status.put("revision", revision.get());
              status.put("machines_busy", lanes.busy());
              status.put("repairs", executor.describe());
              status.put("webhook", webhook.map(Webhook::describe));
              return status;
            })
        .check("device-manager", () -> lease.problem(STALE))
        .check("repairs", () -> repairs.problem(STALE))
        .start();
    lease.start();
    repairs.start();
    webhook.ifPresent(
        each ->
            program
                .closing(new Rounds("webhook", WEBHOOK_PAUSE, each::round, program.meters()))
                .start());
  }

  private Optional<Spool> spool(Clock clock) {
    if (webhookUrl == null && secretFile == null) {
      return Optional.empty();
    }
    if (webhookUrl == null || secretFile == null) {
      throw new ProgramException(
          "--ticket-webhook and --ticket-secret-file go together: events are always signed");
    }
    Path directory = ticketDirectory.resolve("spool");
    try {
      return Optional.of(new Spool(directory, SPOOLED, clock));
    } catch (IOException e) {
      throw new ProgramException("cannot keep events in " + directory + ": " + e, e);
    }
  }

  private Webhook webhook(Spool spool, Clock clock, Program program) {
    URI url = requireNonNull(webhookUrl);
    boolean http = "https".equals(url.getScheme()) || "http".equals(url.getScheme());
    if (!http || url.getHost() == null || url.getUserInfo() != null) {
      throw new ProgramException(
          "--ticket-webhook: write https://host/path, without a password in it;"
              + " the receiver knows us by the signature");
    }
    try {
      return new Webhook(
          url,
          Signature.fromFile(requireNonNull(secretFile)),
          spool,
          Webhook.Retry.USUAL,
          clock,
          RandomGenerator.getDefault(),
          program.meters());
    } catch (IOException e) {
      throw new ProgramException("--ticket-secret-file: " + e.getMessage(), e);
    }
  }

  private static void requireWritable(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new ProgramException(
          "--tickets " + directory + " cannot be made: " + e + "; give a directory of your own", e);
    }
    if (!Files.isWritable(directory)) {
      throw new ProgramException(
          "--tickets " + directory + " is not writable: change its owner or give another");
    }
  }
}
