package io.pilothouse.repair;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
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
    Tickets tickets = new Tickets(ticketDirectory, Clock.systemUTC());
    AtomicLong revision = new AtomicLong();
    Executor executor =
        new Executor(
            new Executor.Means(new LocalPower(machines), dm, lease, tickets, lanes),
            options.id(),
            revision,
            program.meters());
    RepairService service = new RepairService(dm, lease, tickets, executor, revision);
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
              return status;
            })
        .check("device-manager", () -> lease.problem(STALE))
        .check("repairs", () -> repairs.problem(STALE))
        .start();
    lease.start();
    repairs.start();
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
