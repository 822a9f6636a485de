package io.pilothouse.manifests.offers;

import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether roles of frameworks are such that a scheduler can share by them: numbers that it can
 * reckon with, and limits that are not below guarantees. {@link RoleTree} looks at all together.
 * The files' parser adds places; the Device Manager checks what comes over the wire.
 */
public final class RoleCheck {
  public static final int MOST_WEIGHT = 1_000_000;

  public static final int MOST_PRIORITY = 1_000_000;

  /** An amount in thousandths: of all machines together, so more than one machine can have. */
  static final long MOST_MILLI = 1_000_000_000_000L;

  private static final int MILLE = 1000;
  private static final int MOST_ROLES = 10_000;
  private static final long MOST_BYTES = 1L << 60;
  private static final long SHORTEST_REVOKE = Duration.ofSeconds(10).toMillis();
  private static final long LONGEST_REVOKE = Duration.ofDays(365).toMillis();

  private RoleCheck() {}

  /** All problems of a fleet's roles, a sentence each; empty when they are right. */
  public static List<String> problems(List<OfferRole> roles) {
    List<String> problems = new ArrayList<>();
    Set<String> names = new TreeSet<>();
    if (roles.size() > MOST_ROLES) {
      problems.add("there are %s roles; expected at most %s".formatted(roles.size(), MOST_ROLES));
      return problems;
    }
    for (OfferRole role : roles) {
      Optional<String> name = RoleNames.problem(role.getName());
      if (name.isPresent()) {
        problems.add("role \"%s\" %s".formatted(role.getName(), name.get()));
      } else if (!names.add(role.getName())) {
        problems.add("role \"%s\" is there twice".formatted(role.getName()));
      }
      own(role).forEach(each -> problems.add("role %s: %s".formatted(role.getName(), each)));
    }
    if (problems.isEmpty()) {
      RoleTree.problems(roles).forEach(each -> problems.add(each.toString()));
    }
    return problems;
  }

  private static List<String> own(OfferRole role) {
    List<String> problems = new ArrayList<>();
    if (role.getWeightMilli() < 0 || role.getWeightMilli() > MOST_WEIGHT * MILLE) {
      problems.add(
          "weight: %s thousandths; expected a number above 0 and up to %s, with at most 3 decimals"
              .formatted(Integer.toUnsignedString(role.getWeightMilli()), MOST_WEIGHT));
    }
    if (role.getPriority() < -MOST_PRIORITY || role.getPriority() > MOST_PRIORITY) {
      problems.add(
          "priority: %s; expected %s to %s"
              .formatted(role.getPriority(), -MOST_PRIORITY, MOST_PRIORITY));
    }
    resources("guarantee", role.getGuaranteeList(), problems);
    resources("limit", role.getLimitList(), problems);
    if (problems.isEmpty()) {
      problems.addAll(limits(role));
    }
    revoking(role).ifPresent(problems::add);
    return problems;
  }

  private static void resources(String of, List<OfferedResource> resources, List<String> problems) {
    Set<String> names = new TreeSet<>();
    if (resources.size() > OfferCheck.MOST) {
      problems.add(
          "%s: %s kinds of resources; expected at most %s"
              .formatted(of, resources.size(), OfferCheck.MOST));
      return;
    }
    for (OfferedResource each : resources) {
      if (!names.add(each.getName())) {
        problems.add("%s: the resource %s is there twice".formatted(of, each.getName()));
      }
      problem(each, of.equals("limit"))
          .ifPresent(why -> problems.add("%s: %s: %s".formatted(of, each.getName(), why)));
    }
  }

  /**
   * What is wrong with so much of a resource, and what was expected; empty when it is right.
   *
   * @param orNothing whether it may be 0, too: as a limit that means none of it
   */
  public static Optional<String> problem(OfferedResource resource, boolean orNothing) {
    String name = resource.getName();
    if (!name.matches(OfferCheck.NAME)) {
      return Optional.of("a resource's name has 1 to 63 of a-z 0-9 _ - and begins with a letter");
    }
    boolean list = resource.getRangesCount() > 0 || resource.getItemsCount() > 0;
    long milli = resource.getMilli();
    long bytes = resource.getSizeBytes();
    boolean fits =
        switch (name) {
          case "ports" -> false;
          case "mem", "disk" ->
              milli == 0 && bytes >= 0 && bytes <= MOST_BYTES && bytes % OfferCheck.MIB == 0;
          default ->
              bytes == 0
                  && milli >= 0
                  && milli <= MOST_MILLI
                  && (!name.equals("gpus") || milli % MILLE == 0);
        };
    boolean nothing = milli == 0 && bytes == 0;
    return fits && !list && (orNothing || !nothing)
        ? Optional.empty()
        : Optional.of(expected(name, orNothing));
  }

  /** What a resource of this name must be, with an example. */
  public static String expected(String name, boolean orNothing) {
    String or = orNothing ? ", or 0 for none" : "";
    return switch (name) {
      case "cpus" ->
          "expected a number of processors, such as 40 or 0.5, with at most 3 decimals, up to 1000000000"
              + or;
      case "gpus" -> "expected a whole number of GPUs, such as 8, up to 1000000000" + or;
      case "mem", "disk" ->
          "expected a size of whole MiB, such as 512MiB or 2TiB, up to 1048576TiB" + or;
      case "ports" -> "ports are not shared out by roles; leave them out";
      default ->
          "expected an amount, such as 5 or 0.5, with at most 3 decimals, up to 1000000000" + or;
    };
  }

  /** Nothing is taken back before anybody could react. */
  public static Optional<String> revoking(OfferRole role) {
    long after = role.getRevokeAfterMs();
    if (after == 0) {
      return Optional.empty();
    }
    if (after < SHORTEST_REVOKE || after > LONGEST_REVOKE) {
      return Optional.of("revoke-after: %s ms; expected 10s to 365d".formatted(after));
    }
    return Optional.empty();
  }

  /** Limits below guarantees: a scheduler could keep one of the two only. */
  public static List<String> limits(OfferRole role) {
    SortedMap<String, OfferedResource> limits = new TreeMap<>();
    role.getLimitList().forEach(each -> limits.put(each.getName(), each));
    List<String> problems = new ArrayList<>();
    for (OfferedResource guarantee : role.getGuaranteeList()) {
      OfferedResource limit = limits.get(guarantee.getName());
      if (limit != null && RoleTree.amount(limit) < RoleTree.amount(guarantee)) {
        problems.add(
            "limit: %s is below the guarantee of %s; raise it, or leave it out"
                .formatted(OfferedWords.line(limit), OfferedWords.line(guarantee)));
      }
    }
    return problems;
  }
}
