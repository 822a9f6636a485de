package io.pilothouse.manifests.offers;

import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferedRange;
import io.pilothouse.api.v1.OfferedResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Whether what a type sets aside can be offered: each resource once, and as its name has it. */
public final class OfferCheck {
  /** What a resource of one's own may be called. */
  public static final String NAME = "[a-z][a-z0-9_-]{0,62}";

  /** An item of a set. */
  public static final String ITEM = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}";

  /** Two numbers, the first not above the last. */
  public static final String RANGE = "[0-9]{1,9}-[0-9]{1,9}";

  /** Frameworks reckon in these (Mesos: MB). */
  public static final long MIB = 1L << 20;

  /** An amount in thousandths. */
  public static final long MOST_MILLI = 1_000_000_000;

  /** Kinds of resources, ranges and items: an offer carries all of them. */
  public static final int MOST = 100;

  /** Of processes and threads of a task: fewer let no shell work. */
  public static final int LEAST_PIDS = 16;

  /** The kernel has no more of them. */
  public static final int MOST_PIDS = 1 << 22;

  /** Where nothing is said: enough for a JVM, and eight that run wild leave the kernel some. */
  public static final int PIDS = 4096;

  /** Longer no repair is delayed by those who use the machine. */
  public static final Duration LONGEST_DELAY = Duration.ofHours(24);

  /** A directory with archives of images: absolute, or within what a manifest ships. */
  public static final String IMAGES = "(?!(.*/)?[.][.](/.*)?$)[^\\x00-\\x1f\\x7f]{1,1000}";

  /** What containers may have of a machine. */
  public static final String HOST_PATH = "(?!.*/[.]{1,2}(/.*)?$)(/[^/\\x00-\\x1f\\x7f]+){1,100}";

  /** Directories that a type names. */
  private static final int MOST_PATHS = 20;

  static final int LAST_PORT = 65_535;
  private static final long LAST = 999_999_999;
  private static final long MOST_BYTES = 1L << 60;

  private OfferCheck() {}

  /** All problems, a sentence each; empty when it is right. */
  public static List<String> problems(OfferPolicy offers) {
    List<String> problems = new ArrayList<>();
    Set<String> names = new TreeSet<>();
    if (offers.getResourcesCount() == 0) {
      problems.add("no resources are set aside; name some, or leave offers out");
    }
    if (offers.getResourcesCount() > MOST) {
      problems.add(
          "%s kinds of resources are set aside, at most %s can be"
              .formatted(offers.getResourcesCount(), MOST));
    }
    int pids = offers.getTaskPids();
    if (pids != 0 && (pids < LEAST_PIDS || pids > MOST_PIDS)) {
      problems.add(
          "task-pids: %s; expected %s to %s"
              .formatted(Integer.toUnsignedString(pids), LEAST_PIDS, MOST_PIDS));
    }
    if (offers.getDelayMs() < 0 || offers.getDelayMs() > LONGEST_DELAY.toMillis()) {
      problems.add("delay: %s ms; expected a duration up to 24h".formatted(offers.getDelayMs()));
    }
    for (OfferedResource each : offers.getResourcesList()) {
      if (!names.add(each.getName())) {
        problems.add("the resource %s is there twice".formatted(each.getName()));
      }
      problem(each).ifPresent(problem -> problems.add(each.getName() + ": " + problem));
    }
    oversubscribed(offers).ifPresent(problems::add);
    paths("images", offers.getImagesList(), IMAGES, problems);
    paths("host-paths", offers.getHostPathsList(), HOST_PATH, problems);
    return problems;
  }

  /** Processors alone can be taken back from who uses them, and no more of them than are there. */
  public static Optional<String> oversubscribed(OfferPolicy offers) {
    if (offers.getOversubscribeCount() == 0) {
      return Optional.empty();
    }
    OfferedResource lent = offers.getOversubscribe(0);
    if (offers.getOversubscribeCount() > 1 || !lent.getName().equals("cpus") || !isAmount(lent)) {
      return Optional.of(
          "oversubscribe: expected a number of processors above 0 and nothing else; write for"
              + " example {cpus: 2}");
    }
    long there =
        offers.getResourcesList().stream()
            .filter(each -> each.getName().equals("cpus"))
            .mapToLong(OfferedResource::getMilli)
            .sum();
    return lent.getMilli() <= there
        ? Optional.empty()
        : Optional.of(
            "oversubscribe: %s are more than are set aside; expected at most the cpus of resources, %s"
                .formatted(
                    OfferedWords.line(lent),
                    OfferedWords.amount(OfferedResource.newBuilder().setMilli(there).build())));
  }

  private static void paths(String key, List<String> paths, String form, List<String> problems) {
    if (paths.size() > MOST_PATHS || new TreeSet<>(paths).size() < paths.size()) {
      problems.add("%s: at most %d can be, and none twice".formatted(key, MOST_PATHS));
    }
    paths.stream()
        .filter(each -> !each.matches(form))
        .forEach(each -> problems.add("%s: \"%s\" is no such path".formatted(key, each)));
  }

  private static Optional<String> problem(OfferedResource resource) {
    int said =
        (resource.getSizeBytes() != 0 ? 1 : 0)
            + (resource.getMilli() != 0 ? 1 : 0)
            + (resource.getRangesCount() > 0 ? 1 : 0)
            + (resource.getItemsCount() > 0 ? 1 : 0);
    if (!resource.getName().matches(NAME)) {
      return Optional.of("a resource's name has 1 to 63 of a-z 0-9 _ - and begins with a letter");
    }
    if (said != 1) {
      return Optional.of("say how much of it: an amount, a size, ranges or items");
    }
    boolean fits =
        switch (resource.getName()) {
          case "cpus" -> isAmount(resource);
          case "gpus" -> isAmount(resource) && resource.getMilli() % 1000 == 0;
          case "mem", "disk" -> isSize(resource);
          case "ports" -> isRanges(resource, 1, LAST_PORT);
          default ->
              isAmount(resource) || isRanges(resource, 0, LAST) || isSet(resource.getItemsList());
        };
    return fits ? Optional.empty() : Optional.of(expected(resource.getName()));
  }

  /** What a resource of this name must be, with an example. */
  public static String expected(String name) {
    return switch (name) {
      case "cpus" -> "expected a number of processors above 0; write for example 4 or 0.5";
      case "gpus" -> "expected a whole number of GPUs from 1; write for example 1";
      case "mem", "disk" ->
          "expected a size of whole MiB from 1MiB; write for example 512MiB or 8GiB";
      case "ports" ->
          "expected ranges of 1 to 65535 that rise and do not overlap; write for example"
              + " [31000-31999]";
      default ->
          "expected an amount up to 1000000, ranges that rise and do not overlap, or different"
              + " items; write for example 5, [1-8] or [a, b]";
    };
  }

  private static boolean isAmount(OfferedResource resource) {
    return resource.getMilli() > 0 && resource.getMilli() <= MOST_MILLI;
  }

  private static boolean isSize(OfferedResource resource) {
    return resource.getSizeBytes() > 0
        && resource.getSizeBytes() % MIB == 0
        && resource.getSizeBytes() <= MOST_BYTES;
  }

  private static boolean isRanges(OfferedResource resource, long first, long last) {
    long least = first;
    for (OfferedRange range : resource.getRangesList()) {
      if (range.getFirst() < least || range.getLast() < range.getFirst()) {
        return false;
      }
      least = range.getLast() + 1;
    }
    return resource.getRangesCount() > 0 && resource.getRangesCount() <= MOST && least <= last + 1;
  }

  private static boolean isSet(List<String> items) {
    return !items.isEmpty()
        && items.size() <= MOST
        && new TreeSet<>(items).size() == items.size()
        // these would be read back as ranges
        && items.stream().allMatch(each -> each.matches(ITEM) && !each.matches(RANGE));
  }
}
