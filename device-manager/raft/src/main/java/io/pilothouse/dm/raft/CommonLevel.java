package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.dm.state.FeatureLevel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which feature levels all replicas apply, by what each says of its build. One that does not answer
 * could be of any build.
 *
 * @param known by replica, those that answered
 * @param silent the others
 */
public record CommonLevel(Map<String, ReplicaVitals> known, List<String> silent) {

  /**
   * Puts together what is known.
   *
   * @param members all of them
   * @param vitals what those that answered lately said
   */
  public static CommonLevel of(List<Peer> members, Map<String, ReplicaVitals> vitals) {
    Map<String, ReplicaVitals> known = new HashMap<>();
    List<String> silent = new ArrayList<>();
    for (Peer each : members) {
      @Nullable ReplicaVitals said = vitals.get(each.id());
      if (said == null) {
        silent.add(each.id());
      } else {
        known.put(each.id(), said);
      }
    }
    return new CommonLevel(Map.copyOf(known), List.copyOf(silent));
  }

  /** The highest that every replica applies; empty when not all answer. */
  public Optional<Integer> highest() {
    return silent.isEmpty()
        ? known.values().stream().map(CommonLevel::max).min(Integer::compare)
        : Optional.empty();
  }

  /** The highest that any replica applies: what an upgrade is to. */
  public int newest() {
    return known.values().stream()
        .map(CommonLevel::max)
        .max(Integer::compare)
        .orElse(FeatureLevel.FIRST);
  }

  /** Why a level must not be in force now, and what to do; empty when it may. */
  public Optional<Refusal> objection(int level) {
    if (!silent.isEmpty()) {
      return refusal(
          "feature level %d needs every replica's word that it applies it, and %s does not answer"
              .formatted(level, String.join(", ", silent)),
          "start it on the new build, or `pilot dm remove " + silent.getFirst() + "`");
    }
    return known.entrySet().stream()
        .filter(each -> max(each.getValue()) < level)
        .min(Map.Entry.comparingByKey())
        .flatMap(each -> tooOld(level, each.getKey(), each.getValue()));
  }

  private static Optional<Refusal> tooOld(int level, String id, ReplicaVitals vitals) {
    return refusal(
        "replica %s runs %s, which applies feature levels up to %d, not %d"
            .formatted(id, vitals.getVersion(), max(vitals), level),
        "upgrade %s first; `pilot dm members` shows all".formatted(id));
  }

  /** A build that says nothing of levels knows the first alone. */
  private static int max(ReplicaVitals vitals) {
    return Math.max(FeatureLevel.FIRST, vitals.getMaxLevel());
  }

  private static Optional<Refusal> refusal(String message, String remedy) {
    return Optional.of(
        Refusal.newBuilder()
            .setCode(Refusal.Code.PRECONDITION)
            .setMessage(message)
            .setRemedy(remedy)
            .build());
  }
}
