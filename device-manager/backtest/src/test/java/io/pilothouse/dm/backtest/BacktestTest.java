package io.pilothouse.dm.backtest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BacktestTest {

  private static final RepairPolicy REBOOT_AT_ONCE =
      Story.SHORT.toBuilder()
          .addRules(PolicyRule.newBuilder().setName("reboot at once").setAction(Action.REBOOT))
          .build();

  @TempDir private Path dir;

  @Test
  void aPolicyThatRebootsAtOnceIsShownToBeWrongAboutErrorsThatGoByThemselves() throws Exception {
    try (Story story = begun()) {
      passing(story, "web-1");
      passing(story, "web-2");
    }
    Outcome outcome = test(REBOOT_AT_ONCE);
    Comparison comparison = outcome.comparison();
    assertThat(comparison.walks).hasSize(2);
    assertThat(comparison.differing())
        .hasSize(2)
        .allSatisfy(
            walk -> {
              assertThat(walk.recorded()).containsExactly(Action.DO_NOTHING);
              assertThat(walk.choices())
                  .extracting(Counterfactual.Choice::rule)
                  .containsExactly("1: reboot at once -> Reboot");
            });
    assertThat(comparison.recorded.wrong()).isZero();
    assertThat(comparison.other.cleared()).isEqualTo(2);
    assertThat(comparison.other.wrong()).isEqualTo(2);
  }

  @Test
  void whatTookARebootIsCountedAsMissedByDoNothing() throws Exception {
    try (Story story = begun()) {
      lasting(story, "web-3");
    }
    Comparison same = test(Story.SHORT).comparison();
    assertThat(same.differing()).isEmpty();
    assertThat(same.recorded.missed()).isEqualTo(1);
    assertThat(same.other.missed()).isEqualTo(1);

    Comparison changed = test(REBOOT_AT_ONCE).comparison();
    assertThat(changed.other.missed()).isZero();
    assertThat(changed.other.wrong()).isZero();
    assertThat(changed.measured.get(Action.REBOOT)).isEqualTo(1);
    assertThat(changed.differing().get(0).choices())
        .extracting(Counterfactual.Choice::action)
        .containsExactly(Action.REBOOT);
  }

  @Test
  void aShorterConfirmAfterConfirmsWhatWasTooShortToBeAFailure() throws Exception {
    try (Story story = begun()) {
      story.hasAnError("web-1");
      story.passes(Duration.ofSeconds(7));
      story.isFine("web-1");
      story.passes(Duration.ofMinutes(1));
    }
    Comparison hasty = test(Story.SHORT.toBuilder().setConfirmAfterMs(5_000).build()).comparison();
    assertThat(hasty.differing()).hasSize(1);
    assertThat(hasty.differing().get(0).recorded()).isEmpty();
    assertThat(hasty.otherActions).containsEntry(Action.DO_NOTHING, 1);

    assertThat(test(Story.SHORT).comparison().differing()).isEmpty();
  }

  @Test
  void aLongerConfirmAfterLeavesAloneWhatWentByItself() throws Exception {
    try (Story story = begun()) {
      passing(story, "web-1");
    }
    Comparison patient =
        test(Story.SHORT.toBuilder().setConfirmAfterMs(600_000).build()).comparison();
    assertThat(patient.differing()).hasSize(1);
    assertThat(patient.differing().get(0).choices()).isEmpty();
  }

  @Test
  void theHistoryUnderTheOtherPolicyIsItsOwn() throws Exception {
    try (Story story = begun()) {
      passing(story, "web-1"); // DoNothing in the record, Reboot under the other
      passing(story, "web-1"); // Reboot in the record: last action DoNothing
    }
    RepairPolicy once =
        Story.SHORT.toBuilder()
            .addRules(
                PolicyRule.newBuilder()
                    .setName("first")
                    .setAction(Action.REBOOT)
                    .addCounts(
                        io.pilothouse.api.v1.HistoryCount.newBuilder()
                            .setWhat(io.pilothouse.api.v1.HistoryCount.What.FAILURES)
                            .setBelow(1)))
            .addRules(
                PolicyRule.newBuilder()
                    .setName("after a Reboot")
                    .addLastActions(Action.REBOOT)
                    .setAction(Action.DO_NOTHING))
            .build();
    assertThat(test(once).comparison().walks)
        .extracting(walk -> walk.choices().get(0).action())
        .containsExactly(Action.REBOOT, Action.DO_NOTHING);
  }

  @Test
  void machinesAskedForAtOnceAreShownBeforeAndUnderTheCeiling() throws Exception {
    try (Story story = begun()) {
      for (int i = 1; i <= 6; i++) {
        story.hasAnError("web-" + i);
        story.passes(Duration.ofSeconds(1));
      }
      story.passes(Duration.ofSeconds(10));
      for (int i = 1; i <= 6; i++) {
        story.isFine("web-" + i);
      }
      story.passes(Duration.ofMinutes(5));
    }
    Comparison.Peak fleet =
        test(REBOOT_AT_ONCE).comparison().peaks.stream()
            .filter(each -> each.domain().equals("fleet"))
            .findFirst()
            .orElseThrow();
    assertThat(fleet.limit()).isEqualTo(3);
    assertThat(fleet.recorded()).isZero();
    assertThat(fleet.demand()).isEqualTo(6);
    assertThat(fleet.taken()).isEqualTo(3);
  }

  /** The same policy must find nothing, whatever happened: else the walk is not production's. */
  @ParameterizedTest
  @MethodSource("seeds")
  void theSamePolicyFindsNoDifference(long seed) throws Exception {
    Random random = new Random(seed);
    try (Story story = begun()) {
      for (int step = 0; step < 120; step++) {
        String machine = "web-" + (1 + random.nextInt(6));
        if (random.nextInt(3) == 0) {
          story.hasAnError(machine);
        } else {
          story.isFine(machine);
        }
        if (random.nextInt(3) == 0) {
          story.repairs();
        }
        story.passes(Duration.ofSeconds(random.nextInt(90)));
      }
    }
    Outcome outcome = test(Story.SHORT);
    assertThat(outcome.comparison().recordedActions).containsKeys(Action.DO_NOTHING, Action.REBOOT);
    assertThat(outcome.comparison().differing()).isEmpty();
    assertThat(outcome.comparison().recorded).isEqualTo(outcome.comparison().other);
    assertThat(outcome.remarks()).isEmpty();
  }

  static Stream<Long> seeds() {
    return LongStream.rangeClosed(1, 25).boxed();
  }

  @Test
  void rangesThatTheRecordDoesNotHaveAreRefused() throws Exception {
    try (Story story = begun()) {
      passing(story, "web-1");
    }
    assertThatThrownBy(() -> test(Story.SHORT, Story.BEGIN - 5_000, Long.MAX_VALUE))
        .isInstanceOf(BacktestException.class)
        .hasMessage("the record reaches back to 2026-03-01T08:00:00Z, not to 2026-03-01T07:59:55Z");
    long later = Instant.parse("2027-01-01T00:00:00Z").toEpochMilli();
    assertThatThrownBy(() -> test(Story.SHORT, later, later + 1))
        .hasMessageContaining("no entry of the record is from between 2027-01-01T00:00:00Z and");
    assertThatThrownBy(
            () -> test(Story.SHORT.toBuilder().setName("other").build(), 0, Long.MAX_VALUE))
        .hasMessageContaining("no machine type has a repair policy named other");
  }

  @Test
  void theProgramPrintsATableJsonAndTheEntries() throws Exception {
    try (Story story = begun()) {
      passing(story, "web-1");
    }
    Path file = dir.resolve("policy.yaml");
    Files.writeString(
        file,
        """
        kind: RepairPolicy
        name: short
        confirm-after: 10s
        quiet: 20s
        probation-max: 60s
        max-attempts: 3
        """);
    String[] range = {"--record", dir.toString(), "--from", "2026-03-01T08:00:00Z"};
    Ran table = run(Stream.concat(Stream.of(range), Stream.of(file.toString())));
    assertThat(table.code()).isZero();
    assertThat(table.out())
        .contains("1 times of errors, 0 of them differ", "no action would have differed");

    Ran json = run(Stream.concat(Stream.of(range), Stream.of("-o", "json", file.toString())));
    JsonNode tree = new ObjectMapper().readTree(json.out());
    assertThat(tree.at("/summary/times_of_errors").asInt()).isEqualTo(1);
    for (String section : List.of("likely_wrong", "likely_missed", "peaks", "differences")) {
      assertThat(tree.at("/" + section + "/cannot_know").asText()).isNotBlank();
    }

    Ran dump = run(Stream.concat(Stream.of(range), Stream.of("--dump")));
    List<String> lines = dump.out().lines().toList();
    assertThat(new ObjectMapper().readTree(lines.get(0)).has("base")).isTrue();
    assertThat(new ObjectMapper().readTree(lines.get(lines.size() - 1)).at("/entry/index").asText())
        .isNotEmpty();
  }

  @Test
  void mistakesOfTheUserHaveTheirExitCode() throws Exception {
    Path bad = dir.resolve("bad.yaml");
    Files.writeString(bad, "kind: RepairPolicy\nname: short\nconfirm: 10s\n");
    Ran invalid = run(Stream.of("--record", dir.toString(), bad.toString()));
    assertThat(invalid.code()).isEqualTo(2);
    assertThat(invalid.err()).contains("bad.yaml:3:1", "confirm-after");

    Files.writeString(bad, "kind: RepairPolicy\nname: short\n");
    Ran nothing = run(Stream.of("--record", dir.toString(), bad.toString()));
    assertThat(nothing.code()).isEqualTo(1);
    assertThat(nothing.err()).contains("holds no segments of a record");

    Ran nobody = run(Stream.of("--servers", "127.0.0.1:1", "-o", "json", bad.toString()));
    assertThat(nobody.code()).isEqualTo(8);
    assertThat(new ObjectMapper().readTree(nobody.err()).at("/error/code").asText())
        .isEqualTo("UNREACHABLE");

    Ran when = run(Stream.of("--record", dir.toString(), "--from", "yesterday", bad.toString()));
    assertThat(when.code()).isEqualTo(2);
    assertThat(when.err()).contains("--from is 'yesterday', which is no time");
  }

  @Test
  void aFlippedBitIsNamedRatherThanReplayed() throws Exception {
    try (Story story = begun()) {
      passing(story, "web-1");
    }
    Path segment;
    try (Stream<Path> files = Files.list(dir)) {
      segment = files.filter(each -> each.toString().endsWith(".rec")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(segment);
    bytes[bytes.length / 2] ^= 8;
    Files.write(segment, bytes);
    assertThatThrownBy(() -> test(Story.SHORT))
        .hasMessageContaining(segment.getFileName() + " is damaged at byte ");
  }

  private Story begun() {
    return new Story(dir, 6);
  }

  /** An error of 15 s. */
  private static void passing(Story story, String machine) {
    story.hasAnError(machine);
    story.passes(Duration.ofSeconds(15));
    story.isFine(machine);
    story.passes(Duration.ofMinutes(2));
    if (story.condition(machine) != Condition.HEALTHY) {
      story.repairs();
      story.isFine(machine);
      story.passes(Duration.ofMinutes(2));
    }
    assertThat(story.condition(machine)).isEqualTo(Condition.HEALTHY);
  }

  /** An error that only a Reboot ends. */
  private static void lasting(Story story, String machine) {
    story.hasAnError(machine);
    story.passes(Duration.ofSeconds(15));
    story.hasAnError(machine);
    story.passes(Duration.ofMinutes(2));
    story.repairs();
    story.isFine(machine);
    story.passes(Duration.ofMinutes(2));
    assertThat(story.condition(machine)).isEqualTo(Condition.HEALTHY);
  }

  private Outcome test(RepairPolicy policy) throws Exception {
    return test(policy, 0, Long.MAX_VALUE);
  }

  private Outcome test(RepairPolicy policy, long from, long to) throws Exception {
    try (RecordSource source = new DirectorySource(dir, from, to)) {
      return Backtest.run(source, new Backtest.Question("policy.yaml", policy, "", "", from, to));
    }
  }

  private record Ran(int code, String out, String err) {}

  private static Ran run(Stream<String> arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            arguments.toArray(String[]::new));
    return new Ran(code, out.toString(UTF_8), err.toString(UTF_8));
  }
}
