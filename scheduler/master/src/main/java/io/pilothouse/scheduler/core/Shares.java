package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.scheduler.allocator.Quota;
import io.pilothouse.scheduler.validation.RoleNames;
import io.pilothouse.scheduler.wire.RoleForm;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Roles' weights, priorities and quotas, as the Device Manager says them. */
final class Shares {
  private static final Logger log = LoggerFactory.getLogger(Shares.class);

  private final Tables tables;
  private final SortedMap<String, OfferRole> roles = new TreeMap<>();

  Shares(Tables tables) {
    this.tables = tables;
  }

  /** All of them; a role that is not among them has weight 1 and no quota. */
  void are(List<OfferRole> all) {
    SortedMap<String, OfferRole> wanted = new TreeMap<>();
    for (OfferRole each : all) {
      Optional<String> objection = objection(each);
      if (objection.isPresent()) {
        @Nullable OfferRole before = roles.get(each.getName());
        log.error(
            "Role '{}' of the Device Manager: {}; it stays as it was",
            each.getName(),
            objection.get());
        if (before != null) {
          wanted.put(each.getName(), before);
        }
      } else {
        wanted.put(each.getName(), each);
      }
    }
    for (String gone : List.copyOf(roles.keySet())) {
      if (!wanted.containsKey(gone)) {
        set(gone, OfferRole.getDefaultInstance());
        roles.remove(gone);
      }
    }
    wanted.forEach(
        (name, role) -> {
          if (!role.equals(roles.put(name, role))) {
            set(name, role);
          }
        });
  }

  /** Of which there is a text. */
  Set<String> names() {
    return Collections.unmodifiableSet(roles.keySet());
  }

  /** Milliseconds below its guarantee; empty: nothing is ended for it. */
  OptionalLong revokeAfter(String name) {
    @Nullable OfferRole role = roles.get(name);
    return role == null || role.getRevokeAfterMs() <= 0
        ? OptionalLong.empty()
        : OptionalLong.of(role.getRevokeAfterMs());
  }

  boolean anyRevokes() {
    return roles.values().stream().anyMatch(each -> each.getRevokeAfterMs() > 0);
  }

  private static Optional<String> objection(OfferRole role) {
    try {
      Quota unused = RoleForm.quota(role);
    } catch (IllegalArgumentException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
    return RoleNames.objection(role.getName());
  }

  private void set(String name, OfferRole role) {
    log.info("Role {}: weight {}, quota {}", name, RoleForm.weight(role), RoleForm.quota(role));
    tables.allocator.setWeight(name, RoleForm.weight(role));
    tables.allocator.setPriority(name, role.getPriority());
    tables.allocator.setQuota(name, RoleForm.quota(role));
    tables.allocateSoon = true;
  }
}
