package io.pilothouse.provisioning.power;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One emulated machine: {@code MACHINES/NAME/} with {@code chassis/} and {@code disk/}. */
public final class LocalChassis {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final String SCHEME = "local:";

  private final Path machines;
  private final String name;

  /**
   * @throws PowerException when the name cannot be a machine's
   */
  public LocalChassis(Path machines, String name) throws PowerException {
    // the name becomes a path whose contents are wiped: nothing that could lead elsewhere
    if (!NAME.matcher(name).matches()) {
      throw new PowerException(
          PowerException.Kind.BAD_ADDRESS,
          "bad machine name '%s': expected up to 63 letters, digits, '.', '_' or '-'"
              .formatted(name));
    }
    this.machines = machines.toAbsolutePath().normalize();
    this.name = name;
  }

  /** The chassis at a power address {@code local:NAME}. */
  static LocalChassis at(Path machines, String bmc) throws PowerException {
    if (!bmc.startsWith(SCHEME)) {
      throw new PowerException(
          PowerException.Kind.BAD_ADDRESS,
          "no power driver for '%s': expected %sNAME, the only kind that this release drives"
              .formatted(bmc, SCHEME));
    }
    LocalChassis chassis = new LocalChassis(machines, bmc.substring(SCHEME.length()));
    if (!Files.isDirectory(chassis.chassis())) {
      throw new PowerException(
          PowerException.Kind.BAD_ADDRESS,
          "no machine at '%s': %s is not there".formatted(bmc, chassis.chassis()));
    }
    return chassis;
  }

  /** Builds a new machine: its hardware and an empty disk. It is off. */
  public static LocalChassis create(Path machines, ChassisSpec spec)
      throws IOException, PowerException {
    LocalChassis chassis = new LocalChassis(machines, spec.name());
    Files.createDirectories(chassis.faults());
    Files.createDirectories(chassis.disk());
    chassis.setBoot(BootDevice.NETWORK);
    chassis.setGeneration(0);
    spec.write(chassis.chassis().resolve("spec.json")); // last: with it the machine exists
    return chassis;
  }

  /** Changes what a machine's power button runs; the machine itself stays as it is. */
  public static void update(Path machines, ChassisSpec spec) throws IOException, PowerException {
    spec.write(new LocalChassis(machines, spec.name()).chassis().resolve("spec.json"));
  }

  /**
   * All machines in the directory, sorted by name: what has a chassis and a name that a machine can
   * have.
   */
  public static List<LocalChassis> list(Path machines) throws IOException, PowerException {
    List<LocalChassis> found = new ArrayList<>();
    if (!Files.isDirectory(machines)) {
      return found;
    }
    try (Stream<Path> entries = Files.list(machines)) {
      List<Path> sorted =
          entries
              .filter(each -> NAME.matcher(each.getFileName().toString()).matches())
              .filter(each -> Files.exists(each.resolve("chassis/spec.json")))
              .sorted()
              .toList();
      for (Path each : sorted) {
        found.add(new LocalChassis(machines, each.getFileName().toString()));
      }
    }
    return found;
  }

  public String name() {
    return name;
  }

  /** Its power address. */
  public String bmc() {
    return SCHEME + name;
  }

  public Path directory() {
    return machines.resolve(name);
  }

  public Path chassis() {
    return directory().resolve("chassis");
  }

  /** What its firmware hands to the installer, once; see {@link PowerDriver#cycleIntoInstaller}. */
  public Path enrolment() {
    return chassis().resolve("enrolment");
  }

  void giveEnrolment(String secret) throws IOException {
    ChassisFiles.writeSecret(enrolment(), secret);
  }

  void takeEnrolment() throws IOException {
    Files.deleteIfExists(enrolment());
  }

  public Path disk() {
    return directory().resolve("disk");
  }

  public Path faults() {
    return chassis().resolve("faults");
  }

  public Path consoleLog() {
    return directory().resolve("console.log");
  }

  public ChassisSpec spec() throws PowerException {
    return ChassisSpec.read(chassis().resolve("spec.json"), name);
  }

  /** The id of the last boot; empty when it never had power. */
  public Optional<String> bootId() throws IOException {
    return ChassisFiles.read(chassis().resolve("boot_id"));
  }

  public Optional<BootDevice> bootDevice() throws IOException {
    Optional<String> text = ChassisFiles.read(chassis().resolve("boot_device"));
    return Stream.of(BootDevice.values())
        .filter(each -> text.equals(Optional.of(each.text())))
        .findFirst();
  }

  /** Which hardware this is, counted from 0 by replacements. */
  public long generation() throws IOException, PowerException {
    Path file = chassis().resolve("generation");
    String text = ChassisFiles.read(file).orElse("0");
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new PowerException(
          PowerException.Kind.BAD_CHASSIS,
          file + " holds '" + text + "': expected a whole number; correct it",
          e);
    }
  }

  /** A power-on: what it boots from, under a new boot id. */
  void setBoot(BootDevice device) throws IOException {
    ChassisFiles.write(chassis().resolve("boot_device"), device.text() + "\n");
    ChassisFiles.write(chassis().resolve("boot_id"), UUID.randomUUID() + "\n");
  }

  /** New hardware in its place: empty disk, no faults. */
  void replace(long generation) throws IOException {
    ChassisFiles.empty(disk());
    ChassisFiles.empty(faults());
    takeEnrolment();
    setGeneration(generation); // last: interrupted before, it is done again
  }

  private void setGeneration(long generation) throws IOException {
    ChassisFiles.write(chassis().resolve("generation"), generation + "\n");
  }
}
