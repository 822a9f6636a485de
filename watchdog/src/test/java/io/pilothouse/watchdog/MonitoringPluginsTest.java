package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VerdictKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Debian's monitoring-plugins-basic, unmodified. {@code ./pilot test} installs them. */
@Tag("system")
@Timeout(60)
class MonitoringPluginsTest {
  private static final Path PLUGINS = Path.of("/usr/lib/nagios/plugins");

  @TempDir private Path dir;

  @BeforeEach
  void theyAreHere() {
    assertThat(PLUGINS.resolve("check_load"))
        .as("of the package monitoring-plugins-basic")
        .isExecutable();
  }

  @Test
  void loadIsReadWithItsCounters() throws Exception {
    ScriptResult result = run("check_load", "-w", "1000,1000,1000", "-c", "2000,2000,2000");
    assertThat(result.kind()).isEqualTo(VerdictKind.OK);
    assertThat(result.counters())
        .extracting(PerfData::label)
        .containsExactly("load1", "load5", "load15");
  }

  @Test
  void diskIsReadInBytes() throws Exception {
    ScriptResult result = run("check_disk", "-w", "0%", "-c", "0%", "-p", "/");
    assertThat(result.kind()).isEqualTo(VerdictKind.OK);
    PerfData used = BaseUnits.of(result.counters().get(0));
    assertThat(used.label()).isEqualTo("/");
    assertThat(used.unit()).isEqualTo("bytes");
    assertThat(used.value()).isGreaterThan(1e6);
  }

  @Test
  void eachStateComesThrough() throws Exception {
    assertThat(run("check_dummy", "0", "a").kind()).isEqualTo(VerdictKind.OK);
    assertThat(run("check_dummy", "1", "a").kind()).isEqualTo(VerdictKind.WARNING);
    assertThat(run("check_dummy", "2", "a").kind()).isEqualTo(VerdictKind.ERROR);
    assertThat(run("check_dummy", "3", "a").kind()).isEqualTo(VerdictKind.UNKNOWN);
  }

  @Test
  void aPortThatNobodyServesIsCritical() throws Exception {
    ScriptResult result = run("check_tcp", "-H", "127.0.0.1", "-p", "1", "-t", "5");
    assertThat(result.kind()).isEqualTo(VerdictKind.ERROR);
    assertThat(result.text()).contains("refused");
  }

  @Test
  void ageOfAFileAndCountOfProcessesAreRead() throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "x");
    assertThat(run("check_file_age", "-w", "3600", "-c", "7200", file.toString()).kind())
        .isEqualTo(VerdictKind.OK);
    assertThat(run("check_procs", "-w", "1:100000").counters()).isNotEmpty();
  }

  @Test
  void wrongUseIsUnknown() throws Exception {
    ScriptResult result = run("check_disk", "--no-such-option");
    assertThat(result.kind()).isEqualTo(VerdictKind.UNKNOWN);
  }

  private ScriptResult run(String plugin, String... args) throws Exception {
    return new ScriptRunner()
        .run(
            ScriptRunner.Job.of(PLUGINS.resolve(plugin), dir, Duration.ofSeconds(20))
                .args(List.of(args)));
  }
}
