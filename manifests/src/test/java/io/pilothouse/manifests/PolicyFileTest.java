package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.manifests.policy.DefaultPolicy;
import io.pilothouse.manifests.text.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rules of a policy as they are written. */
class PolicyFileTest {
  @TempDir Path dir;

  @Test
  void theShippedPolicyIsTheBuiltInOne() {
    RepairPolicy shipped = loaded(Path.of("examples/policies/default.yaml"));
    RepairPolicy none = RepairPolicy.newBuilder().setName("default").build();

    assertThat(shipped.getRulesList()).isEqualTo(DefaultPolicy.rules(none));
    assertThat(shipped.toBuilder().clearRules().build()).isEqualTo(DefaultPolicy.fill(none));
  }

  @Test
  void theExampleOfThePageIsRightAndFine() throws IOException {
    String page = Files.readString(Path.of("../docs/operations/repair-policies.md"));
    int from = page.indexOf("kind: RepairPolicy");
    Path file = dir.resolve("page.yaml");
    Files.writeString(file, page.substring(from, page.indexOf("```", from)));

    assertThat(problems(file)).isEmpty();
    assertThat(warnings(file)).isEmpty();
  }

  @Test
  void everyConditionCanBeWritten() throws IOException {
    RepairPolicy policy =
        loaded(
            write(
                """
                - name: fatal hardware
                  when: {severity: fatal, fault: [disk.*, memory.*], watchdog: smart, type: [front*]}
                  do: Replace
                  approval: true
                - when: {quiet-for: 72h, last-action: DoNothing, last-outcome: did-not-help}
                  do: Reboot
                - when:
                    same-fault: true
                    failures: {at-least: 3, within: 1h}
                    actions: [{of: [ReImage, Replace], at-least: 2, within: 7d}, {below: 5}]
                    in-a-row: {of: Reboot, at-least: 2}
                  do: ReImage
                - do: Escalate
                """));

    assertThat(policy.getRulesList())
        .containsExactly(
            PolicyRule.newBuilder()
                .setName("fatal hardware")
                .setSeverity(Severity.FATAL)
                .addFaults("disk.*")
                .addFaults("memory.*")
                .addWatchdogs("smart")
                .addTypes("front*")
                .setAction(Action.REPLACE)
                .setApproval(true)
                .build(),
            PolicyRule.newBuilder()
                .setQuietForMs(Duration.ofHours(72).toMillis())
                .addLastActions(Action.DO_NOTHING)
                .setLastOutcome(PolicyRule.Outcome.NOT_HELPED)
                .setAction(Action.REBOOT)
                .build(),
            PolicyRule.newBuilder()
                .setSameFault(true)
                .addCounts(
                    count(HistoryCount.What.FAILURES)
                        .setAtLeast(3)
                        .setWithinMs(Duration.ofHours(1).toMillis()))
                .addCounts(
                    count(HistoryCount.What.ACTIONS)
                        .addOf(Action.RE_IMAGE)
                        .addOf(Action.REPLACE)
                        .setAtLeast(2)
                        .setWithinMs(Duration.ofDays(7).toMillis()))
                .addCounts(count(HistoryCount.What.ACTIONS).setBelow(5))
                .addCounts(count(HistoryCount.What.IN_A_ROW).addOf(Action.REBOOT).setAtLeast(2))
                .setAction(Action.RE_IMAGE)
                .build(),
            PolicyRule.newBuilder().setAction(Action.ESCALATE).build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "- do: Rebot | 4:7: rules.do: \"Rebot\" is not one of DoNothing, Escalate, ReImage, Reboot,"
            + " Replace (did you mean \"Reboot\"?)",
        "- {wen: {severity: fatal}, do: Replace} | 4:4: rules: unknown key \"wen\" (did you mean"
            + " \"when\"?)",
        "- {when: {severity: deadly}, do: Replace} | 4:21: rules.when.severity: \"deadly\" is not"
            + " one of fatal, normal",
        "- {when: {quiet-for: 72}, do: Reboot} | 4:22: rules.when.quiet-for: \"72\" is not a"
            + " duration; write a number and a unit, such as 500ms, 90s, 5m, 1h or 2d (did you mean"
            + " \"72s\"?)",
        "- {when: {actions: {of: Reboot}}, do: Escalate} | 4:20: rules.when.actions: it asks for"
            + " nothing; write at-least, below or both",
        "- {when: {in-a-row: {at-least: 2}}, do: Escalate} | 4:21: rules.when.in-a-row: \"of\" is"
            + " missing: The kinds.",
        "- {when: {actions: {at-least: -1}}, do: Escalate} | 4:31: rules.when.actions.at-least:"
            + " \"-1\" is not a whole number from 1 to 20",
        "- {when: {same-fault: false}, do: Escalate} | 4:23: rules.when.same-fault: false would"
            + " ask for nothing; leave same-fault out instead",
        "- {when: {fault: []}, do: Escalate} | 4:18: rules.when.fault: the list is empty, which"
            + " selects nothing; leave the key out",
        "- {do: Escalate, approval: maybe} | 4:28: rules.approval: \"maybe\" is not true or false",
        "- {when: {severity: fatal}} | 4:3: rules: \"do\" is missing: The action that is assigned.",
      })
  void aMistakeIsToldAtItsPlace(String rules, String problem) throws IOException {
    assertThat(problems(write(rules + "\n")))
        .containsExactly(dir.resolve("policy.yaml") + ":" + problem);
  }

  @Test
  void allMistakesAreToldAtOnce() throws IOException {
    assertThat(problems(write("- {do: Rebot}\n- {do: Replace, when: {tipe: a}}\n"))).hasSize(2);
  }

  @Test
  void aFileHasOnePolicy() throws IOException {
    Path two = Files.writeString(dir.resolve("two.yaml"), "kind: Image\nname: a\nversion: \"1\"\n");

    assertThat(problems(two))
        .containsExactly(two + ":1:1: there are 0 documents of kind RepairPolicy; one is expected");
  }

  private static HistoryCount.Builder count(HistoryCount.What what) {
    return HistoryCount.newBuilder().setWhat(what);
  }

  private Path write(String rules) throws IOException {
    String head = "kind: RepairPolicy\nname: mine\nrules:\n";
    return Files.writeString(dir.resolve("policy.yaml"), head + rules);
  }

  private static List<String> problems(Path file) {
    return switch (PolicyFile.load(file)) {
      case LoadResult.Loaded<RepairPolicy> loaded -> List.of();
      case LoadResult.Rejected<RepairPolicy> rejected ->
          rejected.problems().stream().map(Problem::toString).toList();
    };
  }

  private static List<String> warnings(Path file) {
    return switch (PolicyFile.load(file)) {
      case LoadResult.Loaded<RepairPolicy> loaded ->
          loaded.warnings().stream().map(Problem::toString).toList();
      case LoadResult.Rejected<RepairPolicy> rejected -> List.of();
    };
  }

  private static RepairPolicy loaded(Path file) {
    return switch (PolicyFile.load(file)) {
      case LoadResult.Loaded<RepairPolicy> loaded -> loaded.value();
      case LoadResult.Rejected<RepairPolicy> rejected ->
          throw new AssertionError(rejected.problems().toString());
    };
  }
}
