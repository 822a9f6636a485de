package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.WatchdogSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a file system of 64 KiB, which only root can mount. */
@Tag("system")
class ExportDiskFullTest {
  private final FakeDm dm = new FakeDm();
  @TempDir private Path disk;
  private boolean mounted;

  ExportDiskFullTest() throws IOException {}

  @BeforeEach
  void mountSmallDisk() throws Exception {
    mounted = run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString()) == 0;
    assertThat(mounted).as("a tmpfs, which only root can mount").isTrue();
  }

  @AfterEach
  void unmount() throws Exception {
    dm.close();
    if (mounted) {
      assertThat(run("umount", disk.toString())).isZero();
    }
  }

  private static int run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  @Test
  void nothingIsLeftOfAnExportThatDoesNotFit() throws Exception {
    Fleet.Builder fleet = Fleet.newBuilder().setName("test");
    for (String name : new String[] {"a", "b"}) {
      fleet
          .addWatchdogsBuilder()
          .setName(name)
          .setRunner(WatchdogSpec.Runner.SCRIPT)
          .setScript(ByteString.copyFrom(new byte[60 << 10]));
    }
    dm.answers("GetFleet", GetFleetReply.newBuilder().setFleet(fleet).build());

    Typed typed = Typed.run("export", disk.resolve("fleet").toString(), "--servers", dm.address());

    assertThat(typed.code()).isEqualTo(ExitCode.FAILED.code());
    assertThat(typed.err()).contains("No space left on device; nothing was written");
    try (Stream<Path> left = Files.list(disk)) {
      assertThat(left).isEmpty();
    }
  }
}
