package io.pilothouse.manifests;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.manifests.offers.RoleCheck;
import io.pilothouse.manifests.offers.RoleNames;
import io.pilothouse.manifests.offers.RoleTree;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Reading;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Problems;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Fields of a Role, and what roles must be to each other. */
final class RoleTable {
  private static final String WEIGHT = "[0-9]{1,7}([.][0-9]{1,3})?";

  static final Kind<RoleDraft> ROLE =
      new Kind<>(
          "Role",
          "A role of frameworks, and its share of what is offered.",
          RoleDraft::new,
          ObjectTable.<RoleDraft>of()
              .required(
                  "name",
                  name(),
                  (draft, name) -> draft.role.setName(name),
                  "Its name, a path: ads/prod is below ads.")
              .optional(
                  "weight",
                  new Weight(),
                  (draft, milli) -> draft.role.setWeightMilli(milli),
                  "Its share, compared with those of the roles beside it; default 1.")
              .optional(
                  "priority",
                  Shapes.count(-RoleCheck.MOST_PRIORITY, RoleCheck.MOST_PRIORITY),
                  (draft, priority) -> draft.role.setPriority(priority),
                  "Among the roles beside it, a higher one is served first; default 0.")
              .optional(
                  "guarantee",
                  Shapes.placed(new QuotaShape(false)),
                  RoleDraft::guarantee,
                  "What it can count on, with the roles below it: so much is held back from others"
                      + " when it is not in use. cpus, mem and disk (sizes), gpus, and amounts of"
                      + " one's own.")
              .optional(
                  "limit",
                  Shapes.placed(new QuotaShape(true)),
                  RoleDraft::limit,
                  "What it has at most, with the roles below it, of the same; 0 for none.")
              .optional(
                  "revoke-after",
                  Units.duration(),
                  (draft, after) -> draft.role.setRevokeAfterMs(after.toMillis()),
                  "Once its guarantee was not met for so long, tasks of roles that have more than"
                      + " theirs are ended for it. What its frameworks ask for by REQUEST is taken"
                      + " from roles of a lower priority only. At least 10s; default: never."));

  private RoleTable() {}

  private static Shape<String> name() {
    Shape<String> text = Shapes.text("ads/prod");
    Shape<String> pattern = Shapes.matching(RoleNames.PATTERN, "ads/prod", "a role");
    return Shapes.parsed(
        text,
        pattern::schema,
        (node, value, reading) -> {
          Optional<String> problem = RoleNames.problem(value);
          problem.ifPresent(why -> reading.problem(node.place(), node.words() + " " + why));
          return problem.isEmpty() ? Optional.of(value) : Optional.empty();
        });
  }

  /** What needs more than one field or document. */
  static void check(List<FleetParts.At<RoleDraft>> all, Problems problems) {
    Map<String, FleetParts.At<RoleDraft>> byName = new HashMap<>();
    for (FleetParts.At<RoleDraft> each : all) {
      OfferRole role = each.value().role.build();
      RoleCheck.limits(role)
          .forEach(why -> problems.add(each.value().place("limit", each.place()), why));
      RoleCheck.revoking(role)
          .ifPresent(why -> problems.add(each.value().place("revoke-after", each.place()), why));
      if (!role.getName().isEmpty()) {
        byName.putIfAbsent(role.getName(), each);
      }
    }
    List<OfferRole> roles =
        byName.values().stream().map(each -> each.value().role.build()).toList();
    for (RoleTree.Problem problem : RoleTree.problems(roles)) {
      FleetParts.At<RoleDraft> at = byName.get(problem.role());
      problems.add(
          at.value().place(problem.key(), at.place()),
          "%s: %s".formatted(problem.key(), problem.text()));
    }
  }

  /** Above 0, with up to three decimals; read as thousandths. */
  private static final class Weight implements Shape<Integer> {
    @Override
    public Optional<Integer> read(Node node, Reading reading) {
      Optional<Integer> weight =
          Optional.of(node)
              .filter(each -> each instanceof Node.Scalar scalar && scalar.text().matches(WEIGHT))
              .map(each -> new BigDecimal(((Node.Scalar) each).text()).movePointRight(3))
              .filter(each -> each.signum() > 0)
              .filter(each -> each.compareTo(BigDecimal.valueOf(RoleCheck.MOST_WEIGHT, -3)) <= 0)
              .map(BigDecimal::intValueExact);
      if (weight.isEmpty()) {
        reading.wrong(
            node,
            "a weight; write a number above 0 and up to %s, with at most 3 decimals, such as 2.5"
                .formatted(RoleCheck.MOST_WEIGHT));
      }
      return weight;
    }

    @Override
    public ObjectNode schema() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("type", "number")
          .put("minimum", 0.001)
          .put("maximum", RoleCheck.MOST_WEIGHT);
    }

    @Override
    public String example() {
      return "2.5";
    }
  }
}
