package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.VersionRef;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On a file system of 16 MiB, which only root can mount. */
@Tag("system")
@Timeout(60)
class StagedOnAFullDiskTest {
  @TempDir private Path dir;
  private Rig rig;
  private boolean mounted;

  @BeforeEach
  void mountSmallDisk() throws Exception {
    rig = new Rig(dir);
    Path manifests = Files.createDirectories(rig.disk.manifests());
    mounted = run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", manifests.toString()) == 0;
    assertThat(mounted).as("a tmpfs, which only root can mount").isTrue();
  }

  @AfterEach
  void unmount() throws Exception {
    rig.close();
    if (mounted) {
      assertThat(run("umount", "-l", rig.disk.manifests().toString())).isZero();
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  private VersionRef version(String version, int mebibytes) throws Exception {
    byte[] bytes = new byte[mebibytes << 20];
    new SplittableRandom(version.hashCode()).nextBytes(bytes);
    return rig.deployment.addBytes("web", version, Map.of("data", bytes));
  }

  @Test
  void whatDoesNotFitIsSaidAndNotTriedAgainUntilThereIsRoom() throws Exception {
    VersionRef one = version("1.0.0", 6);
    VersionRef two = version("2.0.0", 11);
    rig.want(rig.inService().addStaged(one));
    rig.staged.round();
    long served = rig.deployment.served();

    rig.want(rig.inService().addStaged(one).addStaged(two));
    assertThatThrownBy(() -> rig.staged.round()).hasMessageContaining("cannot stage web@2.0.0");
    long asked = rig.deployment.served();
    assertThat(asked - served).as("the index alone").isBetween(1L, 100_000L);
    assertThatThrownBy(() -> rig.staged.round()).hasMessageContaining("cannot stage web@2.0.0");
    assertThat(rig.deployment.served()).as("it waits").isEqualTo(asked);
    assertThat(rig.staged.problem()).contains("the disk is full", "have to stay free");
    assertThat(rig.scrub().finding().text()).isEqualTo(rig.staged.problem());
    assertThat(rig.staged.versions()).containsExactly(one);

    // what is removed makes room, and then it does not wait
    rig.want(rig.inService().addStaged(two));
    assertThatThrownBy(() -> rig.staged.round()).hasMessageContaining("cannot stage web@2.0.0");
    rig.staged.round();
    assertThat(rig.staged.versions()).containsExactly(two);
    assertThat(rig.staged.problem()).isEmpty();
  }
}
