package io.pilothouse.manifests.writing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.CanonicalOrder;
import io.pilothouse.manifests.FleetDirectory;
import io.pilothouse.manifests.LoadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FleetTextTest {
  private static final int FLEETS = 18;

  /** Said by no file: where a mode leads to, and what is said by leaving a key out. */
  private static final Set<String> NOT_SAID = Set.of("QUARANTINED");

  @TempDir private Path dir;

  @Test
  void everyFieldComesBack() throws IOException {
    Set<String> seen = new LinkedHashSet<>();
    for (int seed = 0; seed < FLEETS; seed++) {
      Fleet fleet = new RandomFleets(seed, seed < 4).fleet();
      note(fleet, seen);

      Fleet read = read(write(fleet, "fleet-" + seed));

      assertThat(FleetText.differences(fleet, read)).as("seed %s", seed).isEmpty();
      assertThat(read).as("seed %s", seed).isEqualTo(CanonicalOrder.of(fleet));
    }
    assertThat(seen).containsAll(all(Fleet.getDescriptor(), new LinkedHashSet<>()));
  }

  @Test
  void theSameFleetGivesTheSameBytesWhateverItsOrderIs() {
    Fleet fleet = new RandomFleets(7, true).fleet();
    Fleet.Builder shuffled = fleet.toBuilder();
    for (FieldDescriptor field : fleet.getAllFields().keySet()) {
      if (field.isRepeated() && !field.getName().equals("manifest_keys")) {
        List<Object> items = new ArrayList<>((List<?>) fleet.getField(field));
        Collections.shuffle(items, new Random(1));
        shuffled.setField(field, items);
      }
    }

    assertThat(FleetText.files(shuffled.build())).isEqualTo(FleetText.files(fleet));
  }

  @ParameterizedTest
  @ValueSource(strings = {"quickstart", "index-serving/fleet", "offers/fleet"})
  void whatAnExampleSaysItSaysAgain(String example) throws IOException {
    Fleet fleet = read(Path.of("examples").resolve(example));

    assertThat(read(write(fleet, "again"))).isEqualTo(fleet);
  }

  @Test
  void theTextIsWhatAPersonWouldHaveWritten() throws IOException {
    Map<String, FleetText.Content> files = FleetText.files(read(Path.of("examples/quickstart")));

    assertThat(files.keySet())
        .containsExactly(
            "access.yaml",
            "cluster.yaml",
            "images.yaml",
            "machines.csv",
            "policies/repair.yaml",
            "policies/rollout.yaml",
            "types.yaml",
            "units.yaml",
            "watchdogs/disk.sh",
            "watchdogs/filesync.yaml",
            "watchdogs/heartbeat.yaml",
            "watchdogs/processes.yaml",
            "watchdogs/reachable.yaml");
    assertThat(text(files, "cluster.yaml"))
        .startsWith("kind: Cluster\nname: quickstart\nbudgets:\n  fleet: 50%\n")
        .contains("report-every: 1s\n", "  max-concurrent: 12\n", "  trial-after: 1m\n");
    assertThat(text(files, "types.yaml"))
        .contains("---\nkind: MachineType\nname: frontend\nimage: base\nmanifest: web\n")
        .contains("watchdogs: [heartbeat, reachable, processes, filesync, disk]\n");
    assertThat(text(files, "images.yaml")).isEqualTo("kind: Image\nname: base\nversion: \"1.0\"\n");
    assertThat(text(files, "machines.csv"))
        .startsWith("name,type,scale_unit,rack,switch,feed,model,mac,bmc\n");
    assertThat(text(files, "watchdogs/heartbeat.yaml"))
        .isEqualTo(
            """
            kind: Watchdog
            name: heartbeat
            run: builtin
            every: 1s
            valid-for: 4s
            mode: live
            """);
  }

  @Test
  void aScriptWhoseHeaderSaysLessHasADocumentBesideIt() throws IOException {
    Fleet.Builder fleet = read(Path.of("examples/quickstart")).toBuilder();
    WatchdogSpec.Builder disk = fleet.getWatchdogsBuilder(0).setEveryMs(120_000).addArgs("-w 10%");

    assertThat(text(FleetText.files(fleet.build()), "watchdogs/disk.yaml"))
        .isEqualTo(
            """
            kind: Watchdog
            name: disk
            script: disk.sh
            args: ["-w 10%"]
            every: 2m
            timeout: 2s
            mode: live
            """);
    assertThat(read(write(fleet.build(), "args")).getWatchdogs(0)).isEqualTo(disk.build());
  }

  @Test
  void whatFilesCannotSayIsFound() throws IOException {
    Fleet fleet = read(Path.of("examples/quickstart"));
    Fleet.Builder other = fleet.toBuilder();
    other.getWatchdogsBuilder(2).clearEveryMs();
    other.setReportEveryMs(2);

    assertThat(FleetText.differences(fleet, other.build()))
        .containsExactly("watchdogs \"heartbeat\"", "report_every_ms");
  }

  private Path write(Fleet fleet, String name) throws IOException {
    Path target = dir.resolve(name);
    for (Map.Entry<String, FleetText.Content> each : FleetText.files(fleet).entrySet()) {
      Path file = target.resolve(each.getKey());
      Files.createDirectories(file.resolveSibling("."));
      Files.write(file, each.getValue().bytes().toByteArray());
      if (each.getValue().executable()) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    return target;
  }

  private static Fleet read(Path from) {
    return switch (FleetDirectory.load(from)) {
      case LoadResult.Loaded<Fleet> loaded -> loaded.value();
      case LoadResult.Rejected<Fleet> rejected ->
          throw new AssertionError(from + ": " + rejected.problems());
    };
  }

  private static String text(Map<String, FleetText.Content> files, String file) {
    FleetText.Content content = files.get(file);
    assertThat(content).as(file).isNotNull();
    return content.bytes().toStringUtf8();
  }

  /** Notes each field that is set, and each word that is said. */
  private static void note(Message message, Set<String> seen) {
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              seen.add(field.getFullName());
              for (Object each : value instanceof List<?> list ? list : List.of(value)) {
                if (each instanceof Message inner) {
                  note(inner, seen);
                } else if (each instanceof EnumValueDescriptor word) {
                  seen.add(word.getFullName());
                }
              }
            });
  }

  private static Set<String> all(Descriptor message, Set<String> all) {
    for (FieldDescriptor field : message.getFields()) {
      boolean isNew = all.add(field.getFullName());
      if (isNew && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        all(field.getMessageType(), all);
      } else if (isNew && field.getJavaType() == FieldDescriptor.JavaType.ENUM) {
        field.getEnumType().getValues().stream()
            .filter(word -> word.getNumber() != 0 && !NOT_SAID.contains(word.getName()))
            .forEach(word -> all.add(word.getFullName()));
      }
    }
    return all;
  }
}
