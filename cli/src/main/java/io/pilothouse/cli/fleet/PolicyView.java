package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.cli.Json;
import io.pilothouse.manifests.policy.DefaultPolicy;
import io.pilothouse.manifests.policy.RuleWords;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Repair policies as people and scripts see them. */
final class PolicyView {
  /** The policy of types that name none. */
  static final String DEFAULT = "default";

  private PolicyView() {}

  /** The fleet's policies; the default one also when nobody wrote it. */
  static List<RepairPolicy> all(Fleet fleet) {
    List<RepairPolicy> all = new ArrayList<>(fleet.getRepairPoliciesList());
    if (all.stream().noneMatch(each -> each.getName().equals(DEFAULT))) {
      all.add(0, RepairPolicy.newBuilder().setName(DEFAULT).build());
    }
    return all;
  }

  /** Names of the machine types that it holds for. */
  static List<String> types(Fleet fleet, String policy) {
    return fleet.getTypesList().stream()
        .filter(
            each ->
                each.getRepairPolicy().isEmpty()
                    ? policy.equals(DEFAULT)
                    : each.getRepairPolicy().equals(policy))
        .map(MachineType::getName)
        .toList();
  }

  /** Its numbers in force, by the key that sets each. */
  static Map<String, String> numbers(RepairPolicy given) {
    RepairPolicy policy = DefaultPolicy.fill(given);
    Map<String, String> numbers = new LinkedHashMap<>();
    numbers.put("confirm-after", RuleWords.span(policy.getConfirmAfterMs()));
    numbers.put("quiet", RuleWords.span(policy.getQuietMs()));
    numbers.put("probation-max", RuleWords.span(policy.getProbationMaxMs()));
    numbers.put("unknown-max", RuleWords.span(policy.getUnknownMaxMs()));
    if (given.getRulesCount() == 0) {
      numbers.put("history-window", RuleWords.span(policy.getHistoryWindowMs()));
      numbers.put("reboots", Integer.toString(policy.getReboots()));
      numbers.put("max-attempts", Integer.toString(policy.getMaxAttempts()));
    }
    numbers.put("attempts-window", RuleWords.span(policy.getAttemptsWindowMs()));
    numbers.put("drain", RuleWords.span(policy.getDrainMs()));
    numbers.put("execute-deadline", RuleWords.span(policy.getExecuteDeadlineMs()));
    numbers.put("verify-deadline", RuleWords.span(policy.getVerifyDeadlineMs()));
    return numbers;
  }

  /** Its rules in force, in words. */
  static List<String> rules(RepairPolicy policy) {
    List<String> lines = new ArrayList<>();
    for (PolicyRule each : DefaultPolicy.rules(policy)) {
      lines.add(RuleWords.full(lines.size() + 1, each));
    }
    return lines;
  }

  static void fill(Fleet fleet, RepairPolicy policy, ObjectNode node) {
    node.put("name", policy.getName());
    Json.strings(node, "types", types(fleet, policy.getName()));
    node.put("own_rules", policy.getRulesCount());
    ObjectNode numbers = node.putObject("numbers");
    numbers(policy).forEach((key, value) -> numbers.put(key.replace('-', '_'), value));
    ArrayNode rules = node.putArray("rules");
    List<PolicyRule> inForce = DefaultPolicy.rules(policy);
    for (int i = 0; i < inForce.size(); i++) {
      PolicyRule each = inForce.get(i);
      rules
          .addObject()
          .put("number", i + 1)
          .put("name", each.getName())
          .put("when", RuleWords.condition(each))
          .put("action", RuleWords.action(each.getAction()))
          .put("approval", each.getApproval());
    }
  }
}
