package io.pilothouse.watchdog.checks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What built-in watchdogs read of the machine: a broken disk may call itself anything. */
class ChecksFuzzTest {

  @Test
  void jsonOfTools() {
    Summary summary =
        Fuzz.of("smartctl-json")
            .sound(
                "{\"smartctl\":{\"exit_status\":0,\"messages\":[{\"string\":\"x\"}]},\"devices\":"
                    + "[{\"name\":\"/dev/sda\",\"type\":\"sat\"},{\"name\":\"/dev/sdb\"}],"
                    + "\"smart_status\":{\"passed\":true},\"temperature\":{\"current\":31}}")
            .tokens("{", "}", "[", "]", "\"", ",", ":", "null", "{\"a\":", "[[", "\\u0000", "1e9")
            .inputs(10_000)
            .allocating(8 << 20, 4_000)
            .run(
                input -> {
                  try {
                    FlatJson.read(new String(input, UTF_8));
                    return true;
                  } catch (IOException e) {
                    return false;
                  }
                });
    assertThat(summary.refused()).as(summary.toString()).isPositive();
    assertThat(summary.taken()).as(summary.toString()).isPositive();
  }

  @Test
  void namesThatWouldFillTheMemoryAreRefused() {
    String name = "x".repeat(2_000);
    String document = "{\"" + name + "\":[1" + ",1".repeat(50_000) + "]}";
    assertThatThrownBy(() -> FlatJson.read(document))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("1000 characters of names");
  }

  @Test
  void aLineWithoutEndKeepsThePatternsBusyForAMomentOnly(@TempDir Path dir) throws Exception {
    Path log = dir.resolve("kmsg");
    Files.writeString(
        log,
        "[ 1.0] %s\n[%s.5] EXT4-fs error\n[ 2.0] EXT4-fs error (device sda1)\n"
            .formatted("x".repeat(2_000_000), "9".repeat(30)));
    Finding finding = KernelLog.of(log.toString(), Duration.ofDays(40_000)).look();
    assertThat(finding.fault()).isEqualTo("fs.corrupt");
    assertThat(finding.text()).contains("1 line");
  }

  @Test
  void theKernelsLog(@TempDir Path dir) {
    Path log = dir.resolve("kmsg");
    Summary summary =
        Fuzz.of("kernel-log")
            .sound(
                """
                <6>[   12.345678] eth0: link up
                <3>[ 99.000001][ T123] EXT4-fs error (device sda1)
                [ 100.5] BUG: unable to handle page fault
                """)
            .tokens("[", "]", "<3>", ".", "\n", "[ T1]", "EDAC MC0: 1 CE", "\0", "\u00ff", " ")
            .inputs(2_000)
            .allocating(8 << 20, 4_000)
            .run(
                input -> {
                  Files.write(log, input);
                  Finding finding = KernelLog.of(log.toString(), Duration.ofDays(40_000)).look();
                  assertThat(finding.text()).isNotBlank();
                  return true;
                });
    assertThat(summary.taken()).isPositive();
  }

  @Test
  void mounts(@TempDir Path dir) throws IOException {
    Path mounts = Files.createFile(dir.resolve("mountinfo"));
    Path fstab = Files.createFile(dir.resolve("fstab"));
    Summary summary =
        Fuzz.of("mountinfo")
            .sound(
                """
                22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
                23 22 8:2 / /var\\040x ro - xfs /dev/sda2 ro,noatime
                """)
            .tokens(" - ", " ", "\n", "\\040", "\\", "ro", ",", "/dev/sdb", "\0", "\u00ff", "#")
            .inputs(2_000)
            .allocating(8 << 20, 4_000)
            .run(
                input -> {
                  Files.write(mounts, input);
                  Files.write(fstab, input);
                  try {
                    assertThat(new ReadOnly(mounts, fstab, dir).look().text()).isNotBlank();
                    return true;
                  } catch (IOException e) {
                    Wording.check(Finding.unknown(String.valueOf(e.getMessage())).text());
                    return false;
                  }
                });
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  @Test
  void whatAMountIsCalledFillsNoLog() {
    assertThat(Finding.unknown("/x\n" + "y".repeat(100_000)).text())
        .startsWith("/x yyy")
        .hasSizeLessThan(2_100);
  }
}
