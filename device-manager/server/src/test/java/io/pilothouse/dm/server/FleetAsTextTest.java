package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.manifests.FleetDirectory;
import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.writing.FleetText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is applied from files, and exported, is no change. */
class FleetAsTextTest {
  private static final Path QUICKSTART = Path.of("../../manifests/examples/quickstart");

  private final EdgeHarness dm = new EdgeHarness();
  @TempDir private Path dir;

  @AfterEach
  void close() {
    dm.close();
  }

  @Test
  void theExportOfAnAppliedFleetPlansNoChanges() throws IOException {
    Fleet applied = read(QUICKSTART);
    dm.operator()
        .applyFleet(
            FleetRequest.newBuilder()
                .setFleet(applied)
                .setContext(WriteContext.newBuilder().setClientId("cli-1").setSequence(1))
                .build());

    Fleet held = dm.operator().getFleet(GetFleetRequest.getDefaultInstance()).getFleet();
    for (Map.Entry<String, FleetText.Content> each : FleetText.files(held).entrySet()) {
      Path file = dir.resolve(each.getKey());
      Files.createDirectories(file.resolveSibling("."));
      Files.write(file, each.getValue().bytes().toByteArray());
      if (each.getValue().executable()) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }

    Fleet exported = read(dir);
    assertThat(exported).isEqualTo(applied);
    assertThat(
            dm.operator()
                .planFleet(FleetRequest.newBuilder().setFleet(exported).build())
                .getChangesList())
        .isEmpty();
  }

  private static Fleet read(Path from) {
    return switch (FleetDirectory.load(from)) {
      case LoadResult.Loaded<Fleet> loaded -> loaded.value();
      case LoadResult.Rejected<Fleet> rejected ->
          throw new AssertionError(from + ": " + rejected.problems());
    };
  }
}
