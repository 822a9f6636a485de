package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** access.yaml, as people write it and get it wrong. */
class AccessFilesTest {
  private static final String OPERATORS =
      "kind: Access\nname: operators\nprincipals: [operator/alice]\nroles: [operator, approver]\n";

  private final FleetFixture fleet;

  AccessFilesTest(@TempDir Path dir) {
    this.fleet = new FleetFixture(dir);
  }

  @Test
  void documentsAreRolesOfPrincipalsByName() {
    fleet.write(
        "access.yaml",
        """
        kind: Access
        name: team
        principals: [operator/carol, "operator/c?"]
        roles: [engineer]
        types: [frontend]
        ---
        kind: Access
        name: repair
        principals: [satellite/repair-*]
        roles: [satellite]
        leases: [repair]
        ---
        """
            + OPERATORS);

    assertThat(fleet.loaded().getAccessList())
        .extracting(Access::getName)
        .containsExactly("operators", "repair", "team");
    assertThat(fleet.loaded().getAccess(2))
        .isEqualTo(
            Access.newBuilder()
                .setName("team")
                .addPrincipals("operator/carol")
                .addPrincipals("operator/c?")
                .addRoles(AccessRole.ROLE_ENGINEER)
                .addTypes("frontend")
                .build());
    assertThat(fleet.loaded().getAccess(1).getLeasesList()).containsExactly("repair");
  }

  @Test
  void whatIsMistypedIsToldWhereItStandsWithWhatWasMeant() {
    fleet.write(
        "access.yaml",
        OPERATORS
            + """
              ---
              kind: Access
              name: odd
              principals: [operater/bob, alice, operator/]
              roles: [oprator]
              types: [frontent]
              leases: [repairs]
              """);

    fleet.rejectedWith(
        "access.yaml:8:14: principals: \"operater/bob\" is not a principal; write KIND/NAME, with"
            + " KIND one of operator, machine, satellite, watchdog, framework (did you mean"
            + " \"operator\"?)",
        "access.yaml:8:28: principals: \"alice\" is not a principal; write KIND/NAME, with KIND one"
            + " of operator, machine, satellite, watchdog, framework",
        "access.yaml:8:35: principals: \"operator/\" is not a principal; a name has 1 to 63 of A-Z"
            + " a-z 0-9 . _ @ - and, in a pattern, * and ?",
        "access.yaml:9:9: roles: \"oprator\" is not one of approver, engineer, framework, machine,"
            + " operator, satellite, viewer, watchdog (did you mean \"operator\"?)",
        "access.yaml:10:9: types: there is no MachineType \"frontent\" (did you mean"
            + " \"frontend\"?)",
        "access.yaml:11:10: leases: \"repairs\" is not one of provisioning, repair, scheduler (did"
            + " you mean \"repair\"?)");
  }

  @Test
  void rolesFitWhoHasThem() {
    fleet.write(
        "access.yaml",
        OPERATORS
            + """
              ---
              kind: Access
              name: odd
              principals: [machine/web-01]
              roles: [approver]
              ---
              kind: Access
              name: types
              principals: [operator/bob]
              roles: [engineer]
              """);

    fleet.rejectedWith(
        "access.yaml:6:1: roles: machine/web-01 cannot be approver; that is for operator",
        "access.yaml:11:1: types: an engineer is one of machine types; write types: [frontend]");
  }

  @Test
  void somebodyMustBeAnOperator() {
    fleet.write(
        "access.yaml", "kind: Access\nname: a\nprincipals: [operator/alice]\nroles: [viewer]\n");

    fleet.rejectedWith(
        "access.yaml:1:1: no Access document gives the role operator: nobody could apply another"
            + " one; give it to yourself at least");
  }
}
