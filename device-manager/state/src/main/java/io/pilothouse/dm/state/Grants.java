package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.manifests.access.Principals;
import io.pilothouse.manifests.access.Roles;
import io.pilothouse.manifests.policy.Glob;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Who has which role, by the fleet's Access documents. */
final class Grants {
  private static final int MOST_NAMED = 3;

  private final List<Access> documents;

  private Grants(List<Access> documents) {
    this.documents = documents;
  }

  static Grants of(List<Access> documents) {
    return new Grants(List.copyOf(documents));
  }

  /** No document: every operator may do everything. */
  boolean areOpen() {
    return documents.isEmpty();
  }

  /** Whether a document gives the role to the principal, or its kind has it by itself. */
  boolean has(String principal, AccessRole role) {
    return documents.stream()
            .anyMatch(each -> each.getRolesList().contains(role) && names(each, principal))
        || hasAsKind(principal, role);
  }

  /** Of a kind whose role it is, as long as no document names some of that kind for it. */
  private boolean hasAsKind(String principal, AccessRole role) {
    String kind = Principals.kind(principal);
    return Roles.ownOf(kind).filter(role::equals).isPresent()
        && documents.stream()
            .filter(each -> each.getRolesList().contains(role))
            .flatMap(each -> each.getPrincipalsList().stream())
            .noneMatch(each -> Principals.kind(each).equals(kind));
  }

  boolean hasAny(String principal, List<AccessRole> roles) {
    return roles.stream().anyMatch(each -> has(principal, each));
  }

  /** Roles that documents give it; for people. */
  Set<AccessRole> of(String principal) {
    Set<AccessRole> roles = EnumSet.noneOf(AccessRole.class);
    documents.stream()
        .filter(each -> names(each, principal))
        .forEach(each -> roles.addAll(each.getRolesList()));
    return roles;
  }

  /** Whether it is an engineer of one of these types. */
  boolean isEngineer(String principal, Set<String> types) {
    return documents.stream()
        .filter(each -> each.getRolesList().contains(AccessRole.ROLE_ENGINEER))
        .filter(each -> names(each, principal))
        .anyMatch(each -> each.getTypesList().stream().anyMatch(types::contains));
  }

  /** Whether a satellite may take a lease: unless the documents that name it name other leases. */
  boolean mayLease(String principal, String lease) {
    List<Access> naming =
        documents.stream()
            .filter(each -> each.getRolesList().contains(AccessRole.ROLE_SATELLITE))
            .filter(each -> names(each, principal))
            .toList();
    return naming.isEmpty()
        || naming.stream()
            .anyMatch(each -> each.getLeasesCount() == 0 || each.getLeasesList().contains(lease));
  }

  /** Some of those who have a role, as documents write them, for whoever has to ask one. */
  String some(AccessRole role) {
    Set<String> names = new TreeSet<>();
    documents.stream()
        .filter(each -> each.getRolesList().contains(role))
        .forEach(each -> names.addAll(each.getPrincipalsList()));
    List<String> few = new ArrayList<>(names).subList(0, Math.min(MOST_NAMED, names.size()));
    return String.join(", ", few) + (names.size() > few.size() ? " …" : "");
  }

  private static boolean names(Access document, String principal) {
    return document.getPrincipalsList().stream().anyMatch(each -> Glob.matches(each, principal));
  }

  /** What they were made of: equal for equal grants. */
  List<Access> documents() {
    return documents;
  }
}
