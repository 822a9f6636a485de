package io.pilothouse.watchdog.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VerdictKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadOnlyTest {
  private static final String PROC = "21 26 0:20 / /proc rw,relatime - proc proc rw\n";

  @TempDir private Path dir;
  private Path mounts;
  private Path fstab;
  private ReadOnly check;

  @BeforeEach
  void start() throws IOException {
    mounts = dir.resolve("mountinfo");
    fstab = dir.resolve("fstab");
    Files.writeString(
        fstab,
        """
        # a comment
        UUID=1 / ext4 defaults 0 1
        /dev/sdb1 /data\\040one xfs rw,noatime 0 2
        /dev/sdc1 /mnt/archive ext4 ro 0 2
        """);
    check = new ReadOnly(mounts, fstab, Files.createDirectory(dir.resolve("disk")));
  }

  @Test
  void allIsWell() throws IOException {
    mounts(mount("/", "rw", "rw"), mount("/mnt/archive", "ro", "ro"));
    Finding finding = check.look();
    assertThat(finding.kind()).isEqualTo(VerdictKind.OK);
    assertThat(finding.text()).startsWith("2 file systems are as they should be");
    assertThat(dir.resolve("disk")).isEmptyDirectory();
  }

  @Test
  void oneThatTheKernelGaveUpOnIsAnError() throws IOException {
    mounts(mount("/", "rw,relatime", "ro,errors=remount-ro"));
    Finding finding = check.look();
    assertThat(finding.fault()).isEqualTo("fs.read-only");
    assertThat(finding.text()).isEqualTo("/ (/dev/sda1) was turned read-only by the kernel");
  }

  @Test
  void oneThatIsMountedOtherwiseThanFstabSaysIsAnError() throws IOException {
    mounts(mount("/data\\040one", "ro", "ro"));
    Finding finding = check.look();
    assertThat(finding.fault()).isEqualTo("fs.read-only");
    assertThat(finding.text()).contains("/data one is mounted read-only").contains("read-write");
  }

  @Test
  void aReadOnlyMountThatNobodyPromisedOtherwiseIsAsItWasMade() throws IOException {
    mounts(mount("/etc/resolv.conf", "ro", "rw"), mount("/snap/core", "ro", "ro"));
    Files.delete(fstab);
    assertThat(check.look().kind()).isEqualTo(VerdictKind.OK);
  }

  @Test
  void aDiskThatCannotBeWrittenIsAnError() throws IOException {
    mounts();
    Path gone = dir.resolve("gone");
    Finding finding = new ReadOnly(mounts, fstab, gone).look();
    assertThat(finding.fault()).isEqualTo("fs.write-failed");
    assertThat(finding.text()).contains(gone.toString());
  }

  @Test
  void aFullDiskIsTheDiskWatchdogsAffair() throws IOException {
    mounts();
    // every write to /dev/full ends with "No space left on device"
    Files.createSymbolicLink(dir.resolve("disk/.pilot-write-probe"), Path.of("/dev/full"));
    Finding finding = check.look();
    assertThat(finding.kind()).isEqualTo(VerdictKind.WARNING);
    assertThat(finding.text()).contains("No space left");
  }

  private void mounts(String... lines) throws IOException {
    Files.writeString(mounts, PROC + String.join("", lines));
  }

  private static String mount(String point, String options, String superOptions) {
    return "30 1 8:1 / %s %s shared:1 - ext4 /dev/sda1 %s%n"
        .formatted(point, options, superOptions);
  }
}
