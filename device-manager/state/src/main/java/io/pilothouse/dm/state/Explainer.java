package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Explanation;
import java.time.Instant;

/** Answers why something is where it is, what holds it back, and what comes next and when. */
public final class Explainer {

  private Explainer() {}

  /**
   * Explains.
   *
   * @param kind machine, repair or rollout
   * @throws RefusedException when there is no such thing
   */
  public static Explanation explain(Entities state, String kind, String name, Instant now)
      throws RefusedException {
    return switch (kind) {
      case "machine" -> MachineExplainer.explain(state, Operators.find(state, name), now);
      case "repair" ->
          RepairExplainer.explain(
              state,
              state.repair(name).orElseThrow(() -> unknown(kind, name, "pilot repair list")),
              now);
      case "rollout" ->
          RolloutExplainer.explain(
              state,
              state.rollout(name).orElseThrow(() -> unknown(kind, name, "pilot rollout list")));
      case "incident" ->
          IncidentExplainer.explain(
              state,
              state.incident(name).orElseThrow(() -> unknown(kind, name, "pilot incident list")));
      default ->
          throw new RefusedException(
              Refusal.Code.INVALID,
              "\"" + kind + "\" cannot be explained",
              "use machine, repair, rollout or incident");
    };
  }

  private static RefusedException unknown(String kind, String name, String remedy) {
    return new RefusedException(
        Refusal.Code.NOT_FOUND, "no %s \"%s\"".formatted(kind, name), remedy);
  }
}
