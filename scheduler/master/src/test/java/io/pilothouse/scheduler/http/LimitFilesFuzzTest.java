package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of rate limits and of frameworks' credentials: read, or refused with the place. */
class LimitFilesFuzzTest {
  @TempDir Path dir;
  private Path file = Path.of("");

  @BeforeEach
  void create() throws IOException {
    file =
        Files.createFile(
            dir.resolve("spoiled"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  private interface Reading {
    void of(Path file) throws IOException;
  }

  private boolean isRead(byte[] bytes, Reading reading) throws IOException {
    Files.write(file, bytes);
    try {
      reading.of(file);
      return true;
    } catch (IOException e) {
      Wording.check(e.getMessage());
      assertThat(e.getMessage()).as("names the file").contains(file.toString());
      return false;
    }
  }

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  @Test
  void rateLimits() {
    both(
        Fuzz.of("rate-limits")
            .sound(
                """
                {"limits": [{"principal": "batch", "qps": 100.5, "capacity": 1000},
                 {"principal": "web"}],
                 "aggregate_default_qps": 50, "aggregate_default_capacity": 7}
                """,
                "{}")
            .tokens("{", "}", "[", "]", "\"", ":", ",", "null", "true", "1e999", "\\u001b", "\n")
            .tokens("\"principal\":", "\"qps\":", "\"capacity\":", "\0", "\u00ff", "NaN", "0", "-0")
            .inputs(1_000)
            .allocating(1 << 20, 2_000)
            .run(input -> isRead(input, RateLimits::read)));
  }

  @Test
  void credentials() {
    both(
        Fuzz.of("framework-credentials")
            .sound("# those of the fleet\nbatch secret\nweb\tother \n\n")
            .tokens(" ", "\t", "\n", "\r", "#", "\0", "\u00ff", "\u001b[31m", "\u0085")
            .inputs(1_000)
            .allocating(1 << 20, 2_000)
            .run(input -> isRead(input, Credentials::read)));
  }

  @Test
  void aPrincipalThatIsAListIsToldSo() throws IOException {
    Files.writeString(file, "{\"limits\": [\n{\"principal\": [1], \"qps\": 1}]}");
    assertThatThrownBy(() -> RateLimits.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("spoiled:2: principal: expected a text, \"batch\"");
  }

  @Test
  void aNumberWithoutEndIsToldSo() throws IOException {
    Files.writeString(file, "{\"aggregate_default_qps\": " + "1".repeat(2_000) + "}");
    assertThatThrownBy(() -> RateLimits.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no JSON: ")
        .hasMessageContaining("exceeds");
  }

  @Test
  void aSecretThatIsNoTextIsToldWithItsLine() throws IOException {
    Files.write(file, "batch secret\nweb \u00ff\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> Credentials.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("spoiled:2: it is no text in UTF-8");
  }
}
