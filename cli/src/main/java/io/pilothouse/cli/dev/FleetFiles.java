package io.pilothouse.cli.dev;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Home;
import io.pilothouse.cli.pki.FleetCertificates;
import io.pilothouse.pki.EnrolmentFile;
import io.pilothouse.pki.EnrolmentToken;
import io.pilothouse.provisioning.power.BootDevice;
import io.pilothouse.provisioning.power.ChassisSpec;
import io.pilothouse.provisioning.power.LocalChassis;
import io.pilothouse.provisioning.power.LocalPower;
import io.pilothouse.provisioning.power.PowerException;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;

/**
 * The files of one fleet on this machine: its plain-text directory, its context, and its machines'
 * hardware.
 *
 * @param machines names in the order of the inventory, which gives their ports
 */
record FleetFiles(Home home, Layout layout, Fleet fleet, List<String> machines) {
  private static final Duration RENEWAL_TAKES = Duration.ofHours(2);
  private static final String SOURCE = "source";

  /** The context's entry for where machines come for their certificates; older fleets have none. */
  private static final String ENROL = Home.ENROL;

  /**
   * Makes a new fleet's files; nothing is started.
   *
   * @param source was checked
   * @param machines of the quick start; empty for the source's own
   */
  static FleetFiles create(
      Home home, FleetSource source, OptionalInt machines, Supplier<Properties> settings)
      throws IOException, PowerException {
    requireWritable(home);
    Properties context = settings.get();
    copy(source.fleet(), home.fleet());
    if (machines.isPresent() && machines.getAsInt() != QuickstartInventory.SHIPPED) {
      QuickstartInventory.write(home.fleet(), machines.getAsInt());
    }
    Fleet fleet = FleetSource.read(home.fleet());
    context.setProperty(
        ENROL, new Ports(Integer.parseInt(context.getProperty("base-port"))).enrolment());
    Layout layout = layout(home, context, fleet);
    List<String> names = inventoryOrder(home);
    for (InventoryMachine machine : FleetSource.machines(fleet)) {
      int number = names.indexOf(machine.getName()) + 1;
      LocalChassis.create(
          home.machines(),
          new ChassisSpec(
              machine.getName(),
              machine.getMac(),
              machine.getModel(),
              layout.agentCommand(machine.getName(), number),
              Map.of()));
    }
    context.setProperty("name", fleet.getName());
    context.setProperty(SOURCE, source.dir().toString());
    context.setProperty("machine-order", String.join(",", names));
    context.setProperty("grpc", layout.grpcServers());
    context.setProperty("http", layout.httpServers());
    // last: with it the fleet exists
    store(home, context);
    return new FleetFiles(home, layout, fleet, names);
  }

  /** Reads the files of a fleet that was made before. */
  static FleetFiles resume(Home home) throws IOException {
    requireWritable(home);
    Properties context = home.context().orElseThrow();
    Fleet fleet = FleetSource.read(home.fleet());
    return new FleetFiles(
        home, layout(home, context, fleet), fleet, home.contextList("machine-order"));
  }

  private static void store(Home home, Properties context) throws IOException {
    Path fresh = home.contextFile().resolveSibling("context.properties.new");
    try (Writer writer = Files.newBufferedWriter(fresh)) {
      context.store(writer, "where this fleet is; written by pilot up");
    }
    Files.move(
        fresh,
        home.contextFile(),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** What the fleet here was made from; one of an older version was made from the quick start. */
  static FleetSource source(Home home) {
    return home.context()
        .map(each -> each.getProperty(SOURCE, ""))
        .filter(each -> !each.isEmpty())
        .map(each -> new FleetSource(Path.of(each)))
        .orElseGet(() -> FleetSource.example("quickstart"));
  }

  private static Layout layout(Home home, Properties context, Fleet fleet) {
    Ports ports = new Ports(Integer.parseInt(context.getProperty("base-port")));
    int replicas = Integer.parseInt(context.getProperty("replicas"));
    boolean offers = fleet.getTypesList().stream().anyMatch(MachineType::hasOffers);
    boolean enrols = context.getProperty(ENROL) != null;
    return new Layout(home, ports, replicas, fleet.getName(), offers, enrols);
  }

  /**
   * Makes the certificates that are missing, and renews those that expire soon. A fleet of an older
   * version speaks TLS from then on.
   *
   * @param person who types
   */
  void certify(String person) throws IOException {
    List<String> principals = new ArrayList<>(layout.principals());
    if (!layout.enrols()) {
      machines.forEach(each -> principals.add("machine/" + each));
    }
    principals.add(person);
    new FleetCertificates(home.pki()).ensure(layout.fleetName(), principals);
    Properties context = home.context().orElseThrow();
    if (context.setProperty(Home.PKI, home.pki().toString()) == null) {
      store(home, context);
    }
  }

  /**
   * The machines whose installed system has no certificate that it could go on with: it expired
   * while the fleet was down.
   */
  List<LocalChassis> withoutCertificate() throws IOException, PowerException {
    List<LocalChassis> without = new ArrayList<>();
    for (LocalChassis chassis : LocalChassis.list(home.machines())) {
      boolean installed = chassis.bootDevice().equals(Optional.of(BootDevice.DISK));
      Path certificate = layout.certificates(chassis.name()).resolve(TlsDirectory.CERTIFICATE);
      if (layout.enrols()
          && installed
          && (!Files.exists(certificate)
              || FleetCertificates.expiresWithin(certificate, RENEWAL_TAKES))) {
        without.add(chassis);
      }
    }
    return without;
  }

  /** What its firmware hands to a machine. */
  EnrolmentFile enrolment(EnrolmentToken token) throws IOException {
    return EnrolmentFile.of(token, home.contextList(ENROL), home.pki());
  }

  /** Switches every machine on, each booting from what it booted from last. */
  void powerOn() throws IOException, PowerException {
    LocalPower power = new LocalPower(home.machines());
    for (LocalChassis chassis : LocalChassis.list(home.machines())) {
      refreshCommand(chassis);
      boolean everOn = chassis.bootId().isPresent();
      if (everOn) {
        power.on(chassis.bmc(), chassis.bootDevice().orElse(BootDevice.DISK));
      }
    }
  }

  /** The programs may have moved since: a new build, another JDK. */
  private void refreshCommand(LocalChassis chassis) throws IOException, PowerException {
    ChassisSpec spec = chassis.spec();
    int number = machines.indexOf(chassis.name()) + 1;
    if (number > 0) {
      List<String> command = layout.agentCommand(chassis.name(), number);
      LocalChassis.update(
          home.machines(),
          new ChassisSpec(spec.name(), spec.mac(), spec.model(), command, spec.env()));
    }
  }

  /** Names as the inventory lists them: a machine's place there gives its ports. */
  private static List<String> inventoryOrder(Home home) throws IOException {
    try (Reader reader = Files.newBufferedReader(home.fleet().resolve("machines.csv"));
        CSVParser rows =
            CSVFormat.RFC4180
                .builder()
                .setHeader()
                .setSkipHeaderRecord(true)
                .setTrim(true)
                .get()
                .parse(reader)) {
      return rows.stream().map(each -> each.get("name")).toList();
    }
  }

  private static void requireWritable(Home home) throws IOException {
    try {
      Files.createDirectories(home.dir());
    } catch (IOException e) {
      throw new CliException(
          ExitCode.FAILED,
          "HOME_NOT_WRITABLE",
          home.dir() + " cannot be made: " + e,
          "choose another directory with --home or PILOT_HOME");
    }
    if (!Files.isWritable(home.dir())) {
      throw new CliException(
          ExitCode.FAILED,
          "HOME_NOT_WRITABLE",
          home.dir() + " is not writable",
          "change its owner, or choose another directory with --home or PILOT_HOME");
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(from)) {
      paths = walk.sorted().toList();
    }
    for (Path path : paths) {
      Path target = to.resolve(from.relativize(path).toString());
      if (Files.isDirectory(path)) {
        Files.createDirectories(target);
      } else if (!Files.exists(target)) {
        Files.copy(path, target, StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  /** Removes a fleet's directory; only one that is a fleet's. */
  static void remove(Home home) throws IOException {
    boolean ours =
        home.context().isPresent() || Files.isDirectory(home.fleet()) || isEmpty(home.dir());
    if (!ours) {
      throw new CliException(
          ExitCode.REFUSED,
          "NOT_A_FLEET",
          home.dir() + " holds no fleet; it is not removed",
          "choose another directory with --home or PILOT_HOME");
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(home.dir())) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      if (!path.equals(home.dir())) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static boolean isEmpty(Path dir) throws IOException {
    try (Stream<Path> list = Files.list(dir)) {
      return list.findAny().isEmpty();
    }
  }
}
