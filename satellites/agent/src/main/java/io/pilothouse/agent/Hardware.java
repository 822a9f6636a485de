package io.pilothouse.agent;

import io.pilothouse.kit.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the agent knows of the machine below it. A real machine's kernel tells the boot id; an
 * emulated one has a chassis directory, where faults can be put in, too.
 */
final class Hardware {
  private static final Path KERNEL_BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  /** The firmware as the kernel has it from SMBIOS (DSP0134, type 0). */
  private static final Path DMI = Path.of("/sys/class/dmi/id");

  private final Optional<Path> chassis;
  private final String bootId;

  Hardware(Optional<Path> chassis) {
    this.chassis = chassis;
    Path file = chassis.map(each -> each.resolve("boot_id")).orElse(KERNEL_BOOT_ID);
    try {
      this.bootId = Files.readString(file).strip();
    } catch (IOException e) {
      throw new ProgramException(
          "the boot id cannot be read from " + file + ": " + e + "; is --chassis right?", e);
    }
    if (bootId.isEmpty()) {
      throw new ProgramException(file + " is empty: power the machine on first");
    }
  }

  /** Read once: it changes only with a boot, and then this program is another. */
  String bootId() {
    return bootId;
  }

  /**
   * Vendor and version of the firmware; empty where nothing tells. An emulated machine has that of
   * its chassis, not its host's.
   */
  String firmware() throws IOException {
    if (chassis.isPresent()) {
      return read(chassis.get().resolve("firmware")).orElse("");
    }
    String vendor = read(DMI.resolve("bios_vendor")).orElse("");
    return (vendor + " " + read(DMI.resolve("bios_version")).orElse("")).strip();
  }

  /** Whether it was told to boot from the network: into the installer. */
  boolean bootsFromNetwork() throws IOException {
    return chassis.isPresent()
        && read(chassis.get().resolve("boot_device")).orElse("disk").equals("network");
  }

  /** What a broken part makes a watchdog say: text, then perhaps a line of JSON. */
  Optional<String> fault(String watchdog) throws IOException {
    // a name that is no file's has no fault: its script says what is wrong with it
    return chassis.isEmpty() || watchdog.contains("/") || watchdog.startsWith(".")
        ? Optional.empty()
        : read(Disk.child(chassis.get().resolve("faults"), watchdog));
  }

  private static Optional<String> read(Path file) throws IOException {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
