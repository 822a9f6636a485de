package io.pilothouse.manifests.offers;

import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Roles and those below them: what is guaranteed to the roles right below one must fit into its own
 * guarantee and its own limit, as far as it has one, or not all of it can be kept.
 */
public final class RoleTree {
  private final SortedMap<String, OfferRole> byPath = new TreeMap<>();

  /** By role: what those right below it are guaranteed, by resource. */
  private final SortedMap<String, SortedMap<String, Long>> below = new TreeMap<>();

  private final List<Problem> problems = new ArrayList<>();

  private RoleTree() {}

  /**
   * One role's problem.
   *
   * @param key {@code guarantee} or {@code limit}: which of them is too small
   */
  public record Problem(String role, String key, String text) {
    @Override
    public String toString() {
      return "role %s: %s: %s".formatted(role, key, text);
    }
  }

  /** All problems by role, of roles each of which is right by itself and there once. */
  public static List<Problem> problems(List<OfferRole> roles) {
    RoleTree tree = new RoleTree();
    roles.forEach(each -> tree.byPath.put(each.getName(), each));
    // each comes behind all that are below it
    List<OfferRole> upwards = new ArrayList<>(tree.byPath.values());
    upwards.sort(Comparator.comparingInt((OfferRole each) -> depth(each.getName())).reversed());
    upwards.forEach(tree::look);
    tree.problems.sort(Comparator.comparing(Problem::role));
    return tree.problems;
  }

  private void look(OfferRole role) {
    SortedMap<String, Long> sums = below.computeIfAbsent(role.getName(), each -> new TreeMap<>());
    fit(role, "guarantee", role.getGuaranteeList(), sums);
    fit(role, "limit", role.getLimitList(), sums);
    role.getGuaranteeList().forEach(each -> sums.put(each.getName(), amount(each)));
    above(role.getName())
        .map(each -> below.computeIfAbsent(each, any -> new TreeMap<>()))
        .ifPresent(into -> sums.forEach((name, sum) -> into.merge(name, sum, Long::sum)));
  }

  private void fit(
      OfferRole role, String key, List<OfferedResource> own, SortedMap<String, Long> sums) {
    for (OfferedResource each : own) {
      long sum = sums.getOrDefault(each.getName(), 0L);
      if (sum > amount(each)) {
        problems.add(
            new Problem(
                role.getName(),
                key,
                "%s is less than the %s that roles below it are guaranteed; raise it, or lower"
                        .formatted(
                            OfferedWords.line(each),
                            OfferedWords.line(ofAmount(each.getName(), sum)))
                    + " theirs"));
      }
    }
  }

  /** The nearest above that is there. */
  private Optional<String> above(String name) {
    String path = name;
    while (path.indexOf('/') >= 0) {
      path = path.substring(0, path.lastIndexOf('/'));
      if (byPath.containsKey(path)) {
        return Optional.of(path);
      }
    }
    return Optional.empty();
  }

  private static int depth(String name) {
    return (int) name.chars().filter(each -> each == '/').count();
  }

  /** MiB, or thousandths: sums of all roles fit. */
  static long amount(OfferedResource resource) {
    return resource.getSizeBytes() / OfferCheck.MIB + resource.getMilli();
  }

  private static OfferedResource ofAmount(String name, long amount) {
    OfferedResource.Builder resource = OfferedResource.newBuilder().setName(name);
    return name.equals("mem") || name.equals("disk")
        ? resource.setSizeBytes(amount * OfferCheck.MIB).build()
        : resource.setMilli(amount).build();
  }
}
