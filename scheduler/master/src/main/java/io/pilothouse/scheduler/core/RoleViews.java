package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.RoleExplanation;
import io.pilothouse.api.v1.RoleView;
import io.pilothouse.api.v1.WithheldAgents;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.scheduler.allocator.Explanation;
import io.pilothouse.scheduler.allocator.Explanation.Withheld;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** Roles, and why a framework gets in one what it gets, as people see them. */
final class RoleViews {
  private static final double MILLI = 1000;

  /** Reasons of the fleet that are named; each may be a sentence of one machine alone. */
  private static final int MOST_REASONS = 20;

  private RoleViews() {}

  static RoleView role(RoleFigures role) {
    return RoleView.newBuilder()
        .setName(role.name())
        .setWeight(role.weight())
        .setPriority(role.priority())
        .addAllGuarantee(quantities(role.quota().guarantees().byName()))
        .addAllLimit(quantities(role.quota().limits()))
        .addAllAllocated(ResourceForm.FULL.write(role.allocated(), role.name()))
        .setShare(role.share())
        .setDominant(role.dominant())
        .addAllFrameworks(role.frameworks())
        .setRevokeAfterMs(role.revokeAfter())
        .setLack(role.lack())
        .addAllReserved(ResourceForm.FULL.write(role.reserved(), ""))
        .build();
  }

  static List<Resource> quantities(SortedMap<String, Long> milli) {
    List<Resource> all = new ArrayList<>(milli.size());
    milli.forEach(
        (name, amount) ->
            all.add(
                Resource.newBuilder()
                    .setName(name)
                    .setType(Value.Type.SCALAR)
                    .setScalar(Value.Scalar.newBuilder().setValue(amount / MILLI))
                    .build()));
    return all;
  }

  static RoleExplanation explanation(RoleFigures role, Explanation why) {
    RoleExplanation.Builder view =
        RoleExplanation.newBuilder()
            // as it decides, not counted beside it
            .setRole(role(role).toBuilder().setShare(why.share()))
            .setSuppressed(why.withheld().containsKey(Withheld.SUPPRESSED))
            .setRoleRank(why.roleRank())
            .setRank(why.rank())
            .setFrameworkShare(why.frameworkShare())
            .addAllConsumed(quantities(why.consumed().byName()))
            .addAllHeadroom(quantities(why.headroom().byName()))
            .setOffersEver(why.offersEver());
    byNumber(why.withheld())
        .forEach(
            each -> {
              WithheldAgents.Builder rule =
                  WithheldAgents.newBuilder()
                      .setRule(each.getKey().name())
                      .setText(Rules.meaning(each.getKey()))
                      .setRemedy(Rules.remedy(each.getKey()))
                      .setAgents(Math.toIntExact(each.getValue()));
              if (each.getKey() == Withheld.NOT_OFFERABLE) {
                rule.addAllReasons(reasons(why.notOfferable()));
              }
              view.addWithheld(rule);
            });
    return view.build();
  }

  private static List<String> reasons(SortedMap<String, Long> byReason) {
    List<String> lines = new ArrayList<>();
    long others = 0;
    for (Map.Entry<String, Long> each : byNumber(byReason)) {
      if (lines.size() < MOST_REASONS) {
        lines.add("%d: %s".formatted(each.getValue(), Bounded.text(each.getKey())));
      } else {
        others += each.getValue();
      }
    }
    if (others > 0) {
      lines.add("%d: other reasons".formatted(others));
    }
    return lines;
  }

  private static <K> List<Map.Entry<K, Long>> byNumber(SortedMap<K, Long> counts) {
    return counts.entrySet().stream()
        .sorted((a, b) -> Long.compare(b.getValue(), a.getValue()))
        .toList();
  }
}
