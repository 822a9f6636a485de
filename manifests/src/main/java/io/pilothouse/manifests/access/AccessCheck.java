package io.pilothouse.manifests.access;

import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether an Access says something that can be meant. The files' parser adds the place of the
 * document; the Device Manager checks what comes over the wire.
 */
public final class AccessCheck {
  private static final int MOST = 1000;

  private AccessCheck() {}

  /** All problems at once, without the document's name; empty when there is none. */
  public static List<String> problems(Access access) {
    List<String> problems = new ArrayList<>();
    if (access.getPrincipalsCount() == 0) {
      problems.add("it names nobody; write principals: [operator/alice]");
    }
    if (access.getRolesCount() == 0) {
      problems.add("it gives no role; write roles: [viewer]");
    }
    if (access.getPrincipalsCount() > MOST) {
      problems.add("it has more than %s principals; use patterns".formatted(MOST));
      return problems;
    }
    for (String principal : access.getPrincipalsList()) {
      Principals.problem(principal)
          .ifPresent(why -> problems.add("principals: \"%s\" %s".formatted(principal, why)));
    }
    for (AccessRole role : access.getRolesList()) {
      List<String> kinds = Roles.kindsOf(role);
      if (kinds.isEmpty()) {
        problems.add("roles: unknown; use one of " + String.join(", ", Roles.byWord().keySet()));
        continue;
      }
      for (String principal : access.getPrincipalsList()) {
        if (!kinds.contains(Principals.kind(principal))
            && Principals.problem(principal).isEmpty()) {
          problems.add(
              "roles: %s cannot be %s; that is for %s"
                  .formatted(principal, Roles.word(role), String.join(" and ", kinds)));
        }
      }
    }
    together(
        access.getRolesList().contains(AccessRole.ROLE_ENGINEER),
        access.getTypesCount(),
        "types: an engineer is one of machine types; write types: [frontend]",
        "types: only an engineer has types; leave the key out, or add the role engineer",
        problems);
    if (access.getLeasesCount() > 0 && !access.getRolesList().contains(AccessRole.ROLE_SATELLITE)) {
      problems.add(
          "leases: only a satellite takes leases; leave the key out, or add the role satellite");
    }
    for (String lease : access.getLeasesList()) {
      if (!Roles.LEASES.contains(lease)) {
        problems.add(
            "leases: \"%s\" is not one of %s".formatted(lease, String.join(", ", Roles.LEASES)));
      }
    }
    return problems;
  }

  private static void together(
      boolean role, int items, String missing, String extra, List<String> problems) {
    if (role && items == 0) {
      problems.add(missing);
    } else if (!role && items > 0) {
      problems.add(extra);
    }
  }
}
