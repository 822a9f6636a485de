package io.pilothouse.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.cli.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In directories that stand for the kernel's: a file stands for a process, it keeps its group. */
class FleetGroupsTest {
  private static final String NAME = "pilothouse-0000002a";

  @TempDir private Path dir;
  private Path mounts;

  @BeforeEach
  void mount() throws IOException {
    mounts =
        Files.writeString(
            dir.resolve("mountinfo"),
            """
            31 30 0:27 / DIR/cpu rw - cgroup cgroup rw,cpu,cpuacct
            34 30 0:30 / DIR/unified rw - cgroup2 cgroup2 rw
            35 30 0:31 / DIR/other rw - tmpfs tmpfs rw
            """
                .replace("DIR", dir.toString()));
    for (String each : new String[] {"cpu", "unified", "other"}) {
      Files.createDirectories(dir.resolve(each).resolve(NAME).resolve("web-01-1a/server"));
      Files.createDirectories(dir.resolve(each).resolve(NAME).resolve("web-02-1a"));
      Files.createDirectories(dir.resolve(each).resolve("pilothouse-of-another/web-01-1a"));
    }
  }

  @Test
  void whatIsEmptyGoesInEachHierarchyAndNothingElse() throws Exception {
    assertThat(FleetGroups.remove(mounts, NAME, Duration.ZERO)).isEmpty();
    assertThat(dir.resolve("cpu").resolve(NAME)).doesNotExist();
    assertThat(dir.resolve("unified").resolve(NAME)).doesNotExist();
    assertThat(dir.resolve("other").resolve(NAME)).exists();
    assertThat(dir.resolve("cpu/pilothouse-of-another/web-01-1a")).exists();
    assertThat(FleetGroups.remove(mounts, NAME, Duration.ZERO)).as("once more").isEmpty();
  }

  @Test
  void aGroupWithAProcessStaysAndIsTold() throws Exception {
    Path groups = dir.resolve("cpu").resolve(NAME);
    Files.createFile(groups.resolve("web-01-1a/server/process"));
    assertThat(FleetGroups.remove(mounts, NAME, Duration.ofMillis(50))).containsExactly(groups);
    assertThat(groups.resolve("web-01-1a/server/process")).exists();
    assertThat(groups.resolve("web-02-1a")).doesNotExist();
  }

  @Test
  void aMachineWithoutControlGroupsHasNoneToRemove() throws Exception {
    assertThat(FleetGroups.remove(dir.resolve("nowhere"), NAME, Duration.ZERO)).isEmpty();
  }

  @Test
  void eachFleetHasItsOwn() {
    String one = FleetGroups.name(new Home(Path.of("/one")));
    assertThat(one).matches("pilothouse-[0-9a-f]{8}");
    assertThat(FleetGroups.name(new Home(Path.of("/other")))).isNotEqualTo(one);
  }
}
