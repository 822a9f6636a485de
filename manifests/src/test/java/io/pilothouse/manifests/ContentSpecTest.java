package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.text.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentSpecTest {
  private static final String SCRIPT = "#!/bin/sh\n# pilot: every=60s timeout=5s\nexit 0\n";

  private final Path dir;

  ContentSpecTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private void write(String file, String text) throws IOException {
    Files.createDirectories(dir.resolve(file).getParent());
    Files.writeString(dir.resolve(file), text);
  }

  private void program(String file, String text) throws IOException {
    write(file, text);
    assertThat(dir.resolve(file).toFile().setExecutable(true)).isTrue();
  }

  private void document(String file, String kind, String name) throws IOException {
    write(file, "kind: %s\nname: %s\nversion: \"1.0\"\n".formatted(kind, name));
  }

  private void manifest(String run) throws IOException {
    write(
        "manifest.yaml",
        "kind: Manifest\nname: web\nversion: \"1.0\"\nprocesses:\n- name: server\n  run: " + run);
  }

  private ContentSpec good(Optional<Thing> asked) {
    return switch (ContentSpec.load(dir, asked)) {
      case LoadResult.Loaded<ContentSpec> loaded -> loaded.value();
      case LoadResult.Rejected<ContentSpec> rejected ->
          throw new AssertionError(rejected.problems().toString());
    };
  }

  private List<String> bad(Optional<Thing> asked) {
    return switch (ContentSpec.load(dir, asked)) {
      case LoadResult.Loaded<ContentSpec> loaded -> List.of();
      case LoadResult.Rejected<ContentSpec> rejected ->
          rejected.problems().stream().map(Problem::toString).toList();
    };
  }

  private List<String> bad() {
    return bad(Optional.empty());
  }

  @Test
  void theFileAtTheTopSaysWhatADirectoryIs() throws IOException {
    document("image.yaml", "Image", "base");
    assertThat(good(Optional.empty())).isEqualTo(new ContentSpec("base", "1.0", Thing.THING_IMAGE));
    assertThat(good(Optional.of(Thing.THING_IMAGE)).image()).isTrue();

    Files.delete(dir.resolve("image.yaml"));
    document("watchdogs.yaml", "WatchdogSet", "disks");
    program("disk.sh", SCRIPT);
    assertThat(good(Optional.empty()).thing()).isEqualTo(Thing.THING_WATCHDOG_SET);
  }

  @Test
  void theKindInManifestYamlDecides() throws IOException {
    document("manifest.yaml", "WatchdogSet", "disks");
    program("disk.sh", SCRIPT);

    assertThat(good(Optional.empty()))
        .isEqualTo(new ContentSpec("disks", "1.0", Thing.THING_WATCHDOG_SET));
    assertThat(bad(Optional.of(Thing.THING_IMAGE)))
        .containsExactly(
            "manifest.yaml:1:1: %s is not an image: its manifest.yaml says otherwise"
                .formatted(dir));
    assertThat(WatchdogSet.load(dir)).isInstanceOf(LoadResult.Loaded.class);
  }

  @Test
  void anotherProgramsAgentYamlIsOneOfTheFiles() throws IOException {
    manifest("exec /bin/true\n");
    write("agent.yaml", "interval: 10s\n");

    assertThat(good(Optional.empty()).thing()).isEqualTo(Thing.THING_MANIFEST);
  }

  @Test
  void aDirectoryIsOneThing() throws IOException {
    assertThat(bad()).singleElement().asString().contains("has neither manifest.yaml nor");
    assertThat(bad(Optional.of(Thing.THING_AGENT)))
        .containsExactly(
            "manifest.yaml:1:1: %s is not an agent: write agent.yaml with kind: Agent at its top"
                .formatted(dir));
    document("image.yaml", "Image", "base");
    manifest("exec /bin/true\n");
    assertThat(bad())
        .containsExactly(
            "manifest.yaml:1:1: a directory is one thing, but this one has manifest.yaml and"
                + " image.yaml; take all but one away, or say --kind");
    assertThat(good(Optional.of(Thing.THING_IMAGE)).name()).isEqualTo("base");
    assertThat(good(Optional.of(Thing.THING_MANIFEST)).name()).isEqualTo("web");
  }

  @Test
  void aProgramThatIsNotShippedIsTold() throws IOException {
    manifest("exec ./server --port \"$PORT\"\n");
    assertThat(bad())
        .containsExactly(
            "manifest.yaml:5:3: processes.run: there is no file ./server beside it; ship the"
                + " program, or correct the line");

    write("server", "#!/bin/sh\n");
    assertThat(bad())
        .containsExactly(
            "manifest.yaml:5:3: processes.run: ./server cannot be executed; run: chmod +x "
                + dir.resolve("server"));

    program("server", "#!/bin/sh\n");
    assertThat(good(Optional.empty()).name()).isEqualTo("web");
    Files.delete(dir.resolve("server"));
    assertThat(ManifestSpec.load(dir)).isInstanceOf(LoadResult.Loaded.class);
  }

  @Test
  void anAgentIsADistribution() throws IOException {
    document("agent.yaml", "Agent", "agent");
    assertThat(bad())
        .containsExactly(
            "agent.yaml:1:1: there is no jvm/agent.args beside it; put the lib/ and jvm/ of a"
                + " Pilothouse distribution here",
            "agent.yaml:1:1: there is no lib/ beside it; put the distribution's jars there");

    write("jvm/agent.args", "-Xmx64m\n");
    write("lib/satellites-agent-1.0.jar", "");
    assertThat(good(Optional.empty()))
        .isEqualTo(new ContentSpec("agent", "1.0", Thing.THING_AGENT));
  }

  @Test
  void aSetHasScriptsDocumentsAndWhatTheyUse() throws IOException {
    write(
        "watchdogs.yaml",
        """
        kind: WatchdogSet
        name: disks
        version: "1.0"
        ---
        kind: Watchdog
        name: smart
        script: plugins/smart
        args: [-v]
        """);
    program("plugins/smart", "#!/bin/sh\n. lib/common.sh\n");
    write("lib/common.sh", "x=1\n");
    program("disk.sh", SCRIPT);
    write("README.md", "about it");

    WatchdogSet set = ((LoadResult.Loaded<WatchdogSet>) WatchdogSet.load(dir)).value();

    assertThat(set.watchdogs()).extracting(WatchdogSpec::getName).containsExactly("disk", "smart");
    assertThat(set.watchdogs().get(1).getArgsList()).containsExactly("-v");
    assertThat(set.watchdogs().get(0).getScript().toStringUtf8()).isEqualTo(SCRIPT);
    assertThat(set.watchdogs()).allMatch(each -> each.getRunner() == WatchdogSpec.Runner.SCRIPT);
  }

  @Test
  void mistakesInASetAreTold() throws IOException {
    document("watchdogs.yaml", "WatchdogSet", "disks");
    assertThat(bad()).singleElement().asString().contains("there is no watchdog; put a script");

    program("disk.sh", "#!/bin/sh\n# pilot: every=60s types=frontend\n");
    program("bare.sh", "#!/bin/sh\n");
    write(
        "more.yaml",
        """
        kind: Watchdog
        name: disk
        script: disk.sh
        ---
        kind: Watchdog
        name: clock
        run: builtin
        ---
        kind: Watchdog
        name: out
        script: ../out.sh
        ---
        kind: Cluster
        name: x
        """);

    assertThat(bad())
        .anyMatch(each -> each.startsWith("bare.sh:1:1: neither YAML nor a script with a header"))
        .anyMatch(each -> each.startsWith("more.yaml:5:1: a set is made of scripts"))
        .anyMatch(each -> each.contains("script: it must be inside the set's directory"))
        .anyMatch(each -> each.startsWith("more.yaml:13:7: kind: \"Cluster\" does not belong"))
        .noneMatch(each -> each.startsWith("disk.sh")); // more.yaml names it: no header is read
  }

  @Test
  void aSetRunsWhereItIsRolledOut() throws IOException {
    document("watchdogs.yaml", "WatchdogSet", "disks");
    program("disk.sh", "#!/bin/sh\n# pilot: every=60s valid-for=1s types=frontend\n");

    assertThat(bad())
        .containsExactly(
            "disk.sh:2:1: types: a set runs where it is rolled out; take the key away",
            "disk.sh:2:1: valid-for: it is shorter than every, so it would be silent all the time");
  }
}
