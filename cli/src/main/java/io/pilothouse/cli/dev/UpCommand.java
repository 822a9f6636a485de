package io.pilothouse.cli.dev;

import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.ListMachinesReply;
import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListManifestsRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Home;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.pki.EnrolmentToken;
import io.pilothouse.provisioning.power.LocalChassis;
import io.pilothouse.provisioning.power.PowerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Starts a fleet on this machine's loopback, or resumes it from disk. */
@CommandLine.Command(
    name = "up",
    description = {
      "Starts a fleet on this machine's loopback, every program and machine a real process,",
      "or resumes the one that `down` stopped."
    })
public final class UpCommand extends Target {
  private static final String QUICKSTART = "quickstart";
  private static final int UNSAID = Integer.MIN_VALUE;
  private static final Duration LEADER_WAIT = Duration.ofMinutes(2);
  private static final Duration HEALTHY_WAIT = Duration.ofMinutes(4);
  private static final Duration LOOK = Duration.ofMillis(500);

  /** What has just booted says a moment later what is wrong with it. */
  private static final int SETTLED_LOOKS = 3;

  @Option(
      names = "--machines",
      paramLabel = "N",
      description = "machines of a new quick-start fleet (default: 12, at most 240)")
  int machines = UNSAID;

  @Option(
      names = "--fleet",
      paramLabel = "DIR",
      description = {
        "what a new fleet is made from: a fleet directory of emulated machines, or a directory",
        "with fleet/ and contents/NAME/VERSION/ (default: the quick start)"
      })
  @Nullable Path fleet;

  @Option(
      names = "--example",
      paramLabel = "NAME",
      description = "the shipped example of this name: quickstart, index-serving or offers")
  @Nullable String example;

  @Option(
      names = "--replicas",
      paramLabel = "N",
      description = "Device Manager replicas of a new fleet: 1, 3, 5 or 7 (default: 3)")
  int replicas = 3;

  @Option(
      names = "--base-port",
      paramLabel = "PORT",
      description = "first of the ports of a new fleet (default: 18000)")
  int basePort = 18_000;

  @Option(names = "--fresh", description = "throw the old fleet's data away and start anew")
  boolean fresh;

  private long started;

  @Override
  protected ExitCode run() throws Exception {
    started = System.nanoTime();
    checkOptions();
    Home home = home();
    requireDown(home);
    boolean resumes = !fresh && home.context().isPresent();
    FleetFiles files;
    if (resumes) {
      requireSame(home);
      files = FleetFiles.resume(home);
    } else {
      FleetSource source = source();
      source.check(); // before the old fleet is thrown away, and before anything of the new is here
      if (fresh && Files.exists(home.dir())) {
        FleetFiles.remove(home);
      }
      OptionalInt size = machines != UNSAID ? OptionalInt.of(machines) : OptionalInt.empty();
      files = FleetFiles.create(home, source, size, this::settings);
    }
    files.certify("operator/" + user());
    Layout layout = files.layout();
    Ports.requireFree(layout.addresses(files.machines().size()));
    say(
        "%s fleet \"%s\" in %s: %d Device Manager replicas, %d machines"
            .formatted(
                resumes ? "resuming" : "starting",
                layout.fleetName(),
                home.dir(),
                layout.replicas(),
                files.machines().size()));
    layout.deviceManagers().forEach(each -> each.start(home));
    layout.satellites().forEach(each -> each.start(home));
    awaitLeader();
    if (resumes) {
      enrolAgain(files);
      files.powerOn(); // not before: a machine that boots has to find somebody to register with
    }
    load(files);
    ExitCode end = awaitHealthy();
    farewell(files);
    return end;
  }

  private void enrolAgain(FleetFiles files) throws IOException, PowerException {
    for (LocalChassis chassis : files.withoutCertificate()) {
      EnrolmentToken token = EnrolmentToken.draw(chassis.name());
      ControlMachineRequest request =
          ControlMachineRequest.newBuilder()
              .setMachine(chassis.name())
              .setVerb("enrol")
              .setTokenSha256(token.sha256())
              .setContext(writeContext().toBuilder().setReason("pilot up: it has no certificate"))
              .build();
      askAtStart("ControlMachine", request, WriteReply.parser());
      files.enrolment(token).write(chassis.enrolment());
      say(at() + chassis.name() + " gets a new certificate");
    }
  }

  private Properties settings() {
    Properties settings = new Properties();
    settings.setProperty("replicas", Integer.toString(replicas));
    settings.setProperty("base-port", Integer.toString(basePort));
    return settings;
  }

  private void checkOptions() {
    if (fleet != null && example != null) {
      throw CliException.usage("--fleet and --example exclude each other", "leave one of them out");
    }
    boolean quickstart = fleet == null && (example == null || example.equals(QUICKSTART));
    boolean sized = machines != UNSAID;
    if (sized && !quickstart) {
      throw CliException.usage(
          "--machines is for the quick start", "the machines of a fleet are in its machines.csv");
    }
    if (sized && (machines < 1 || machines > Ports.MOST_MACHINES)) {
      throw CliException.usage(
          "--machines " + machines + " is not possible", "use 1 to " + Ports.MOST_MACHINES);
    }
    if (!List.of(1, 3, 5, 7).contains(replicas)) {
      throw CliException.usage(
          "--replicas " + replicas + " makes no majority worth having", "use 1, 3, 5 or 7");
    }
  }

  /** What a new fleet is made from. */
  private FleetSource source() {
    return fleet != null
        ? FleetSource.at(fleet)
        : FleetSource.example(example == null ? QUICKSTART : example);
  }

  /** A fleet that is resumed stays what it is. */
  private void requireSame(Home home) {
    if (fleet == null && example == null) {
      return;
    }
    Path made = FleetFiles.source(home).dir();
    if (!source().dir().equals(made)) {
      throw new CliException(
          ExitCode.REFUSED,
          "ANOTHER_FLEET",
          "the fleet in %s was made from %s".formatted(home.dir(), made),
          "resume it without --fleet and --example, throw it away with --fresh, or make the other"
              + " one elsewhere with --home and --base-port");
    }
  }

  private static void requireDown(Home home) {
    Map<Boolean, List<String>> runs =
        Program.names(home).stream()
            .collect(
                Collectors.partitioningBy(
                    each ->
                        Program.read(home, each)
                            .flatMap(found -> found.process(home))
                            .isPresent()));
    String running = String.join(", ", runs.get(true));
    String ended = String.join(", ", runs.get(false));
    if (!running.isEmpty()) {
      throw new CliException(
          ExitCode.REFUSED,
          "RUNNING",
          "the fleet in %s is up: %s%s"
              .formatted(home.dir(), running, ended.isEmpty() ? "" : "; ended: " + ended),
          (ended.isEmpty() ? "" : "`pilot dev start NAME` starts one that ended; ")
              + "`pilot status` shows the fleet, `pilot down` stops it; another one beside it takes"
              + " --home DIR and --base-port PORT");
    }
  }

  private void awaitLeader() throws InterruptedException {
    say(at() + "waiting for a leader");
    long deadline = System.nanoTime() + LEADER_WAIT.toNanos();
    while (true) {
      try {
        status(Duration.ofSeconds(5));
        return;
      } catch (UnreachableException | DmException e) {
        requireAlive();
        if (System.nanoTime() > deadline) {
          throw new CliException(
              ExitCode.UNREACHABLE,
              "NO_LEADER",
              "no Device Manager leads after %s: %s"
                  .formatted(Durations.text(LEADER_WAIT), e.getMessage()),
              "look into " + home().log());
        }
        Thread.sleep(200);
      }
    }
  }

  /** A program that ended at once has said why in its log. */
  private void requireAlive() {
    for (String name : Program.names(home())) {
      if (Program.read(home(), name).flatMap(each -> each.process(home())).isEmpty()) {
        throw new CliException(
            ExitCode.FAILED,
            "PROGRAM_ENDED",
            name + " ended: " + lastLine(home().log().resolve(name + ".log")),
            "read " + home().log().resolve(name + ".log") + ", then `pilot down`");
      }
    }
  }

  private static String lastLine(Path log) {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.filter(each -> !each.isBlank()).reduce((a, b) -> b).orElse("its log is empty");
    } catch (IOException e) {
      return "its log cannot be read: " + e.getMessage();
    }
  }

  private StatusReply status(Duration deadline) {
    return ask("GetStatus", GetStatusRequest.getDefaultInstance(), StatusReply.parser(), deadline);
  }

  /** Loads what the Device Manager does not have yet; what it has is left alone. */
  private void load(FleetFiles files) throws IOException, InterruptedException {
    var fleet =
        askAtStart("GetFleet", GetFleetRequest.getDefaultInstance(), GetFleetReply.parser());
    if (!fleet.getFleet().getName().isEmpty()) {
      return;
    }
    say(at() + "loading the fleet from " + home().fleet());
    var request = FleetRequest.newBuilder().setFleet(files.fleet());
    request.setContext(writeContext().toBuilder().setReason("pilot up"));
    askAtStart("ApplyFleet", request.build(), WriteReply.parser());
    var first =
        new FirstLoad(
            this::awaitReplicas, this::askAtStart, contents(), this::say, this::writeContext);
    List<FleetSource.Content> contents = FleetFiles.source(home()).contents(files.fleet());
    first.contents(contents);
    first.rollouts(files.fleet(), contents);
  }

  private ListManifestsReply awaitReplicas() throws InterruptedException {
    long deadline = System.nanoTime() + LEADER_WAIT.toNanos();
    while (true) {
      var reply =
          askAtStart(
              "ListManifests",
              ListManifestsRequest.getDefaultInstance(),
              ListManifestsReply.parser());
      if (reply.getReplicasList().stream().anyMatch(each -> each.getUp())
          || System.nanoTime() > deadline) {
        return reply;
      }
      requireAlive();
      Thread.sleep(200);
    }
  }

  /** Two dozen programs start at once: the replicas may elect a leader meanwhile. */
  private <R extends com.google.protobuf.Message> R askAtStart(
      String method, com.google.protobuf.Message request, com.google.protobuf.Parser<R> parser) {
    return ask(method, request, parser, givenTimeout().orElse(LEADER_WAIT));
  }

  private static String stand(StatusReply status) {
    return "%d of %d machines healthy, %d in Probation, %d on their way; rollouts: %s"
        .formatted(
            status.getHealthy(),
            status.getTotal(),
            status.getProbation(),
            status.getOutOfService(),
            rollouts(status));
  }

  private boolean isSettled(StatusReply status) throws IOException, PowerException {
    return status.getTotal() > 0
        && status.getHealthy() == status.getTotal()
        && status.getRolloutsActive() == 0
        && haveAllReported();
  }

  private ExitCode awaitHealthy() throws IOException, PowerException, InterruptedException {
    long deadline = System.nanoTime() + HEALTHY_WAIT.toNanos();
    String last = "";
    int looks = 0;
    while (true) {
      try {
        StatusReply status = status(timeout());
        String now = stand(status);
        if (!now.equals(last)) {
          say(at() + now);
          last = now;
        }
        looks = isSettled(status) ? looks + 1 : 0;
      } catch (UnreachableException e) {
        looks = 0; // two dozen programs start at once: an election, or a slow answer, is no failure
      }
      if (looks == SETTLED_LOOKS) {
        return ExitCode.DONE;
      }
      if (System.nanoTime() > deadline) {
        say("not everything is healthy after " + Durations.text(HEALTHY_WAIT) + ": pilot status");
        return ExitCode.GAVE_UP;
      }
      requireAlive();
      Thread.sleep(LOOK.toMillis());
    }
  }

  /** Until it has booted, a machine is what it was when the fleet went down: no news of it. */
  private boolean haveAllReported() throws IOException, PowerException {
    Map<String, String> boots = new HashMap<>();
    for (LocalChassis chassis : LocalChassis.list(home().machines())) {
      chassis.bootId().ifPresent(each -> boots.put(chassis.name(), each));
    }
    ListMachinesReply machines =
        ask("ListMachines", ListMachinesRequest.getDefaultInstance(), ListMachinesReply.parser());
    return machines.getItemsList().stream()
        .allMatch(
            each -> {
              String reported = each.getObserved().getBootId();
              return !each.hasError()
                  && boots.getOrDefault(each.getName(), reported).equals(reported);
            });
  }

  private static String rollouts(StatusReply status) {
    return status.getActiveRolloutsCount() == 0
        ? "none"
        : String.join(
            ", ",
            status.getActiveRolloutsList().stream()
                .map(each -> each.getId() + " " + each.getType() + " " + each.getState())
                .toList());
  }

  private void farewell(FleetFiles files) {
    StatusReply status = status(timeout());
    print(
        "%s: %d machines, %d healthy, leader %s (%.0f s)"
            .formatted(
                status.getHealth(),
                status.getTotal(),
                status.getHealthy(),
                status.getLeader(),
                (System.nanoTime() - started) / 1e9));
    Farewell.lines(files).forEach(this::print);
  }

  private String at() {
    return String.format(Locale.ROOT, "%4.1f s  ", (System.nanoTime() - started) / 1e9);
  }
}
