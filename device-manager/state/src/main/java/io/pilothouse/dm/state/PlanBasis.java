package io.pilothouse.dm.state;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a plan rests on, part by part. Its digest has a part for each, so that a start which is
 * refused can say what has changed since the plan, although nobody keeps plans.
 */
final class PlanBasis {
  private static final int DIGITS = 5;
  private static final Pattern DASH = Pattern.compile("-");

  /** In the order of the digest. */
  enum Part {
    WHAT("the version's contents"),
    POLICY("the rollout policy or the canary"),
    BUDGETS("the budgets"),
    UNITS("the scale units, their order, or the versions that they run"),
    MACHINES("which machines the scale units have"),
    OUT("which machines can be switched");

    private final String words;

    Part(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }
  }

  private final SortedMap<Part, StringBuilder> parts = new TreeMap<>();

  PlanBasis() {
    for (Part part : Part.values()) {
      parts.put(part, new StringBuilder());
    }
  }

  PlanBasis add(Part part, String text) {
    parts.computeIfPresent(part, (key, basis) -> basis.append(text).append('\n'));
    return this;
  }

  String digest() {
    List<String> digests = new ArrayList<>();
    for (StringBuilder part : parts.values()) {
      byte[] bytes = part.toString().getBytes(StandardCharsets.UTF_8);
      digests.add(StateDigest.hex(bytes).substring(0, DIGITS));
    }
    return String.join("-", digests);
  }

  /** What differs between two digests, in words. */
  static List<String> differences(String before, String now) {
    List<String> was = DASH.splitAsStream(before).toList();
    List<String> is = DASH.splitAsStream(now).toList();
    List<String> differences = new ArrayList<>();
    if (was.size() != is.size()) {
      return List.of("the digest is none of this version's plans");
    }
    int index = 0;
    for (Part part : Part.values()) {
      if (!was.get(index).equals(is.get(index))) {
        differences.add(part.words);
      }
      index++;
    }
    return differences;
  }
}
