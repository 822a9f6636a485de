package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.Fleet;

/** Nobody locks himself out, and nobody opens the fleet by leaving a file out. */
final class LockOut {

  private LockOut() {}

  static void refuse(Entities state, String principal, Fleet wanted) throws RefusedException {
    Grants next = Grants.of(wanted.getAccessList());
    if (next.areOpen()) {
      if (!Authorization.isOpen(state)) {
        throw new RefusedException(
            Refusal.Code.PRECONDITION,
            "the files have no Access any more: every operator/* could do everything",
            "put access.yaml back; to open the fleet, write it down: principals: [operator/*],"
                + " roles: [operator, approver]");
      }
      return;
    }
    boolean person = !principal.equals(Authorization.SELF);
    if (person && !next.has(principal, AccessRole.ROLE_OPERATOR)) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "these files would take the role operator from %s, who applies them".formatted(principal),
          "give it to %s in access.yaml; what takes it away is applied by another operator"
              .formatted(principal));
    }
  }
}
