package io.pilothouse.watchdog.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.VerdictKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a program that speaks as smartctl 7 does. */
class SmartTest {
  @TempDir private Path dir;

  @Test
  void disksThatAreWellAreOkAndMeasured() throws Exception {
    scan(
        "{\"name\": \"/dev/sda\", \"type\": \"sat\"}, {\"name\": \"/dev/nvme0\", \"type\": \"nvme\"}");
    disk("sda", 0, "\"smart_status\": {\"passed\": true}, \"temperature\": {\"current\": 31}");
    disk("nvme0", 0, "\"smart_status\": {\"passed\": true}, " + nvme(0, 3, 0));
    Finding finding = look();
    assertThat(finding.text()).isEqualTo("2 disks say that they are well");
    assertThat(finding.counters()).extracting(each -> each.label()).contains("sda.temperature");
  }

  @Test
  void aDiskThatSaysThatItFailsIsAnErrorWhateverTheOthersSay() throws Exception {
    scan(
        "{\"name\": \"/dev/nvme0\", \"type\": \"nvme\"}, {\"name\": \"/dev/sda\", \"type\": \"sat\"}");
    disk("nvme0", 0, "\"smart_status\": {\"passed\": true}, " + nvme(0, 99, 0));
    String table =
        "\"ata_smart_attributes\": {\"table\": ["
            + "{\"id\": 1, \"name\": \"Raw_Read_Error_Rate\", \"when_failed\": \"\"},"
            + "{\"id\": 5, \"name\": \"Reallocated_Sector_Ct\", \"when_failed\": \"now\","
            + " \"raw\": {\"value\": 2000, \"string\": \"2000\"}}]}";
    disk("sda", 8, "\"smart_status\": {\"passed\": false}, " + table);
    Finding finding = look();
    assertThat(finding.kind()).isEqualTo(VerdictKind.ERROR);
    assertThat(finding.fault()).isEqualTo("disk.smart");
    assertThat(finding.text()).isEqualTo("/dev/sda says that it is failing: Reallocated_Sector_Ct");
  }

  @Test
  void theCriticalWarningOfAnNvmeIsAnError() throws Exception {
    scan("{\"name\": \"/dev/nvme0\", \"type\": \"nvme\"}");
    disk("nvme0", 0, "\"smart_status\": {\"passed\": true}, " + nvme(4, 3, 0));
    assertThat(look().fault()).isEqualTo("disk.smart");
  }

  @Test
  void earlySignsAreWarnings() throws Exception {
    scan("{\"name\": \"/dev/sda\", \"type\": \"sat\"}");
    disk(
        "sda",
        0,
        "\"smart_status\": {\"passed\": true}, \"ata_smart_attributes\": {\"table\": ["
            + "{\"id\": 197, \"name\": \"Current_Pending_Sector\", \"raw\": {\"value\": 16}}]}");
    assertThat(look().text()).isEqualTo("/dev/sda has 16 pending sectors");
    disk("sda", 0, "\"smart_status\": {\"passed\": true}, " + nvme(0, 97, 0));
    assertThat(look().text()).isEqualTo("/dev/sda has used 97 % of its writes");
    disk("sda", 0, nvme(0, 7, 12));
    assertThat(look().text()).isEqualTo("/dev/sda had 12 media errors");
    assertThat(look().kind()).isEqualTo(VerdictKind.WARNING);
  }

  @Test
  void aDiskThatCannotBeAskedIsAWarning() throws Exception {
    scan("{\"name\": \"/dev/sda\", \"type\": \"sat\"}");
    disk(
        "sda",
        2,
        "\"smartctl\": {\"exit_status\": 2, \"messages\": [{\"string\": \"Smartctl open device:"
            + " /dev/sda failed: Permission denied\"}]}");
    assertThat(look().kind()).isEqualTo(VerdictKind.WARNING);
    assertThat(look().text()).contains("Permission denied");
  }

  @Test
  void aMachineWithoutDisksOrWithoutSmartctlSaysSo() throws Exception {
    scan("");
    assertThat(look().text()).isEqualTo("no disk here has SMART");
    Finding none = new Smart("/no/such/smartctl", 90).look();
    assertThat(none.kind()).isEqualTo(VerdictKind.WARNING);
    assertThat(none.text()).contains("install smartmontools");
  }

  @Test
  void anOldReleaseThatSpeaksNoJsonIsUnknown() throws Exception {
    Path program = dir.resolve("smartctl");
    Files.writeString(
        program, "#!/bin/sh\necho 'smartctl 6.6: UNRECOGNIZED OPTION: json'; exit 1\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThatThrownBy(() -> new Smart(program.toString(), 90).look())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("release 7 or newer");
  }

  private static String nvme(int critical, int used, int media) {
    return ("\"nvme_smart_health_information_log\": {\"critical_warning\": %d, \"temperature\": 40,"
            + " \"percentage_used\": %d, \"media_errors\": %d}")
        .formatted(critical, used, media);
  }

  private void scan(String devices) throws IOException {
    Files.writeString(
        dir.resolve("scan"),
        "{\"smartctl\": {\"exit_status\": 0}, \"devices\": [" + devices + "]}");
  }

  private void disk(String name, int exit, String body) throws IOException {
    Files.writeString(dir.resolve(name), "{\"json_format_version\": [1, 0], " + body + "}");
    Files.writeString(dir.resolve(name + ".exit"), Integer.toString(exit));
  }

  private Finding look() throws Exception {
    Path program = dir.resolve("smartctl");
    Files.writeString(
        program,
        """
        #!/bin/sh
        cd "${0%/*}" || exit 1
        [ "$2" = --scan ] && exec cat scan
        for last; do :; done
        cat "${last##*/}"
        exit "$(cat "${last##*/}.exit")"
        """);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new Smart(program.toString(), 90).look();
  }
}
