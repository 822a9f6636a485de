package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VerdictKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example {@code disk-space.sh}, as it is shipped, run as the agent runs it. */
@Timeout(60)
class DiskSpaceTest {
  private static final Path SCRIPT =
      Path.of("../manifests/examples/watchdogs/disk-space.sh").toAbsolutePath().normalize();

  @TempDir private Path dir;

  @Test
  void belowBothThresholdsIsOkWithACounterOfEachFileSystem() throws Exception {
    Path fake = df("/dev/sda1 1000 400 600 40% /", "/dev/sda1 500 50 450 10% /");
    ScriptResult result = run(fake, "50", "90");
    assertThat(result.kind()).as(result.text()).isEqualTo(VerdictKind.OK);
    assertThat(result.text()).startsWith("DISK OK - 1 file systems");
    assertThat(result.counters())
        .extracting(PerfData::label)
        .containsExactly("/ space", "/ inodes");
    assertThat(result.counters()).extracting(PerfData::value).containsExactly(40.0, 10.0);
  }

  @Test
  void aboveTheFirstIsAWarningWhichNamesTheFileSystem() throws Exception {
    Path fake = df("/dev/sda1 1000 400 600 40% /", "/dev/sda1 500 50 450 10% /");
    ScriptResult result = run(fake, "40", "90");
    assertThat(result.kind()).isEqualTo(VerdictKind.WARNING);
    assertThat(result.text()).startsWith("DISK WARNING - / 40% of space");
    assertThat(result.fault()).isEmpty();
  }

  @Test
  void aboveTheSecondIsAnErrorWithTheFaultOfAFullDisk() throws Exception {
    Path fake =
        df(
            "/dev/sda1 1000 400 600 40% /\n/dev/sdb1 1000 980 20 98% /srv/data",
            "/dev/sda1 500 50 450 10% /");
    ScriptResult result = run(fake, "50", "90");
    assertThat(result.kind()).isEqualTo(VerdictKind.ERROR);
    assertThat(result.text()).startsWith("DISK CRITICAL - /srv/data 98% of space");
    assertThat(result.fault()).isEqualTo("disk.full");
  }

  @Test
  void inodesThatRunOutAreAnErrorOfTheirOwnThoughThereIsRoom() throws Exception {
    Path fake = df("/dev/sda1 1000 400 600 40% /", "/dev/sda1 500 500 0 100% /");
    ScriptResult result = run(fake);
    assertThat(result.kind()).isEqualTo(VerdictKind.ERROR);
    assertThat(result.text()).startsWith("DISK CRITICAL - / 100% of inodes");
    assertThat(result.fault()).isEqualTo("disk.inodes");
  }

  @Test
  void aFileSystemWithoutInodesAndOneThatIsNoDeviceAreLeftOut() throws Exception {
    Path fake =
        df(
            "/dev/sda1 1000 400 600 40% /\ntmpfs 100 100 0 100% /run",
            "/dev/sda1 0 0 0 - /\ntmpfs 100 100 0 100% /run");
    ScriptResult result = run(fake);
    assertThat(result.kind()).as(result.text()).isEqualTo(VerdictKind.OK);
    assertThat(result.counters()).extracting(PerfData::label).containsExactly("/ space");
  }

  @Test
  void noFileSystemAtAllIsUnknownAndNotOk() throws Exception {
    assertThat(run(df("", "")).kind()).isEqualTo(VerdictKind.UNKNOWN);
  }

  /** A container may have none that is a device: then df says nothing, and the script knows. */
  @Test
  void thisMachinesOwnDfIsReadByEveryThreshold() throws Exception {
    Process df = new ProcessBuilder("df", "-Plk").redirectErrorStream(true).start();
    boolean devices = df.inputReader().lines().anyMatch(each -> each.startsWith("/"));
    Path nothingFake = Files.createDirectory(dir.resolve("empty"));
    Map<List<String>, VerdictKind> expected =
        Map.of(
            List.of("101", "102"), VerdictKind.OK,
            List.of("0", "101"), VerdictKind.WARNING,
            List.of("0", "0"), VerdictKind.ERROR);
    for (Map.Entry<List<String>, VerdictKind> each : expected.entrySet()) {
      ScriptResult result = run(nothingFake, each.getKey().toArray(String[]::new));
      assertThat(result.kind())
          .as("%s: %s", each.getKey(), result.text())
          .isEqualTo(devices ? each.getValue() : VerdictKind.UNKNOWN);
    }
  }

  private ScriptResult run(Path fakes, String... args) throws Exception {
    return new ScriptRunner()
        .run(
            ScriptRunner.Job.of(SCRIPT, dir, Duration.ofSeconds(20))
                .args(List.of(args))
                .environment(Map.of("PATH", fakes + ":/usr/bin:/bin")));
  }

  /** A directory with a df that prints these lines: of space, and with {@code -i} of inodes. */
  private Path df(String space, String inodes) throws IOException {
    Path bin = Files.createDirectories(dir.resolve("bin"));
    Files.writeString(bin.resolve("space"), space + "\n");
    Files.writeString(bin.resolve("inodes"), inodes + "\n");
    Path df = bin.resolve("df");
    Files.writeString(
        df,
        """
        #!/bin/sh
        echo "Filesystem 1024-blocks Used Available Capacity Mounted on"
        case "$*" in
          *-i*) cat "%1$s/inodes" ;;
          *) cat "%1$s/space" ;;
        esac
        """
            .formatted(bin));
    Files.setPosixFilePermissions(df, PosixFilePermissions.fromString("rwxr-xr-x"));
    return bin;
  }
}
