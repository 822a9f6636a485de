package io.pilothouse.provisioning;

import io.pilothouse.client.DmClient;
import io.pilothouse.kit.HttpPage;
import io.pilothouse.kit.Lanes;
import io.pilothouse.kit.LeaseKeeper;
import io.pilothouse.kit.Program;
import io.pilothouse.kit.ProgramException;
import io.pilothouse.kit.ProgramOptions;
import io.pilothouse.kit.Rounds;
import io.pilothouse.provisioning.power.LocalPower;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The Provisioning Service. */
@Command(
    name = "provisioning",
    description = "Finds machines, boots them into the installer and from disk.")
public final class Main implements Program.Body {
  private static final Duration LEASE = Duration.ofSeconds(10);
  private static final Duration STALE = Duration.ofSeconds(30);
  private static final int POWER_COMMANDS_AT_ONCE = 4;

  @Mixin private final ProgramOptions options = new ProgramOptions();

  @Option(
      names = "--machines",
      required = true,
      paramLabel = "DIR",
      description = "Directory of the emulated machines, $PILOT_HOME/machines.")
  private Path machines = Path.of("");

  @Mixin private final IssuerOptions issuing = new IssuerOptions();

  public static void main(String[] args) {
    Program.main(new Main(), args);
  }

  @Override
  public void start(Program program) {
    if (Files.exists(machines) && !Files.isDirectory(machines)) {
      throw new ProgramException(
          "--machines "
              + machines
              + " is not a directory: expected one with a directory a machine");
    }
    Optional<Issuer> issuer = issuing.open(options.tls());
    HttpPage page = program.closing(options.page(program));
    DmClient client = program.closing(options.client());
    LeaseKeeper lease =
        program.closing(
            new LeaseKeeper(client, "provisioning", options.id(), LEASE, program.meters()));
    ProvisioningDm dm = new ProvisioningDm.Remote(client);
    Lanes lanes = program.closing(new Lanes(POWER_COMMANDS_AT_ONCE));
    ProvisioningService service =
        new ProvisioningService(
            machines,
            new LocalPower(machines),
            issuer,
            dm,
            lease,
            lanes,
            program.meters(),
            System::nanoTime);
    Rounds installs =
        program.closing(
            new Rounds(
                "installs", Duration.ofMillis(100), service::installRound, program.meters()));
    Rounds discovery =
        program.closing(
            new Rounds(
                "discovery", Duration.ofSeconds(1), service::discoveryRound, program.meters()));
    BmcWatch bmc =
        new BmcWatch(
            options.id(),
            new LocalPower(machines),
            new BmcWatch.Remote(client),
            () -> lease.token().isPresent(),
            System::nanoTime);
    Rounds health =
        program.closing(
            new Rounds("hardware-health", Duration.ofSeconds(5), bmc::round, program.meters()));
    page.status(() -> status(lease, service))
        .check("device-manager", () -> lease.problem(STALE))
        .check("installs", () -> installs.problem(STALE))
        .check("hardware-health", () -> health.problem(STALE))
        .check("discovery", () -> discovery.problem(STALE))
        .start();
    issuer.ifPresent(each -> serveEnrolment(program, each, dm));
    lease.start();
    installs.start();
    discovery.start();
    health.start();
  }

  private void serveEnrolment(Program program, Issuer issuer, ProvisioningDm dm) {
    EnrolmentLimits limits = new EnrolmentLimits(System::nanoTime);
    Enrolment enrolment = new Enrolment(issuer, dm, limits, program.meters());
    program.closing(new EnrolmentPort(issuing.address(), issuer.tls(), enrolment, limits)).start();
  }

  private Map<String, Object> status(LeaseKeeper lease, ProvisioningService service) {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("program", "provisioning");
    status.put("id", options.id());
    status.put("lease", lease.describe());
    status.putAll(service.status());
    return status;
  }
}
