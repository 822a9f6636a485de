package io.pilothouse.tasks.lending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel's files say of a machine. */
class StrainSourceTest {
  @TempDir private Path proc;

  @BeforeEach
  void aMachine() throws IOException {
    Files.createDirectories(proc.resolve("pressure"));
    Files.writeString(proc.resolve("loadavg"), "3.00 2.00 1.00 2/345 6789\n");
    says("cpu  100 0 100 700 100 0 0 0 50 0");
  }

  private void says(String cpu) throws IOException {
    Files.writeString(proc.resolve("stat"), cpu + "\ncpu0 1 2 3\nintr 5\n");
  }

  private void stalls(String text) throws IOException {
    Files.writeString(proc.resolve("pressure/cpu"), text);
  }

  @Test
  void busyIsWhatWasNotIdledSinceTheLookBefore() throws IOException {
    StrainSource source = new StrainSource(proc, 4);
    assertThat(source.look().busy()).isEmpty();
    says("cpu  150 0 110 730 110 0 0 0 99 0");
    assertThat(source.look().busy()).isEqualTo(OptionalDouble.of(0.6));
    assertThat(source.look().busy()).as("no time passed").isEmpty();
    assertThat(source.look().queue()).isEqualTo(0.75);
  }

  @Test
  void pressureIsOfTheLastTenSecondsWhereTheKernelHasIt() throws IOException {
    StrainSource source = new StrainSource(proc, 4);
    assertThat(source.look().stalled()).isEmpty();
    stalls("some avg10=34.50 avg60=45.72 avg300=32.67 total=1\nfull avg10=0.00 avg60=0.00\n");
    assertThat(source.look().stalled().orElseThrow()).isEqualTo(0.345, within(1e-9));
    stalls("");
    assertThat(source.look().stalled()).isEmpty();
  }

  @Test
  void thisMachineSaysSomething() throws IOException {
    Usage.Strain strain = new StrainSource().look();
    assertThat(strain.queue()).isGreaterThanOrEqualTo(0);
    assertThat(strain.stalled().orElse(0)).isBetween(0.0, 1.0);
  }
}
