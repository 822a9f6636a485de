package io.pilothouse.manifests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.manifests.text.Problem;
import io.pilothouse.manifests.text.Problems;
import io.pilothouse.manifests.text.YamlReader;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files of people, spoiled: each is taken or refused with place and words, soon, within bounds of
 * memory. {@link MutationTest} does the same to whole directories.
 */
class FleetFuzzTest {
  private static final Path QUICKSTART = Path.of("examples/quickstart");
  private static final String[] TOKENS = {
    "\n",
    "\n  ",
    "\t",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "&a ",
    "*a",
    "!!int ",
    "#",
    "---\n",
    "...\n",
    "\0",
    "\u00ef\u00bb\u00bf",
    ",",
    "|\n",
    ">-\n",
    "null",
    "~",
    "? ",
    "<<: ",
    "name: x\n",
    "\r\n",
    "%YAML 1.2\n",
    "5m",
    "1.5",
    "yes",
    "*",
    "**",
    "0x10",
    ".inf",
    "kind: ",
    "when: ",
    "unless: ",
    "every: 1ms\n",
    "\u00ff",
    "\u00e2\u0080\u00a8",
    "99999999d"
  };

  private static byte[] file(String name) throws IOException {
    return Files.readAllBytes(QUICKSTART.resolve(name));
  }

  /** As files are read: what is not UTF-8 is refused before. */
  private static Optional<String> text(byte[] input) {
    try {
      return Optional.of(UTF_8.newDecoder().decode(ByteBuffer.wrap(input)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** Whether there are none; each must name a place. */
  private static boolean none(List<Problem> problems) {
    for (Problem each : problems) {
      assertThat(each.place().line()).isPositive();
      assertThat(each.place().column()).isPositive();
      Wording.check(each.message());
    }
    return problems.isEmpty();
  }

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  @Test
  void documentsOfAFleet() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String each :
        List.of(
            "cluster",
            "units",
            "types/backend",
            "types/frontend",
            "images/base",
            "access",
            "watchdogs/heartbeat",
            "watchdogs/processes",
            "watchdogs/reachable",
            "watchdogs/filesync")) {
      all.append("---\n").append(new String(file(each + ".yaml"), UTF_8)).append('\n');
    }
    all.append("---\n").append(new String(file("policies/quick.yaml"), UTF_8)).append('\n');
    Inventory inventory =
        Inventory.read(Inventory.FILE, new String(file("machines.csv"), UTF_8), new Problems());
    both(
        Fuzz.of("fleet-yaml")
            .sound(all.toString())
            .tokens(TOKENS)
            .inputs(300)
            .allocating(32 << 20, 8_000)
            .run(
                input -> {
                  Optional<String> text = text(input);
                  Problems problems = new Problems();
                  FleetReader reader = new FleetReader(QUICKSTART, problems);
                  YamlReader.read("all.yaml", text.orElse("a: ["), problems)
                      .forEach(reader::document);
                  reader.script("watchdogs/disk.sh");
                  reader.dropIns();
                  reader.parts().inventory(inventory);
                  new FleetChecks(reader.parts(), problems).run();
                  LoadResult<Fleet> result = LoadResult.of(problems, reader.parts()::fleet);
                  return result instanceof LoadResult.Loaded<Fleet> || none(problems.sorted());
                }));
  }

  @Test
  void singleDocuments() throws IOException {
    both(
        Fuzz.of("fleet-document")
            .sound(file("access.yaml"))
            .sound(file("policies/quick.yaml"))
            .sound(file("watchdogs/heartbeat.yaml"))
            .sound(file("watchdogs/reachable.yaml"))
            .sound(file("types/backend.yaml"))
            .sound(Files.readAllBytes(Path.of("examples/policies/default.yaml")))
            .sound(Files.readAllBytes(Path.of("examples/offers/fleet/shares.yaml")))
            .tokens(TOKENS)
            .inputs(5_000)
            .allocating(32 << 20, 8_000)
            .run(
                input -> {
                  Problems problems = new Problems();
                  FleetReader reader = new FleetReader(QUICKSTART, problems);
                  YamlReader.read("one.yaml", text(input).orElse("a: ["), problems)
                      .forEach(reader::document);
                  AccessTable.check(reader.parts().access, problems);
                  RoleTable.check(reader.parts().roles, problems);
                  return none(problems.sorted());
                }));
  }

  @Test
  void machinesInCsv() throws IOException {
    both(
        Fuzz.of("machines-csv")
            .sound(file("machines.csv"))
            .tokens(",", "\"", "\"\"", "\n", "\r\n", "\r", "#", "name", "mac", "02:00:00:00:00:01")
            .tokens("local:web-01", " ", "\0", "\u00ff", "\u00e9", "\u00ef\u00bb\u00bf", "bmc")
            .inputs(3_000)
            .allocating(32 << 20, 8_000)
            .run(
                input -> {
                  Problems problems = new Problems();
                  text(input).ifPresent(each -> Inventory.read(Inventory.FILE, each, problems));
                  return text(input).isPresent() && none(problems.sorted());
                }));
  }

  @Test
  void repairPolicies(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("policy.yaml");
    both(
        Fuzz.of("repair-policy")
            .sound(Files.readAllBytes(Path.of("examples/policies/default.yaml")))
            .sound(file("policies/quick.yaml"))
            .tokens(TOKENS)
            .inputs(150)
            .allocating(64 << 20, 20_000)
            .run(
                input -> {
                  Files.write(file, input);
                  return switch (PolicyFile.load(file)) {
                    case LoadResult.Loaded<?> loaded -> true;
                    case LoadResult.Rejected<?> rejected -> none(rejected.problems());
                  };
                }));
  }

  @Test
  void manifests(@TempDir Path dir) throws IOException {
    for (String each : List.of("site/index.html", "site/healthz")) {
      Path file = dir.resolve(each);
      Files.createDirectories(file.getParent());
      Files.copy(Path.of("examples/web/1.0.0").resolve(each), file);
    }
    both(
        Fuzz.of("manifest-yaml")
            .sound(Files.readAllBytes(Path.of("examples/web/1.0.0/manifest.yaml")))
            .sound(Files.readAllBytes(Path.of("examples/web/1.1.0/manifest.yaml")))
            .tokens(TOKENS)
            .tokens("../", "/etc/passwd", "env-files: ", "args: ", "port: ")
            .inputs(1_000)
            .allocating(32 << 20, 8_000)
            .run(
                input -> {
                  Files.write(dir.resolve("manifest.yaml"), input);
                  return switch (new ContentReader(dir).content(Optional.empty())) {
                    case LoadResult.Loaded<?> loaded -> true;
                    case LoadResult.Rejected<?> rejected -> none(rejected.problems());
                  };
                }));
  }

  @Test
  void whatYamlQuotesMovesNoCursor() {
    Problems problems = new Problems();
    assertThat(YamlReader.read("access.yaml", "*", problems)).isEmpty();
    assertThat(none(problems.sorted())).isFalse();
  }

  @Test
  void variablesOfProcesses(@TempDir Path dir) throws IOException {
    both(
        Fuzz.of("env-file")
            .sound("# of the site\nMODE=fast\n\nDATABASE_URL=postgres://db/x?y=z\n")
            .tokens("=", "\n", "#", "\0", "\u00ff", "\r", "MODE=", " ")
            .inputs(500)
            .allocating(8 << 20, 2_000)
            .run(
                input -> {
                  Files.write(dir.resolve("env"), input);
                  Problems problems = new Problems();
                  var unused =
                      new EnvFile(dir, "env", problems)
                          .read(new io.pilothouse.manifests.text.Place("manifest.yaml", 1, 1));
                  return none(problems.sorted());
                }));
  }

  @Test
  void healthScripts(@TempDir Path dir) throws IOException {
    Path script = dir.resolve("disk.sh");
    Files.createFile(
        script, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    both(
        Fuzz.of("script-header")
            .sound(file("watchdogs/disk.sh"))
            .sound(Files.readAllBytes(Path.of("examples/watchdogs/load.sh")))
            .tokens("# pilot: ", "every=60s", "types=a,b", "=", ",", "\n", "#!", "\u007fELF", "\0")
            .inputs(500)
            .allocating(8 << 20, 2_000)
            .run(
                input -> {
                  Files.write(script, input);
                  return switch (WatchdogScript.load(script)) {
                    case LoadResult.Loaded<?> loaded -> true;
                    case LoadResult.Rejected<?> rejected -> none(rejected.problems());
                  };
                }));
  }
}
