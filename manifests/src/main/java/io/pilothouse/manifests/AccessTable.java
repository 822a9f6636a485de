package io.pilothouse.manifests;

import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.manifests.access.AccessCheck;
import io.pilothouse.manifests.access.Principals;
import io.pilothouse.manifests.access.Roles;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.text.Problems;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Fields of an Access, and what all of them together must be. */
final class AccessTable {

  static final Kind<Access.Builder> ACCESS =
      new Kind<>(
          "Access",
          "Roles of some principals. With at least one of these documents, nobody may do what none"
              + " of them says.",
          Access::newBuilder,
          ObjectTable.<Access.Builder>of()
              .required("name", Shapes.name("operators"), Access.Builder::setName, "Its name.")
              .required(
                  "principals",
                  Shapes.list(principal()),
                  Access.Builder::addAllPrincipals,
                  "Whom: KIND/NAME, KIND being operator, machine, satellite, watchdog or framework;"
                      + " in NAME, * stands for any characters and ? for one.")
              .required(
                  "roles",
                  Shapes.list(Shapes.oneOf(Roles.byWord())),
                  Access.Builder::addAllRoles,
                  "What they may do: viewer, operator, approver, engineer (of types), watchdog,"
                      + " satellite, machine, framework.")
              .optional(
                  "types",
                  Shapes.list(Shapes.reference("MachineType", "frontend")),
                  Access.Builder::addAllTypes,
                  "Machine types of an engineer.")
              .optional(
                  "leases",
                  Shapes.list(
                      Shapes.oneOf(
                          new TreeMap<>(
                              Roles.LEASES.stream()
                                  .collect(Collectors.toMap(Function.identity(), x -> x))))),
                  Access.Builder::addAllLeases,
                  "Leases that a satellite may take: provisioning, repair, scheduler; default: any."));

  private AccessTable() {}

  private static Shape<String> principal() {
    Shape<String> text = Shapes.text("operator/alice");
    Shape<String> pattern =
        Shapes.matching(
            "(%s)/%s".formatted(String.join("|", Principals.KINDS), Principals.NAMES),
            "operator/alice",
            "a principal");
    return Shapes.parsed(
        text,
        pattern::schema,
        (node, value, reading) -> {
          Optional<String> problem = Principals.problem(value);
          if (problem.isEmpty()) {
            return Optional.of(value);
          }
          String kind = Principals.kind(value);
          String hint = Principals.KINDS.contains(kind) ? "" : Near.hint(kind, Principals.KINDS);
          reading.problem(node.place(), "\"%s\" %s%s".formatted(value, problem.get(), hint));
          return Optional.empty();
        });
  }

  /** What needs more than one field or document. */
  static void check(List<FleetParts.At<Access.Builder>> all, Problems problems) {
    for (FleetParts.At<Access.Builder> each : all) {
      Access access = each.value().build();
      // what a field's own reader has refused is told already
      if (access.getPrincipalsCount() > 0 && access.getRolesCount() > 0) {
        AccessCheck.problems(access).forEach(why -> problems.add(each.place(), why));
      }
    }
    if (!all.isEmpty() && has(all, AccessRole.ROLE_OPERATOR).isEmpty()) {
      problems.add(
          all.get(0).place(),
          "no Access document gives the role operator: nobody could apply another one; give it to"
              + " yourself at least");
    } else if (!all.isEmpty() && has(all, AccessRole.ROLE_APPROVER).isEmpty()) {
      problems.warn(
          all.get(0).place(),
          "no Access document gives the role approver: nobody can approve what waits for it");
    }
  }

  private static List<FleetParts.At<Access.Builder>> has(
      List<FleetParts.At<Access.Builder>> all, AccessRole role) {
    return all.stream().filter(each -> each.value().getRolesList().contains(role)).toList();
  }
}
