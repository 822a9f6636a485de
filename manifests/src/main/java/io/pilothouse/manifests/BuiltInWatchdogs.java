package io.pilothouse.manifests;

import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogSpec.Runner;
import io.pilothouse.manifests.BuiltInWatchdog.Arg;
import io.pilothouse.manifests.BuiltInWatchdog.Fault;
import io.pilothouse.manifests.BuiltInWatchdog.Shape;
import java.util.List;
import java.util.Optional;

/**
 * All watchdogs that come with the product. What runs them is in the agent, the watchdog service
 * and the provisioning service; docs/reference/watchdogs.md follows this table, which a test holds.
 */
public final class BuiltInWatchdogs {
  private static final List<BuiltInWatchdog> ALL =
      List.of(
          machine(
              "heartbeat",
              "the agent's own report: its silence is the fault",
              List.of(),
              fault("agent.not-switched", "another version of the agent is wanted than runs")),
          machine(
              "processes",
              "every process of the active manifest runs and serves",
              List.of(),
              fault("process.starting", "not all have started yet"),
              fault("process.not-ready", "one runs and does not serve"),
              fault("process.ended", "one ended and is started again"),
              fault("process.not-staged", "the wanted version is not on the disk"),
              fault("process.not-switched", "the wanted version cannot be run"),
              fault("process.after-switch", "what the manifest has run after a switch failed")),
          machine(
              "filesync",
              "the files of the active version are what was shipped",
              List.of(),
              fault("filesync.corrupt", "damage that cannot be mended")),
          machine(
              "crash-loop",
              "a process that ends again and again, however well it serves in between",
              List.of(
                  arg("ends", Shape.COUNT, "5", "so many ends within the window are an ERROR"),
                  arg("within", Shape.DURATION, "10m", "the window")),
              fault("process.crash-loop", "the text names the process and its last exit status")),
          machine(
              "drift",
              "what runs, and the image on the disk, is what the Device Manager wants",
              List.of(arg("grace", Shape.DURATION, "10m", "so long it may differ")),
              fault("drift.manifest", "another version runs than is wanted"),
              fault("drift.image", "another image is installed than is wanted"),
              fault(
                  "drift.watchdog-set", "the wanted watchdog set does not fit, the text says why")),
          machine(
              "read-only",
              "file systems that turned read-only, and whether the machine's disk can be written",
              List.of(
                  arg("mounts", Shape.TEXT, "/proc/self/mountinfo", "what is mounted"),
                  arg("fstab", Shape.TEXT, "/etc/fstab", "what should be mounted, and how"),
                  arg("probe", Shape.TEXT, "", "directory to write to; default the agent's disk")),
              fault("fs.read-only", "it is mounted or was turned read-only and should not be"),
              fault("fs.write-failed", "a small file cannot be written and flushed")),
          machine(
              "smart",
              "what disks say of their own health, by smartctl",
              List.of(
                  arg("command", Shape.TEXT, "smartctl", "the program"),
                  arg("wear", Shape.COUNT, "90", "percentage used of an SSD that is a WARNING")),
              fault("disk.smart", "a disk says that it is failing")),
          machine(
              "kernel-log",
              "lines of the kernel's log that tell of broken hardware (a table)",
              List.of(
                  arg("file", Shape.TEXT, "", "a file instead of the kernel's own log"),
                  arg("clear-after", Shape.DURATION, "30m", "a line counts for so long")),
              fault("disk.io", "I/O errors of a block device"),
              fault("disk.nvme", "an NVMe controller is down or was reset"),
              fault("fs.corrupt", "a file system found itself damaged"),
              fault("cpu.machine-check", "a machine check"),
              fault("cpu.lockup", "a processor was stuck in the kernel"),
              fault("memory.uncorrected", "a memory error that could not be corrected"),
              fault("net.reset", "a network adapter hung and was reset, three times or more"),
              fault("kernel.panic", "an oops of the kernel")),
          machine(
              "memory-errors",
              "memory errors that the memory controllers counted (EDAC)",
              List.of(
                  arg("root", Shape.TEXT, "/sys/devices/system/edac/mc", "where they are counted"),
                  arg("corrected", Shape.COUNT, "100", "corrected ones that are an ERROR"),
                  arg("within", Shape.DURATION, "24h", "when they came within so long")),
              fault("memory.uncorrected", "at least one could not be corrected since the boot"),
              fault("memory.corrected", "too many had to be corrected")),
          machine(
              "clock",
              "the clock against chrony, or against the clocks of the deployment replicas",
              List.of(
                  arg("warn", Shape.DURATION, "2s", "an offset that is a WARNING"),
                  arg("error", Shape.DURATION, "10s", "an offset that is an ERROR"),
                  arg("sources", Shape.TEXT, "", "HOST:PORT,… to ask over HTTP for the date"),
                  arg("chronyc", Shape.TEXT, "chronyc", "the program; none to leave it out")),
              fault("clock.offset", "the clock is wrong")),
          remote(
              "reachable",
              "the machine's agent answers from outside",
              List.of(),
              fault("no-answer", "the second look in a row without an answer")),
          remote(
              "slow",
              "slow but alive: a counter far from those of the machine type's peers",
              List.of(
                  arg(
                      "counter",
                      Shape.TEXT,
                      "disk_read_latency",
                      "what is compared; more is slower"),
                  arg("peers", Shape.COUNT, "8", "fewer machines of the type tell nothing"),
                  arg("mads", Shape.NUMBER, "8", "so many MADs above the peers' median is slow"),
                  arg("times", Shape.NUMBER, "3", "and so many times the median"),
                  arg(
                      "least",
                      Shape.NUMBER,
                      "0.005",
                      "and so much above it, in the counter's unit"),
                  arg("rounds", Shape.COUNT, "3", "looks in a row before it is an ERROR"),
                  arg("most", Shape.SHARE, "5%", "more of a type at once have a common cause")),
              fault("machine.slow", "the text gives value, median and distance")),
          remote(
              "bmc",
              "the management controller answers and calls the machine healthy",
              List.of(),
              fault("bmc.no-answer", "it did not answer three times in a row"),
              fault("bmc.health", "it says that the hardware is in a critical state")));

  private BuiltInWatchdogs() {}

  private static BuiltInWatchdog machine(
      String name, String looksAt, List<Arg> args, Fault... faults) {
    return new BuiltInWatchdog(name, Runner.BUILTIN, looksAt, args, List.of(faults));
  }

  private static BuiltInWatchdog remote(
      String name, String looksAt, List<Arg> args, Fault... faults) {
    return new BuiltInWatchdog(name, Runner.REMOTE, looksAt, args, List.of(faults));
  }

  private static Arg arg(String key, Shape shape, String preset, String meaning) {
    return new Arg(key, shape, preset, meaning);
  }

  private static Fault fault(String code, String meaning) {
    return new Fault(code, meaning);
  }

  /** All, in the order of the documentation. */
  public static List<BuiltInWatchdog> all() {
    return ALL;
  }

  /** Names of those of a runner. */
  public static List<String> names(Runner runner) {
    return ALL.stream().filter(each -> each.runner() == runner).map(BuiltInWatchdog::name).toList();
  }

  /** The one of that name, whatever runs it. */
  public static Optional<BuiltInWatchdog> find(String name) {
    return ALL.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /** Which one a watchdog is: what it names, else that of its own name. */
  public static String chosen(WatchdogSpec spec) {
    return spec.getBuiltin().isEmpty() ? spec.getName() : spec.getBuiltin();
  }
}
