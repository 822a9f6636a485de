package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.kit.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HardwareTest {
  @TempDir private Path chassis;

  @Test
  void anEmulatedMachineHasTheFirmwareOfItsChassis() throws IOException {
    Files.writeString(chassis.resolve("boot_id"), "boot-1\n");
    assertThat(new Hardware(Optional.of(chassis)).firmware()).isEmpty();

    Files.writeString(chassis.resolve("firmware"), "Acme 2.1\n");

    assertThat(new Hardware(Optional.of(chassis)).firmware()).isEqualTo("Acme 2.1");
  }

  @Test
  void aRealMachineHasWhatItsKernelTells() throws IOException {
    Path version = Path.of("/sys/class/dmi/id/bios_version");

    String firmware = new Hardware(Optional.empty()).firmware();

    if (Files.isReadable(version)) {
      assertThat(firmware).endsWith(Files.readString(version).strip());
    } else {
      assertThat(firmware).isEmpty();
    }
  }

  @Test
  void aMachineThatWasNeverPoweredOnIsNamedWithItsFile() {
    assertThatThrownBy(() -> new Hardware(Optional.of(chassis)))
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining(chassis.resolve("boot_id").toString());
  }
}
