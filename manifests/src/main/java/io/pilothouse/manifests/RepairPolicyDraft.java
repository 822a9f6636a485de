package io.pilothouse.manifests;

import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.manifests.policy.Finding;
import io.pilothouse.manifests.policy.PolicyAnalysis;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.util.ArrayList;
import java.util.List;

/** A repair policy while its file is read; warnings about rules need their places. */
final class RepairPolicyDraft {
  final RepairPolicy.Builder policy = RepairPolicy.newBuilder();
  final List<Place> rules = new ArrayList<>();

  void rules(List<Placed<PolicyRule.Builder>> read) {
    for (Placed<PolicyRule.Builder> each : read) {
      policy.addRules(each.value());
      rules.add(each.place());
    }
  }

  /** Adds a warning for whatever in it can hardly be meant; of a policy that is right. */
  void analyse(Place place, Problems problems) {
    for (Finding each : PolicyAnalysis.of(policy.build())) {
      boolean own = each.rule() > 0 && each.rule() <= rules.size();
      String of =
          each.rule() == 0
              ? "policy %s: ".formatted(policy.getName())
              : "policy %s, rule %s: ".formatted(policy.getName(), each.rule());
      problems.warn(own ? rules.get(each.rule() - 1) : place, of + each.message());
    }
  }
}
