package io.pilothouse.watchdog.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.VerdictKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryErrorsTest {
  @TempDir private Path root;
  private long now;
  private MemoryErrors check;

  @BeforeEach
  void start() {
    check = new MemoryErrors(root, 100, Duration.ofHours(24), () -> now);
  }

  @Test
  void oneThatCouldNotBeCorrectedIsAnErrorUntilTheNextBoot() throws IOException {
    counts(0, 0);
    assertThat(check.look().kind()).isEqualTo(VerdictKind.OK);
    counts(0, 1);
    Finding finding = check.look();
    assertThat(finding.fault()).isEqualTo("memory.uncorrected");
    assertThat(finding.text()).contains("most on CPU0_DIMM_A1");
    pass(Duration.ofDays(3));
    assertThat(check.look().kind()).isEqualTo(VerdictKind.ERROR);
    counts(0, 0); // booted, or the driver was loaded anew
    assertThat(check.look().kind()).isEqualTo(VerdictKind.OK);
  }

  @Test
  void correctedOnesErrByTheirRate() throws IOException {
    counts(5000, 0);
    assertThat(check.look().kind()).as("as old as the boot").isEqualTo(VerdictKind.OK);
    counts(5001, 0);
    pass(Duration.ofMinutes(1));
    assertThat(check.look().kind()).isEqualTo(VerdictKind.WARNING);
    counts(5100, 0);
    pass(Duration.ofMinutes(1));
    assertThat(check.look().fault()).isEqualTo("memory.corrected");
    pass(Duration.ofHours(25));
    assertThat(check.look().kind()).isEqualTo(VerdictKind.OK);
  }

  @Test
  void aMachineWithoutSuchCountersIsOkAndSaysSo() throws IOException {
    assertThat(check.look().text()).isEqualTo("no memory controller here counts errors");
  }

  @Test
  void whatIsNoCountIsSaid() throws IOException {
    counts(0, 0);
    Files.writeString(root.resolve("mc0/ue_count"), "many");
    assertThatThrownBy(check::look)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("\"many\"");
  }

  private void counts(long corrected, long uncorrected) throws IOException {
    Path module = Files.createDirectories(root.resolve("mc0/dimm0"));
    Files.writeString(root.resolve("mc0/ce_count"), corrected + "\n");
    Files.writeString(root.resolve("mc0/ue_count"), uncorrected + "\n");
    Files.writeString(module.resolve("dimm_ce_count"), corrected + "\n");
    Files.writeString(module.resolve("dimm_ue_count"), uncorrected + "\n");
    Files.writeString(module.resolve("dimm_label"), "CPU0_DIMM_A1\n");
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }
}
