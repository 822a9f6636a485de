package io.pilothouse.watchdog.checks;

import io.pilothouse.watchdog.PerfData;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What disks say of their own health, by {@code smartctl --json} (smartmontools 7 or newer).
 *
 * <p>Without smartctl it is a WARNING: a person can install it. UNKNOWN would become a fault of
 * every machine that lacks it, and OK would claim what nobody has looked at. A machine without
 * disks that speak SMART, as a virtual one, is OK.
 */
public final class Smart implements Check {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final String FAULT = "disk.smart";

  /**
   * Bits of smartctl's exit status (smartctl(8)): the command line was wrong, the device closed.
   */
  private static final int NOT_LOOKED = 0b11;

  /** Attributes of ATA disks whose raw value counts sectors that cannot be read. */
  private static final Map<String, String> SECTORS =
      Map.of("197", "pending", "198", "uncorrectable");

  private final String command;
  private final int wear;

  /**
   * @param command the program
   * @param wear percentage used of an SSD that is a WARNING
   */
  public Smart(String command, int wear) {
    this.command = command;
    this.wear = wear;
  }

  @Override
  public Finding look() throws IOException, InterruptedException {
    Optional<Map<String, String>> scan = ask(List.of(command, "--json", "--scan"));
    if (scan.isEmpty()) {
      return Finding.warning(
          "there is no %s here, so nobody asks the disks: install smartmontools"
              .formatted(command));
    }
    List<Finding> findings = new ArrayList<>();
    List<PerfData> counters = new ArrayList<>();
    int disks = 0;
    for (; scan.get().containsKey("devices[" + disks + "].name"); disks++) {
      String name = scan.get().get("devices[" + disks + "].name");
      String type = scan.get().getOrDefault("devices[" + disks + "].type", "auto");
      findings.add(disk(name, type, counters));
    }
    Finding well =
        Finding.ok(disks == 0 ? "no disk here has SMART" : disks + " disks say that they are well");
    return Finding.worst(findings, well).with(counters);
  }

  private Finding disk(String name, String type, List<PerfData> counters)
      throws IOException, InterruptedException {
    Map<String, String> said =
        ask(List.of(command, "--json", "--health", "--attributes", "--device", type, name))
            .orElseThrow(() -> new IOException(command + " is gone"));
    String shortName = name.substring(name.lastIndexOf('/') + 1);
    measure(said, shortName, counters);
    String passed = said.getOrDefault("smart_status.passed", "");
    if (passed.equals("false")) {
      return Finding.error(FAULT, name + " says that it is failing" + failing(said));
    }
    String nvme = said.getOrDefault("nvme_smart_health_information_log.critical_warning", "0");
    if (!nvme.equals("0")) {
      return Finding.error(FAULT, "%s raises the critical warning %s".formatted(name, nvme));
    }
    if (passed.isEmpty() && (number(said, "smartctl.exit_status") & NOT_LOOKED) != 0) {
      String why = said.getOrDefault("smartctl.messages[0].string", "it does not say why");
      return Finding.warning("%s cannot be asked: %s".formatted(name, why));
    }
    return early(said, name);
  }

  /** Signs that come before a failure. */
  private Finding early(Map<String, String> said, String name) {
    for (int i = 0; said.containsKey(attribute(i, "id")); i++) {
      String what = SECTORS.get(said.get(attribute(i, "id")));
      long count = number(said, attribute(i, "raw.value"));
      if (what != null && count > 0) {
        return Finding.warning("%s has %d %s sectors".formatted(name, count, what));
      }
    }
    long media = number(said, "nvme_smart_health_information_log.media_errors");
    if (media > 0) {
      return Finding.warning("%s had %d media errors".formatted(name, media));
    }
    long used = number(said, "nvme_smart_health_information_log.percentage_used");
    return used >= wear
        ? Finding.warning("%s has used %d %% of its writes".formatted(name, used))
        : Finding.ok(name);
  }

  private static String failing(Map<String, String> said) {
    for (int i = 0; said.containsKey(attribute(i, "id")); i++) {
      if (said.getOrDefault(attribute(i, "when_failed"), "").equals("now")) {
        return ": " + said.getOrDefault(attribute(i, "name"), "an attribute");
      }
    }
    return "";
  }

  private static void measure(Map<String, String> said, String disk, List<PerfData> counters) {
    if (said.containsKey("temperature.current")) {
      counters.add(
          new PerfData(disk + ".temperature", number(said, "temperature.current"), "celsius"));
    }
    if (said.containsKey("power_on_time.hours")) {
      counters.add(
          new PerfData(disk + ".power_on", number(said, "power_on_time.hours") * 3600.0, "s"));
    }
  }

  private static String attribute(int place, String field) {
    return "ata_smart_attributes.table[" + place + "]." + field;
  }

  private static long number(Map<String, String> said, String key) {
    String text = said.getOrDefault(key, "0");
    return text.matches("-?\\d{1,18}") ? Long.parseLong(text) : 0;
  }

  private Optional<Map<String, String>> ask(List<String> words)
      throws IOException, InterruptedException {
    Optional<Tool.Said> said = Tool.run(words, TIMEOUT);
    if (said.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(FlatJson.read(said.get().output()));
    } catch (IOException e) {
      throw new IOException(
          "%s speaks no JSON (release 7 or newer is needed): %s"
              .formatted(String.join(" ", words), e.getMessage()),
          e);
    }
  }
}
