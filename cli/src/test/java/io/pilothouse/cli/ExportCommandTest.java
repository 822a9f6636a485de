package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.FleetDirectory;
import io.pilothouse.manifests.LoadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fleet of a Device Manager, as files that apply takes. */
class ExportCommandTest {
  private final FakeDm dm = new FakeDm();
  @TempDir private Path dir;

  ExportCommandTest() throws IOException {}

  @AfterEach
  void stop() {
    dm.close();
  }

  private Typed export(Path to, String... more) {
    return Typed.run(
        Stream.concat(
                Stream.of("export", to.toString(), "--servers", dm.address()), Stream.of(more))
            .toArray(String[]::new));
  }

  private static Fleet.Builder fleet() {
    Fleet.Builder fleet = Fleet.newBuilder().setName("test");
    fleet.addImagesBuilder().setName("base").setVersion("1.0");
    fleet.addTypesBuilder().setName("frontend").setImage("base").addWatchdogs("disk");
    fleet.addUnitsBuilder().setName("all").setOrder(1).addMachines("web-[1-2]");
    fleet
        .addWatchdogsBuilder()
        .setName("disk")
        .setRunner(WatchdogSpec.Runner.SCRIPT)
        .setScript(ByteString.copyFromUtf8("#!/bin/sh\nexit 0\n"))
        .setEveryMs(300_000)
        .setTimeoutMs(10_000)
        .setSeverity(Severity.NORMAL);
    for (int i = 1; i <= 2; i++) {
      fleet.addMachinesBuilder().setName("web-" + i).setType("frontend").setScaleUnit("all");
    }
    return fleet;
  }

  private void has(Fleet fleet) {
    dm.answers("GetFleet", GetFleetReply.newBuilder().setFleet(fleet).setRevision(812).build());
  }

  @Test
  void whatIsExportedIsWhatTheDeviceManagerHas() throws IOException {
    has(fleet().build());
    Path target = dir.resolve("backup/fleet");

    Typed typed = export(target);

    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out())
        .isEqualTo(target + " holds fleet \"test\" at revision 812: 2 machines in 7 files\n");
    assertThat(FleetDirectory.load(target))
        .isInstanceOfSatisfying(
            LoadResult.Loaded.class,
            loaded -> assertThat(loaded.value()).isEqualTo(fleet().build()));
    assertThat(target.resolve("watchdogs/disk.yaml")).content().contains("every: 5m\n");
    assertThat(target.resolve("watchdogs/disk.sh")).isExecutable();
    assertThat(target.resolveSibling("fleet.unfinished")).doesNotExist();
    assertThat(dm.methods()).containsExactly("GetFleet");
  }

  @Test
  void scriptsGetTheFilesByName() throws IOException {
    has(fleet().build());

    JsonNode json = new ObjectMapper().readTree(export(dir, "-o", "json").out());
    assertThat(json.path("revision").asInt()).isEqualTo(812);
    assertThat(json.path("files").path(0).asText()).isEqualTo("cluster.yaml");
  }

  @Test
  void aDirectoryThatHoldsAnythingIsLeftAlone() throws IOException {
    has(fleet().build());
    Path mine = Files.writeString(dir.resolve("cluster.yaml"), "mine");

    Typed typed = export(dir);

    assertThat(typed.code()).isEqualTo(ExitCode.REFUSED.code());
    assertThat(typed.err()).contains("exists already", "choose a new directory");
    assertThat(mine).hasContent("mine");
    assertThat(dm.methods()).isEmpty();
  }

  @Test
  void aFleetThatFilesCannotSayIsNotExportedInPart() throws IOException {
    Fleet.Builder fleet = fleet();
    fleet.getWatchdogsBuilder(0).clearEveryMs();
    has(fleet.build());

    Typed typed = export(dir.resolve("fleet"));

    assertThat(typed.code()).isEqualTo(ExitCode.FAILED.code());
    assertThat(typed.err())
        .contains("holds what files cannot say; nothing was written", "watchdogs \"disk\"");
    assertNothingIsLeft();
  }

  @Test
  void aFleetThatTheReaderRefusesIsNotExported() throws IOException {
    has(fleet().clearImages().build());

    Typed typed = export(dir.resolve("fleet"));

    assertThat(typed.code()).isEqualTo(ExitCode.FAILED.code());
    assertThat(typed.err()).contains("types.yaml:3:8: image: there is no Image \"base\"");
    assertNothingIsLeft();
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() throws IOException {
    has(fleet().build());
    Path file = Files.writeString(dir.resolve("file"), "no directory");

    Typed typed = export(file.resolve("fleet"));

    assertThat(typed.code()).isEqualTo(ExitCode.FAILED.code());
    assertThat(typed.err()).contains("cannot write " + file.resolve("fleet"));
    assertThat(file).hasContent("no directory");
  }

  @Test
  void withoutAFleetThereIsNothingToExport() {
    has(Fleet.getDefaultInstance());

    Typed typed = export(dir.resolve("fleet"));

    assertThat(typed.code()).isEqualTo(ExitCode.FAILED.code());
    assertThat(typed.err()).contains("the Device Manager has no fleet yet");
    assertThat(Typed.run("export").err()).contains("no DIR is named for the export");
  }

  private void assertNothingIsLeft() throws IOException {
    try (Stream<Path> left = Files.list(dir)) {
      assertThat(List.copyOf(left.toList())).isEmpty();
    }
  }
}
