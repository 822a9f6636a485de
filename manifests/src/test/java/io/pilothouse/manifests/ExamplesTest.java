package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Problems;
import io.pilothouse.manifests.text.YamlReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What ships as examples is right, by the parser and by the schemas that editors read. */
class ExamplesTest {
  private static final Path EXAMPLES = Path.of("examples");
  private static final Path SCHEMAS = EXAMPLES.resolve("quickstart/.schema");

  @Test
  void theQuickStartIsAFleet() {
    Fleet fleet = quickstart();

    assertThat(fleet.getName()).isEqualTo("quickstart");
    assertThat(fleet.getUnitsList())
        .extracting(ScaleUnit::getName)
        .containsExactly("canary", "su-1", "su-2");
    assertThat(fleet.getMachinesCount()).isEqualTo(12);
    assertThat(fleet.getMachinesList().stream().filter(m -> m.getScaleUnit().equals("canary")))
        .hasSize(2);
    assertThat(fleet.getWatchdogsList())
        .extracting(WatchdogSpec::getName)
        .containsExactly("disk", "filesync", "heartbeat", "processes", "reachable");
    assertThat(fleet.getWatchdogsList())
        .allMatch(each -> each.getInitialMode() == WatchdogState.Mode.LIVE);
    assertThat(fleet.getTypesList()).allMatch(each -> each.getWatchdogsCount() == 5);
    assertThat(fleet.getRepairPolicies(0).getConfirmAfterMs()).isEqualTo(5000);
    assertThat(fleet.getRolloutPolicies(0).getMaxUnavailable().getPercent()).isEqualTo(50);
  }

  @Test
  void inTheIndexServingExampleTheMachinesOfAColumnShareADomainThatMayLoseOne() {
    Fleet fleet = fleet("index-serving/fleet");

    Map<String, List<String>> columns = new TreeMap<>();
    for (InventoryMachine each : fleet.getMachinesList()) {
      columns.computeIfAbsent(each.getFeed(), any -> new ArrayList<>()).add(each.getName());
    }
    assertThat(columns).hasSize(6);
    assertThat(columns.get("column-3")).containsExactlyInAnyOrder("idx-r1-c3", "idx-r2-c3");
    assertThat(fleet.getBudgets().getFeed().getPercent()).isEqualTo(50);
    assertThat(fleet.getUnitsList())
        .extracting(ScaleUnit::getName)
        .containsExactly("row-1", "row-2");
  }

  private static Fleet quickstart() {
    return fleet("quickstart");
  }

  private static Fleet fleet(String example) {
    return switch (FleetDirectory.load(EXAMPLES.resolve(example))) {
      case LoadResult.Loaded<Fleet> loaded -> loaded.value();
      case LoadResult.Rejected<Fleet> rejected ->
          throw new AssertionError(rejected.problems().toString());
    };
  }

  @Test
  void theWatchdogOfTheTourCanBeDroppedIn() {
    Path script = EXAMPLES.resolve("watchdogs/load.sh");

    assertThat(WatchdogScript.load(script))
        .isInstanceOfSatisfying(
            LoadResult.Loaded.class,
            loaded -> assertThat(((WatchdogSpec) loaded.value()).getName()).isEqualTo("load"));
  }

  static Stream<Path> contents() throws IOException {
    return Stream.of(
            "images", "web", "index-serving/contents/index", "index-serving/contents/frontend")
        .flatMap(each -> list(EXAMPLES.resolve(each)).stream());
  }

  @ParameterizedTest
  @MethodSource("contents")
  void contentsAreNamedAsTheirDirectories(Path dir) {
    assertThat(ContentSpec.load(dir))
        .isInstanceOfSatisfying(
            LoadResult.Loaded.class,
            loaded ->
                assertThat(dir.toString())
                    .endsWith(((ContentSpec) loaded.value()).version())
                    .contains(((ContentSpec) loaded.value()).name()));
  }

  static Stream<Path> documents() throws IOException {
    try (Stream<Path> walk = Files.walk(EXAMPLES)) {
      return walk.filter(each -> each.toString().endsWith(".yaml")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void theSchemaInTheFirstLineAcceptsTheFile(Path file) throws IOException {
    String text = Files.readString(file);
    String modeline = text.lines().findFirst().orElse("");
    assertThat(modeline).startsWith("# yaml-language-server: $schema=");
    Path schema = file.resolveSibling(modeline.substring(modeline.indexOf('=') + 1));
    Problems problems = new Problems();
    for (Node document : YamlReader.read(file.toString(), text, problems)) {
      assertThat(SchemaCheck.problems(new ObjectMapper().readTree(schema.toFile()), document))
          .isEmpty();
    }
    assertThat(problems.isEmpty()).isTrue();
  }

  @Test
  void aSchemaRefusesWhatTheParserRefuses() {
    ObjectNode schema = Schemas.of("RepairPolicy").orElseThrow();
    for (String wrong : List.of("quiet: 5", "quiet: 5x", "qiet: 5s", "reboots: 0", "quiet: {}")) {
      Node document =
          YamlReader.read("f", "kind: RepairPolicy\nname: a\n" + wrong, new Problems()).get(0);
      assertThat(SchemaCheck.problems(schema, document)).as(wrong).hasSize(1);
    }
  }

  @Test
  void shippedSchemasAreThoseOfTheTables() throws IOException {
    for (String kind : Schemas.kinds()) {
      Path file = SCHEMAS.resolve(kind + ".json");
      String current = text(Schemas.of(kind).orElseThrow());
      if (Boolean.getBoolean("schemas.write")) {
        Files.writeString(file, current);
      }
      assertThat(file)
          .as("schemas follow the field tables: run this test with -Dschemas.write=true")
          .content()
          .isEqualTo(current);
    }
    assertThat(Schemas.of("Nothing")).isEmpty();
  }

  private static String text(ObjectNode schema) throws JsonProcessingException {
    return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(schema) + "\n";
  }

  private static List<Path> list(Path dir) {
    try (Stream<Path> files = Files.list(dir)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
