package io.pilothouse.dm.backtest;

import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.dm.state.State;
import io.pilothouse.manifests.policy.DefaultPolicy;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Replays a record and compares. */
final class Backtest {

  /**
   * What is asked.
   *
   * @param replaced the policy whose types it is tried on; empty = the one of its own name
   * @param type only this machine type; empty = those of the policy that is replaced
   * @param from times in milliseconds
   */
  record Question(
      String file, RepairPolicy policy, String replaced, String type, long from, long to) {

    String replaces() {
      return replaced.isEmpty() ? policy.getName() : replaced;
    }
  }

  private Backtest() {}

  static Outcome run(RecordSource source, Question question) throws IOException, BacktestException {
    Spells spells = new Spells(question.from());
    Replay replay = new Replay(question.to(), spells);
    replay.run(source);
    requireReach(source, question, replay);
    State state = replay.state();
    SortedSet<String> types = types(state, question);
    RepairPolicy policy = DefaultPolicy.fill(question.policy());
    long end = state.meta().getNow();
    Comparison comparison = Comparison.of(spells.all(), types, policy, state, end);
    List<String> remarks = new ArrayList<>(replay.remarks());
    if (replay.remarkCount() > remarks.size()) {
      remarks.add("and %d more of the kind".formatted(replay.remarkCount() - remarks.size()));
    }
    return new Outcome(
        question.file(),
        question.policy(),
        types,
        Math.max(question.from(), spells.begin()),
        end,
        replay.entries(),
        List.copyOf(remarks),
        comparison);
  }

  private static void requireReach(RecordSource source, Question question, Replay replay)
      throws BacktestException {
    if (source.oldest() == 0) {
      throw new BacktestException(
          BacktestException.FAILED,
          "NO_RECORD",
          "nothing is recorded yet",
          "let the fleet run for a while; `pilot status` says when recording is stopped");
    }
    if (question.from() != 0 && source.oldest() > question.from()) {
      throw new BacktestException(
          BacktestException.FAILED,
          "TOO_SHORT",
          "the record reaches back to %s, not to %s"
              .formatted(
                  Instant.ofEpochMilli(source.oldest()), Instant.ofEpochMilli(question.from())),
          "give --from %s or later".formatted(Instant.ofEpochMilli(source.oldest())));
    }
    if (replay.entries() == 0 || replay.state().meta().getNow() < question.from()) {
      throw new BacktestException(
          BacktestException.FAILED,
          "EMPTY_RANGE",
          "no entry of the record is from between %s and %s"
              .formatted(
                  Instant.ofEpochMilli(question.from()), Instant.ofEpochMilli(question.to())),
          "give a wider range");
    }
  }

  private static SortedSet<String> types(State state, Question question) throws BacktestException {
    SortedSet<String> types = new TreeSet<>();
    SortedSet<String> known = new TreeSet<>();
    for (MachineType type : state.fleet().getTypesList()) {
      known.add(type.getName());
      String has = type.getRepairPolicy().isEmpty() ? "default" : type.getRepairPolicy();
      boolean chosen =
          question.type().isEmpty()
              ? has.equals(question.replaces())
              : type.getName().equals(question.type());
      if (chosen) {
        types.add(type.getName());
      }
    }
    if (types.isEmpty()) {
      throw new BacktestException(
          BacktestException.USAGE,
          "NO_SUCH_TYPE",
          question.type().isEmpty()
              ? "no machine type has a repair policy named %s".formatted(question.replaces())
              : "there is no machine type %s".formatted(question.type()),
          "give --type with one of " + String.join(", ", known));
    }
    return types;
  }
}
