package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Home;
import io.pilothouse.cli.pki.FleetCertificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which programs a fleet has and how each is started.
 *
 * @param home where its data lives
 * @param ports where it listens
 * @param replicas of the Device Manager
 * @param fleetName cluster name
 * @param offers whether a machine type sets something aside for frameworks
 * @param enrols whether machines get their certificates by tokens, into their own disks; those of a
 *     fleet of an older version were made for them
 */
record Layout(
    Home home, Ports ports, int replicas, String fleetName, boolean offers, boolean enrols) {
  static final int DEPLOYMENTS = 2;

  /** The Device Manager's replicas, in start order. */
  List<Program> deviceManagers() {
    String peers =
        numbers(replicas)
            .map(
                i ->
                    "dm-%d=%s/%s/%s"
                        .formatted(i, ports.dmRaft(i), ports.dmGrpc(i), ports.dmHttp(i)))
            .collect(Collectors.joining(","));
    return numbers(replicas)
        .map(
            i ->
                program(
                    "dm-" + i,
                    "dm",
                    "dm",
                    "io.pilothouse.dm.server.Main",
                    "--id",
                    "dm-" + i,
                    "--cluster",
                    fleetName,
                    "--data",
                    home.data("dm-" + i).toString(),
                    "--tls",
                    tls("dm/dm-" + i),
                    "--peers",
                    peers))
        .toList();
  }

  /** Everything else of the control plane. */
  List<Program> satellites() {
    List<Program> programs = new ArrayList<>();
    for (int i = 1; i <= DEPLOYMENTS; i++) {
      String id = "deployment-" + i;
      programs.add(
          satellite(id, "deployment", ports.deployment(i), "--data", home.data(id).toString()));
    }
    programs.add(satellite("watchdog", "watchdog", ports.watchdog()));
    programs.add(
        satellite(
            "repair",
            "repair",
            ports.repair(),
            "--machines",
            home.machines().toString(),
            "--tickets",
            home.tickets().toString()));
    List<String> provisioning = new ArrayList<>(List.of("--machines", home.machines().toString()));
    if (enrols) {
      provisioning.addAll(List.of("--issuer", home.pki().toString()));
      provisioning.addAll(List.of("--enrol", ports.enrolment()));
      provisioning.addAll(List.of("--certificate-host", String.join(",", FleetCertificates.HERE)));
    }
    programs.add(
        satellite(
            "provisioning",
            "provisioning",
            ports.provisioning(),
            provisioning.toArray(String[]::new)));
    if (offers) {
      programs.add(
          holding(
              "scheduler", // a heap of its own: what it takes on follows from that
              "scheduler",
              "scheduler",
              ports.scheduler(),
              "--api",
              ports.schedulerApi(),
              "--plain-api",
              "--agents",
              ports.schedulerAgents()));
    }
    return programs;
  }

  /** The command that a machine's power button runs: what keeps its agent running. */
  List<String> agentCommand(String machine, int number) {
    List<String> command = new ArrayList<>();
    command.add(dist().resolve("bin").resolve("agent-launcher").toString());
    command.add(home.machine(machine).resolve("disk").toString());
    command.addAll(agent(machine, number));
    return List.copyOf(command);
  }

  private List<String> agent(String machine, int number) {
    return embedded(
        "agent",
        "agent",
        "io.pilothouse.agent.Main",
        "--machine",
        machine,
        "--servers",
        grpcServers(),
        "--chassis",
        home.machine(machine).resolve("chassis").toString(),
        "--disk",
        home.machine(machine).resolve("disk").toString(),
        "--http",
        ports.agent(number),
        "--tls",
        certificates(machine).toString(),
        "--cgroup",
        FleetGroups.name(home),
        "--address",
        ports.machine(number));
  }

  /** Where a machine has its key and certificate. */
  Path certificates(String machine) {
    return enrols
        ? home.machineTls(machine)
        : new FleetCertificates(home.pki()).place("machine/" + machine);
  }

  private String tls(String principal) {
    return new FleetCertificates(home.pki()).place(principal).toString();
  }

  /** Whom the programs of the control plane speak as. */
  List<String> principals() {
    List<String> all = new ArrayList<>();
    numbers(replicas).forEach(i -> all.add("dm/dm-" + i));
    satellites().forEach(each -> all.add("satellite/" + each.name()));
    return all;
  }

  String grpcServers() {
    return numbers(replicas).map(ports::dmGrpc).collect(Collectors.joining(","));
  }

  String httpServers() {
    return numbers(replicas).map(ports::dmHttp).collect(Collectors.joining(","));
  }

  /** Every address that the fleet will listen on. */
  List<String> addresses(int machines) {
    List<String> all = new ArrayList<>();
    numbers(replicas)
        .forEach(i -> all.addAll(List.of(ports.dmRaft(i), ports.dmGrpc(i), ports.dmHttp(i))));
    numbers(DEPLOYMENTS).forEach(i -> all.add(ports.deployment(i)));
    all.addAll(List.of(ports.watchdog(), ports.repair(), ports.provisioning()));
    if (offers) {
      all.addAll(List.of(ports.schedulerApi(), ports.schedulerAgents(), ports.scheduler()));
    }
    if (enrols) {
      all.add(ports.enrolment());
    }
    numbers(machines).forEach(i -> all.addAll(List.of(ports.machine(i), ports.agent(i))));
    return all;
  }

  private static java.util.stream.Stream<Integer> numbers(int count) {
    return IntStream.rangeClosed(1, count).boxed();
  }

  private Program satellite(String id, String kind, String http, String... more) {
    return holding("satellite", id, kind, http, more);
  }

  /** One with these options of the JVM. */
  private Program holding(String options, String id, String kind, String http, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--id",
                id,
                "--servers",
                grpcServers(),
                "--http",
                http,
                "--tls",
                tls("satellite/" + id)));
    arguments.addAll(List.of(more));
    return program(
        id, options, kind, "io.pilothouse." + kind + ".Main", arguments.toArray(String[]::new));
  }

  private Program program(
      String name, String options, String archive, String main, String... args) {
    return new Program(name, embedded(options, archive, main, args));
  }

  /** Two dozen share one machine: what the optimising compiler costs each is more than it saves. */
  private static List<String> embedded(
      String options, String archive, String main, String... args) {
    List<String> command = new ArrayList<>(java(options, archive, main, args));
    command.add(command.indexOf("-cp"), "-XX:TieredStopAtLevel=1");
    return List.copyOf(command);
  }

  /** The command of one of our programs in a JVM of its own. */
  static List<String> java(String options, String archive, String main, String... args) {
    Path dist = dist();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + dist.resolve("jvm").resolve(options + ".args"));
    if (Runtime.version().feature() >= 23) {
      // Ratis' Netty still uses it; older releases do not know the flag
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    Path fast = dist.resolve("cds").resolve(archive + ".args");
    if (Files.isRegularFile(fast)) {
      command.add("@" + fast);
    }
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main);
    command.addAll(List.of(args));
    return List.copyOf(command);
  }

  /** The built distribution this command line runs from. */
  static Path dist() {
    String dist = System.getProperty("pilot.dist");
    if (dist == null) {
      throw CliException.usage(
          "this command starts programs and must run from a build", "use the `pilot` launcher");
    }
    return Path.of(dist);
  }
}
