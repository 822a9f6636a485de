package io.pilothouse.watchdog.checks;

import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a line of the kernel's log means. The first of the table that fits a line decides.
 *
 * @param atLeast fewer lines within the window are a WARNING
 * @param meaning what broke, in words
 */
record KernelPattern(String fault, VerdictKind kind, int atLeast, String meaning, Pattern pattern) {

  static final List<KernelPattern> ALL =
      List.of(
          error("cpu.lockup", 1, "a processor was stuck", "BUG: soft lockup|hard LOCKUP on cpu"),
          error(
              "memory.uncorrected",
              1,
              "memory error that could not be corrected",
              "EDAC .*\\bUE\\b|Uncorrected error|Uncorrectable .*memory error|Memory failure: 0x"),
          error(
              "cpu.machine-check",
              1,
              "machine check",
              "mce: \\[Hardware Error]: (CPU \\d+: )?Machine Check|Machine check events logged"
                  + "|Machine Check Exception"),
          error(
              "disk.nvme",
              1,
              "NVMe controller in trouble",
              "nvme nvme?\\d+: (I/O .*timeout|controller is down|Device not ready"
                  + "|Removing after probe failure|Disabling device after reset failure)"),
          error(
              "disk.io",
              1,
              "I/O error of a disk",
              "\\b(blk_update_request: )?(critical medium|critical target|I/O) error, dev "
                  + "|Buffer I/O error on dev|UNC error|Unrecovered read error|Medium Error"),
          error(
              "fs.corrupt",
              1,
              "file system found damage",
              "EXT4-fs error|EXT4-fs .*Remounting filesystem read-only|XFS .*(Corruption|corruption"
                  + "|metadata I/O error|Shutting down filesystem)|BTRFS (error|critical)"
                  + "|JBD2: .*[Ee]rror"),
          error(
              "net.reset",
              3,
              "network adapter was reset",
              "NETDEV WATCHDOG: |\\w: Reset adapter|transmit queue \\d+ timed out"
                  + "|Detected Hardware Unit Hang"),
          error(
              "kernel.panic",
              1,
              "oops of the kernel",
              "Oops: |BUG: unable to handle|kernel BUG at"),
          warning("a process was killed for want of memory", "Out of memory: Kill|oom-kill:"),
          warning("a task hangs in the kernel", "blocked for more than \\d+ seconds"),
          warning(
              "corrected hardware error", "EDAC .*\\bCE\\b|\\[Hardware Error].*Corrected error"));

  private static KernelPattern error(String fault, int atLeast, String meaning, String regex) {
    return new KernelPattern(fault, VerdictKind.ERROR, atLeast, meaning, Pattern.compile(regex));
  }

  private static KernelPattern warning(String meaning, String regex) {
    return new KernelPattern("", VerdictKind.WARNING, 1, meaning, Pattern.compile(regex));
  }

  static Optional<KernelPattern> of(String text) {
    return ALL.stream().filter(each -> each.pattern().matcher(text).find()).findFirst();
  }

  Finding finding(int lines, String last, Duration window) {
    String text =
        "%s: %d %s within %d min, the last: %s"
            .formatted(meaning, lines, lines == 1 ? "line" : "lines", window.toMinutes(), last);
    boolean error = kind == VerdictKind.ERROR && lines >= atLeast;
    return error ? Finding.error(fault, text) : Finding.warning(text);
  }
}
