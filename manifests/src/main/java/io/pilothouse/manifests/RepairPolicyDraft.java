package io.pilothouse.manifests;

import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.text.Place;
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
}
