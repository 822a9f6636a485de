package io.pilothouse.dm.backtest;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.dm.state.BudgetView;
import io.pilothouse.dm.state.Entities;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The record and the other policy, counted by the same measure. */
final class Comparison {

  /** Likely wrong ones by why, and likely missed ones. */
  record Judged(int cleared, int incident, int quarantined, int missed) {
    int wrong() {
      return cleared + incident + quarantined;
    }
  }

  /**
   * A domain of the budget.
   *
   * @param limit -1 = none
   * @param recorded most machines that repairs had taken at once
   * @param modelled the same choices, with the durations that the other policy's are given
   * @param demand of the other policy, if no ceiling held it back
   * @param taken of the other policy, under the ceilings
   */
  record Peak(String domain, int limit, int recorded, int modelled, int demand, int taken) {}

  final List<Counterfactual.Walk> walks;
  final Map<Action, Integer> recordedActions = new EnumMap<>(Action.class);
  final Map<Action, Integer> otherActions = new EnumMap<>(Action.class);
  final Map<Action, Long> durations = new EnumMap<>(Action.class);
  final Map<Action, Integer> measured = new EnumMap<>(Action.class);
  final Judged recorded;
  final Judged other;
  final int wrongExecuted;
  final List<Peak> peaks;

  private Comparison(
      List<Counterfactual.Walk> walks, RepairPolicy policy, Entities state, long end) {
    this.walks = walks;
    walks.forEach(
        walk -> {
          walk.recorded().forEach(each -> recordedActions.merge(each, 1, Integer::sum));
          walk.choices().forEach(each -> otherActions.merge(each.action(), 1, Integer::sum));
        });
    this.recorded = judge(Counterfactual.Walk::recorded);
    this.other = judge(walk -> walk.choices().stream().map(Counterfactual.Choice::action).toList());
    this.wrongExecuted =
        (int)
            walks.stream()
                .filter(walk -> !walk.spell().wrongWhy().isEmpty())
                .flatMap(walk -> walk.spell().decisions.stream())
                .filter(each -> touches(each.action) && each.executed)
                .count();
    measure(policy);
    this.peaks = peaks(state, end);
  }

  /**
   * Walks every bad time that began under a policy of one of the types.
   *
   * @param end of the record, milliseconds
   */
  static Comparison of(
      List<Spell> spells, SortedSet<String> types, RepairPolicy policy, Entities state, long end) {
    Map<String, Counterfactual> machines = new HashMap<>();
    List<Counterfactual.Walk> walks = new ArrayList<>();
    for (Spell spell : spells) {
      if (types.contains(spell.machine.getType())) {
        walks.add(
            machines
                .computeIfAbsent(spell.machine.getName(), name -> new Counterfactual(policy))
                .walk(spell));
      }
    }
    return new Comparison(List.copyOf(walks), policy, state, end);
  }

  /** Whether an action makes a machine unavailable. */
  static boolean touches(Action action) {
    return switch (action) {
      case REBOOT, RE_IMAGE, REPLACE -> true;
      case DO_NOTHING, ESCALATE, ACTION_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  private interface Side {
    List<Action> actions(Counterfactual.Walk walk);
  }

  private Judged judge(Side side) {
    int[] counts = new int[4];
    for (Counterfactual.Walk walk : walks) {
      for (Action action : side.actions(walk)) {
        if (touches(action)) {
          switch (walk.spell().wrongWhy()) {
            case "cleared" -> counts[0]++;
            case "incident" -> counts[1]++;
            case "quarantined" -> counts[2]++;
            default -> {}
          }
        }
        Action cure = walk.spell().cure();
        if (action == Action.DO_NOTHING && cure != null && touches(cure)) {
          counts[3]++;
        }
      }
    }
    return new Judged(counts[0], counts[1], counts[2], counts[3]);
  }

  /** How long an action takes a machine: the median of the record, else the policy's deadlines. */
  private void measure(RepairPolicy policy) {
    Map<Action, List<Long>> seen = new EnumMap<>(Action.class);
    for (Counterfactual.Walk walk : walks) {
      Spell spell = walk.spell();
      for (int i = 0; i < spell.decisions.size(); i++) {
        Spell.Decision each = spell.decisions.get(i);
        boolean last = i == spell.decisions.size() - 1;
        long until = last ? spell.endedAt : spell.decisions.get(i + 1).at;
        if (touches(each.became()) && each.executed && until > each.repair.getReadyAt()) {
          seen.computeIfAbsent(each.became(), action -> new ArrayList<>()).add(until - start(each));
        }
      }
    }
    for (Action action : List.of(Action.REBOOT, Action.RE_IMAGE, Action.REPLACE)) {
      List<Long> all = seen.getOrDefault(action, List.of()).stream().sorted().toList();
      measured.put(action, all.size());
      durations.put(
          action,
          all.isEmpty()
              ? policy.getExecuteDeadlineMs() + policy.getVerifyDeadlineMs() + policy.getQuietMs()
              : all.get(all.size() / 2));
    }
  }

  /** When it was admitted; records of before that was kept have the choice only. */
  private static long start(Spell.Decision decision) {
    return decision.repair.getReadyAt() == 0 ? decision.at : decision.repair.getReadyAt();
  }

  private List<Peak> peaks(Entities state, long end) {
    Map<String, Integer> limits = new HashMap<>();
    BudgetView.lines(state).forEach(line -> limits.put(line.getDomain(), line.getLimit()));
    List<Takings.Taking> real = new ArrayList<>();
    List<Takings.Taking> same = new ArrayList<>();
    List<Takings.Taking> changed = new ArrayList<>();
    for (Counterfactual.Walk walk : walks) {
      Spell spell = walk.spell();
      for (int i = 0; i < spell.decisions.size(); i++) {
        Spell.Decision each = spell.decisions.get(i);
        boolean last = i == spell.decisions.size() - 1;
        long until = last ? spell.endedAt : spell.decisions.get(i + 1).at;
        if (touches(each.action)) {
          same.add(new Takings.Taking(spell.machine, each.at, each.at + duration(each.action)));
        }
        if (touches(each.became()) && each.executed) {
          real.add(
              new Takings.Taking(
                  spell.machine, start(each), spell.end == Spell.End.OPEN && last ? end : until));
        }
      }
      for (Counterfactual.Choice each : walk.choices()) {
        if (touches(each.action())) {
          changed.add(
              new Takings.Taking(spell.machine, each.at(), each.at() + duration(each.action())));
        }
      }
    }
    SortedMap<String, Integer> recordedPeaks = Takings.peaks(real);
    SortedMap<String, Integer> samePeaks = Takings.peaks(Takings.admitted(same, limits));
    SortedMap<String, Integer> demand = Takings.peaks(changed);
    SortedMap<String, Integer> taken = Takings.peaks(Takings.admitted(changed, limits));
    SortedSet<String> domains = new TreeSet<>(recordedPeaks.keySet());
    domains.addAll(samePeaks.keySet());
    domains.addAll(demand.keySet());
    SortedMap<String, Peak> peaks = new TreeMap<>();
    for (String domain : domains) {
      peaks.put(
          domain,
          new Peak(
              domain,
              limits.getOrDefault(domain, -1),
              recordedPeaks.getOrDefault(domain, 0),
              samePeaks.getOrDefault(domain, 0),
              demand.getOrDefault(domain, 0),
              taken.getOrDefault(domain, 0)));
    }
    return List.copyOf(peaks.values());
  }

  private long duration(Action action) {
    return durations.getOrDefault(action, 0L);
  }

  List<Counterfactual.Walk> differing() {
    return walks.stream().filter(Counterfactual.Walk::differs).toList();
  }
}
