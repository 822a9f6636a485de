package io.pilothouse.agent;

import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.client.DmClient;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Fetcher;
import io.pilothouse.filesync.client.Scrubber;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.kit.HttpPage;
import io.pilothouse.kit.Program;
import io.pilothouse.kit.Rounds;
import io.pilothouse.kit.TlsOptions;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.tls.HttpConnections;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.watchdog.Counters;
import io.pilothouse.watchdog.MachineCounters;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The agent of one machine. */
@Command(name = "agent", description = "Makes a machine what the Device Manager wants it to be.")
public final class Main implements Program.Body {
  private static final Logger log = LoggerFactory.getLogger(Main.class);
  private static final Duration STALE = Duration.ofSeconds(60);
  private static final Duration CERTIFICATE = Duration.ofHours(1);
  private static final Duration COUNT_EVERY = Duration.ofSeconds(5);
  private static final long SCRUB_BYTES_A_SECOND = 20L << 20;

  @Option(names = "--machine", required = true, paramLabel = "NAME", description = "Its name.")
  private String machine = "";

  @Option(
      names = "--servers",
      required = true,
      split = ",",
      paramLabel = "HOST:PORT",
      description = "gRPC addresses of the Device Manager's replicas.")
  private List<ServerAddress> servers = List.of();

  @Option(
      names = "--chassis",
      paramLabel = "DIR",
      description = "Hardware of an emulated machine; leave out on a real one.")
  private @Nullable Path chassis;

  @Option(names = "--disk", required = true, paramLabel = "DIR", description = "Its disk.")
  private Path diskRoot = Path.of("");

  @Option(
      names = "--http",
      required = true,
      paramLabel = "HOST:PORT",
      description =
          "Where to serve /health, /metrics, /status and /counters, and contents to neighbours.")
  private ServerAddress http = new ServerAddress("127.0.0.1", 0);

  @Mixin private final TlsOptions tlsOptions = new TlsOptions();

  @Option(
      names = "--enrolment",
      paramLabel = "FILE",
      description =
          "Where it finds the token that gets it its certificate into --tls; default: enrolment of"
              + " --chassis.")
  private @Nullable Path enrolmentFile;

  @Option(
      names = "--address",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where its processes serve; they get the port as PORT.")
  private ServerAddress address = new ServerAddress("127.0.0.1", 0);

  @Option(
      names = "--cgroup",
      paramLabel = "PATH",
      description =
          "Where the control groups of its processes are, below each mount of them; default"
              + " pilothouse.")
  private String cgroup = "pilothouse";

  @Mixin private final TaskOptions taskOptions = new TaskOptions();

  @Option(
      names = "--bandwidth",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description =
          "What is fetched a second at most, for example 50MiB (the default), where the fleet's"
              + " files do not say.")
  private long bandwidth = 50L << 20;

  public static void main(String[] args) {
    Program.main(new Main(), args);
  }

  @Override
  public void start(Program program) throws IOException {
    Optional<Enrolment> enrolment = enrolment();
    enrolment.ifPresent(Enrolment::await);
    Optional<TlsDirectory> tls = tlsOptions.open("machine/" + machine);
    HttpConnections contents = HttpConnections.to(Peers.CONTENTS, tls);
    Disk disk = Disk.open(diskRoot);
    Hardware hardware = new Hardware(Optional.ofNullable(chassis));
    String firmware = hardware.firmware();
    String key = Key.readOrMake(disk.key());
    boolean installer = hardware.bootsFromNetwork() || disk.image().isEmpty();
    DmClient client =
        program.closing(
            new DmClient(
                servers.stream().map(ServerAddress::toString).toList(),
                "machine/" + machine,
                () -> Optional.of(key),
                tls));
    AtomicReference<Runnable> report = new AtomicReference<>(() -> {});
    Runnable reportNow = () -> report.get().run();

    Wanted wanted = new Wanted(machine, client, disk, !installer);
    Distribution distribution =
        new Distribution(http.toString(), wanted, bandwidth, new SplittableRandom(), contents);
    distribution.meters(program.meters());
    Fetcher fetcher = distribution.fetcher();
    Staged staged =
        new Staged(
            disk, wanted, fetcher, distribution, distribution.holdings()::publish, reportNow);
    Map<String, String> environment = environment();
    AtomicReference<Runnable> look = new AtomicReference<>(() -> {});
    Surroundings around =
        new Surroundings(
            disk,
            installer ? Cgroups.none("the installer runs nothing") : cgroups(disk, ""),
            new Readiness(address.host(), address.port()),
            environment,
            address.port(),
            () -> look.get().run());
    ApplicationManager applications = new ApplicationManager(around, wanted, staged, reportNow);
    Scrub scrub =
        new Scrub(
            disk,
            staged,
            new Scrubber(
                Throttle.of(SCRUB_BYTES_A_SECOND),
                distribution.network(),
                new SplittableRandom(),
                contents),
            distribution,
            reportNow);
    MachineCounters machineCounters = new MachineCounters(Path.of("/"), System::nanoTime);
    Counters counters = new Counters(System::nanoTime);
    WatchdogSets sets = new WatchdogSets(disk, wanted, staged, System::nanoTime, reportNow);
    Scripts scripts =
        program.closing(new Scripts(disk, () -> ofScripts(environment, sets), counters, reportNow));
    BuiltIns builtIns =
        program.closing(
            new BuiltIns(
                new BuiltInChecks(
                    disk,
                    wanted,
                    applications,
                    sets,
                    tls.map(each -> each.client(Peers.CONTENTS).getSocketFactory())),
                counters,
                reportNow));
    AtomicReference<BooleanSupplier> reported = new AtomicReference<>(() -> false);
    AgentUpdate update =
        new AgentUpdate(
            disk,
            wanted,
            staged,
            System.getenv(),
            () -> reported.get().getAsBoolean(),
            Main::handOver);
    LocalWatchdogs watchdogs =
        new LocalWatchdogs(
            hardware, sets, applications, scrub, scripts, builtIns, update::problem, reportNow);
    Reporter reporter =
        new Reporter(
            machine,
            hardware.bootId(),
            client,
            () -> observed(disk, installer, staged, applications, update, firmware, sets),
            () -> installer ? List.of() : watchdogs.verdicts());

    Offers.Setting own =
        new Offers.Setting(
            machine, hardware.bootId(), http, around, () -> cgroups(disk, ".tasks"), taskOptions);
    Offers offers = program.closing(new Offers(own, wanted, tls));
    reported.set(reporter::hasReported);
    Rounds pull =
        program.closing(new Rounds("pull", Duration.ofMillis(20), wanted::pull, program.meters()));
    Rounds reports =
        rounds(program, "report", Duration.ofMillis(200), () -> reporter.round(every(wanted)));
    report.set(
        () -> {
          reporter.changed();
          reports.kick();
        });
    if (installer) {
      Installer steps = new Installer(disk, wanted, fetcher, distribution, reporter);
      Rounds install = rounds(program, "install", Duration.ofSeconds(1), steps::round);
      wanted.onChange(install::kick);
      install.start();
    } else {
      Rounds stage = rounds(program, "stage", Duration.ofSeconds(2), staged::round);
      Rounds urgent = rounds(program, "stage-urgent", Duration.ofSeconds(2), staged::urgentRound);
      Rounds run = rounds(program, "run", Duration.ofMillis(500), applications::round);
      wanted.onChange(stage::kick);
      wanted.onChange(urgent::kick);
      wanted.onChange(run::kick);
      look.set(run::kick);
      offers.start(rounds(program, "tasks", Duration.ofMillis(500), offers::round));
      startWhatRan(applications);
      sets.round(); // before the first report, which would say that none runs
      stage.start();
      urgent.start();
      run.start();
      rounds(program, "agent", Duration.ofSeconds(2), update::round).start();
      rounds(program, "watchdogs", Duration.ofMillis(250), watchdogs::round).start();
      rounds(program, "scrub", Duration.ofSeconds(2), scrub::round).start();
      MultiGauge gauge = MultiGauge.builder("pilot.counter").register(program.meters());
      rounds(
              program,
              "counters",
              COUNT_EVERY,
              () -> {
                counters.take(Counters.MACHINE, machineCounters.round());
                gauge.register(counters.values().stream().map(Main::row).toList(), true);
              })
          .start();
    }
    log.info("{} booted as {}", machine, installer ? "installer" : "installed system");
    HttpPage page = program.closing(tlsOptions.page(http, tls, program));
    page.status(
            () -> {
              Map<String, Object> status = new LinkedHashMap<>();
              status.put("program", "agent");
              status.put("machine", machine);
              status.put("mode", installer ? "installer" : "installed");
              status.put("boot_id", hardware.bootId());
              status.put("revision", wanted.revision());
              status.put("agent", update.running().map(Main::text).orElse("of the image"));
              status.put("active", applications.running().map(Main::text).orElse(""));
              status.put("staged", staged.versions().stream().map(Main::text).toList());
              status.put("contents", distribution.describe());
              status.put("processes", applications.describe());
              status.put("offers", offers.describe());
              status.put("watchdog_set", sets.running().map(Main::text).orElse(""));
              status.put("watchdog_set_problem", sets.problem());
              status.put("scripts_run_as", scriptsRunAs());
              return status;
            })
        .check("pull", () -> pull.problem(STALE))
        .check("report", () -> reports.problem(STALE))
        .context(ContentHandler.PATH, distribution.handler())
        .context(
            "/counters",
            exchange ->
                HttpPage.sendJson(
                    exchange, 200, Map.of("machine", machine, "counters", counters.describe())))
        .start();
    pull.start();
    reports.start();
    if (enrolment.isPresent() && tls.isPresent()) {
      rounds(program, "certificate", CERTIFICATE, () -> enrolment.get().refresh(tls.get())).start();
    }
  }

  /** Not on the thread of a round, which the end of this program waits for. */
  private static void handOver() {
    Thread.ofPlatform()
        .name("hand-over")
        .start(() -> Runtime.getRuntime().exit(AgentUpdate.HANDED_OVER));
  }

  /** Of this machine alone: several may be emulated under one kernel. */
  private Cgroups cgroups(Disk disk, String ending) {
    String own = "%s-%08x%s".formatted(machine, disk.root().hashCode(), ending);
    return Cgroups.find(Cgroups.MOUNTS, cgroup + "/" + own);
  }

  private static String scriptsRunAs() {
    return RunAs.isRoot()
        ? RunAs.DEFAULT + " where they name no user"
        : RunAs.self().user() + ": this agent is not root and cannot give up what it has";
  }

  private static MultiGauge.Row<?> row(Counters.Value counter) {
    return MultiGauge.Row.of(
        Tags.of("counter", counter.name(), "unit", counter.unit()), counter.value());
  }

  /** An emulated machine's home tells whose process a script is, when its power is cut. */
  private static Map<String, String> ofScripts(Map<String, String> environment, WatchdogSets sets) {
    Map<String, String> all = new LinkedHashMap<>(environment);
    all.putAll(sets.environment());
    Optional.ofNullable(System.getenv("PILOT_HOME")).ifPresent(each -> all.put("PILOT_HOME", each));
    return all;
  }

  /** Before the first report, so that it does not say that nothing runs. */
  private static void startWhatRan(ApplicationManager applications) throws IOException {
    try {
      applications.round();
    } catch (IOException e) {
      // tried again each round, and reported as an error: that is better than no agent
      log.warn("what should run does not: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("stopped while starting", e);
    }
  }

  private static Rounds rounds(Program program, String name, Duration pause, Rounds.Step step) {
    return program.closing(new Rounds(name, pause, step, program.meters()));
  }

  /** The interval of reports; a second until one was pulled. */
  private static Duration every(Wanted wanted) {
    long millis = wanted.get().getReportEveryMs();
    return Duration.ofMillis(millis == 0 ? 1000 : millis);
  }

  private Optional<Enrolment> enrolment() {
    Path file = enrolmentFile;
    if (file == null && chassis != null) {
      file = chassis.resolve("enrolment");
    }
    return file == null || tlsOptions.dir().isEmpty()
        ? Optional.empty()
        : Optional.of(new Enrolment(machine, tlsOptions.dir().get(), file));
  }

  private Map<String, String> environment() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin");
    String java = Path.of(System.getProperty("java.home"), "bin").toString();
    return Map.of(
        "PORT",
        Integer.toString(address.port()),
        "PILOT_MACHINE",
        machine,
        "PILOT_DISK",
        diskRoot.toAbsolutePath().normalize().toString(),
        "PATH",
        java + ":" + path);
  }

  private Observed observed(
      Disk disk,
      boolean installer,
      Staged staged,
      ApplicationManager applications,
      AgentUpdate update,
      String firmware,
      WatchdogSets sets) {
    Observed.Builder observed =
        Observed.newBuilder()
            .setAddress(address.toString())
            .setAgentAddress(http.toString())
            .setFirmware(firmware);
    if (!installer) {
      disk.image().ifPresent(observed::setImage);
      observed.addAllStaged(staged.versions());
      applications.running().ifPresent(observed::setActive);
      update.running().ifPresent(observed::setAgent);
      sets.running().ifPresent(observed::setWatchdogSet);
    }
    return observed.build();
  }

  private static String text(VersionRef ref) {
    return ref.getName() + "@" + ref.getVersion();
  }
}
