package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example of one file, as its page starts it. */
@Timeout(180)
class TrajectoriesTest {
  private static final String EXAMPLE = "../../manifests/examples/offers/Trajectories.java";

  @TempDir private Path dir;

  @Test
  void thePageHasItAsItIs() throws Exception {
    String source = Files.readString(Path.of(EXAMPLE));
    String shown = source.substring(source.indexOf("final class")); // without its imports
    assertThat(Files.readString(Path.of("../../docs/start/offers.md")))
        .contains("```java\n" + shown + "```\n");
  }

  @Test
  void itGoesOnWhenTheSchedulerIsRestartedAndCountsEachThrowOnce() throws Exception {
    OfferedSite site = OfferedSite.open(dir);
    try (Started example =
        Started.java(
            dir.resolve("count.log"),
            System.getProperty("java.class.path"),
            List.of(Path.of(EXAMPLE).toRealPath().toString(), site.api, "8", "150000"))) {
      example.says("throw 2 on"); // six are still to come

      site.restartsScheduler();

      assertThat(example.ends(0))
          .contains("it subscribes again in")
          .contains("1200000 particles landed");
    } finally {
      site.close();
    }
  }
}
