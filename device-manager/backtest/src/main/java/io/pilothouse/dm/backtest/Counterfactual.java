package io.pilothouse.dm.backtest;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.manifests.policy.Decision;
import io.pilothouse.manifests.policy.Evaluator;
import io.pilothouse.manifests.policy.FailureCase;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bad times of one machine, in order, under another policy. As long as the policy says what was
 * done, the record tells what came of it; from the first difference on the machine's history is the
 * counterfactual one, and an action is taken to help when it is at least as strong as the one that
 * the record shows to have helped.
 */
final class Counterfactual {

  /**
   * A choice under the other policy.
   *
   * @param assumed whether it rests on an assumed outcome of one before
   */
  record Choice(long at, Action action, String rule, boolean assumed) {}

  /**
   * A bad time under both.
   *
   * @param choices empty when no failure would have been confirmed
   * @param note what is not known of this one; empty = nothing special
   */
  record Walk(Spell spell, List<Choice> choices, String note) {
    Walk {
      choices = List.copyOf(choices);
    }

    List<Action> recorded() {
      return spell.decisions.stream().map(each -> each.action).toList();
    }

    boolean differs() {
      return !recorded().equals(choices.stream().map(Choice::action).toList());
    }
  }

  /** Longer chains are the same story over and over. */
  private static final int LONGEST = 12;

  private final RepairPolicy policy;

  /** What was done to this hardware under the policy, since the first difference. */
  private @Nullable List<PastAction> past;

  private long healthySince;

  Counterfactual(RepairPolicy policy) {
    this.policy = policy;
  }

  Walk walk(Spell spell) {
    long lasted = spell.end == Spell.End.OPEN ? Long.MAX_VALUE : spell.endedAt - spell.since;
    long confirmAfter = confirmAfter(spell, policy);
    long recordedAfter = confirmAfter(spell, spell.policy);
    if (spell.decisions.isEmpty()) {
      boolean sooner = confirmAfter < recordedAfter && lasted >= confirmAfter;
      if (!sooner || spell.end == Spell.End.OPEN) {
        return ended(new Walk(spell, List.of(), ""));
      }
      return ended(assumed(spell, spell.since + confirmAfter, new ArrayList<>(), ""));
    }
    if (confirmAfter > recordedAfter && spell.clearedByItself()) {
      long clearedAt = clearedAt(spell);
      if (clearedAt - spell.since < confirmAfter) {
        return ended(new Walk(spell, List.of(), "the errors went before confirm-after was over"));
      }
    }
    String note =
        confirmAfter > recordedAfter && !spell.clearedByItself()
            ? "whether the error would have lasted %d s is not known: the recorded action ended it"
                .formatted(confirmAfter / 1000)
            : "";
    return ended(follow(spell, confirmAfter - recordedAfter, note));
  }

  private Walk ended(Walk walk) {
    if (walk.spell().end == Spell.End.HEALTHY) {
      healthySince = walk.spell().endedAt;
    }
    return walk;
  }

  private static long confirmAfter(Spell spell, RepairPolicy policy) {
    return spell.severity == Severity.FATAL ? 0 : policy.getConfirmAfterMs();
  }

  /** When the errors had gone, as far as the record shows it. */
  private static long clearedAt(Spell spell) {
    Spell.Decision last = spell.decisions.get(spell.decisions.size() - 1);
    return last.quietAt != 0 ? last.quietAt : spell.endedAt;
  }

  /** As long as the choices are the recorded ones, so are their outcomes. */
  private Walk follow(Spell spell, long shift, String note) {
    List<Choice> choices = new ArrayList<>();
    for (Spell.Decision each : spell.decisions) {
      long at = choices.isEmpty() ? each.at + shift : each.at;
      Decision decision = Evaluator.decide(policy, failure(spell, each, at));
      choices.add(new Choice(at, decision.action(), decision.shown(), false));
      if (decision.action() != each.action) {
        List<PastAction> diverged = new ArrayList<>(pastOf(each));
        return chain(spell, at, decision.action(), diverged, choices, note);
      }
      if (past != null) {
        past.add(act(spell, at, each.became(), each == lastOf(spell) && isCured(spell)));
      }
    }
    return new Walk(spell, choices, note);
  }

  private static Spell.Decision lastOf(Spell spell) {
    return spell.decisions.get(spell.decisions.size() - 1);
  }

  private static boolean isCured(Spell spell) {
    return spell.end == Spell.End.HEALTHY;
  }

  private List<PastAction> pastOf(Spell.Decision decision) {
    return past == null ? decision.past : past;
  }

  private FailureCase failure(Spell spell, Spell.Decision decision, long at) {
    return new FailureCase(
        decision.repair.getFault().isEmpty() ? spell.fault : decision.repair.getFault(),
        decision.repair.getSeverity(),
        decision.watchdog,
        decision.machine.getType(),
        bounded(pastOf(decision)),
        decision.machine.getLastFailureAt(),
        past == null
            ? decision.machine.getHealthySince()
            : Math.max(healthySince, decision.machine.getHealthySince()),
        at,
        policy.getQuietMs());
  }

  /** A failure that the record does not have: the error is known, what would follow is not. */
  private Walk assumed(Spell spell, long at, List<Choice> choices, String note) {
    List<PastAction> before =
        new ArrayList<>(past == null ? spell.machine.getPastActionsList() : past);
    Decision decision = Evaluator.decide(policy, failure(spell, before, at));
    choices.add(new Choice(at, decision.action(), decision.shown(), false));
    return chain(spell, at, decision.action(), before, choices, note);
  }

  /** From a difference on: what is strong enough helps, what is not is followed by the next. */
  private Walk chain(
      Spell spell,
      long begin,
      Action first,
      List<PastAction> before,
      List<Choice> choices,
      String note) {
    past = before;
    long at = begin;
    Action action = first;
    @Nullable Action cure = spell.cure();
    while (true) {
      boolean helps = cure != null && action != Action.ESCALATE && action.compareTo(cure) >= 0;
      past.add(act(spell, at, action, helps));
      if (helps || action == Action.ESCALATE || cure == null || choices.size() >= LONGEST) {
        return new Walk(spell, choices, note);
      }
      at += policy.getProbationMaxMs();
      Decision decision = Evaluator.decide(policy, failure(spell, past, at));
      action = decision.action();
      choices.add(new Choice(at, action, decision.shown(), true));
    }
  }

  private FailureCase failure(Spell spell, List<PastAction> before, long at) {
    return new FailureCase(
        spell.fault,
        spell.severity,
        spell.watchdog,
        spell.machine.getType(),
        bounded(before),
        at,
        Math.max(healthySince, spell.machine.getHealthySince()),
        at,
        policy.getQuietMs());
  }

  private static PastAction act(Spell spell, long at, Action action, boolean helped) {
    return PastAction.newBuilder()
        .setAction(action)
        .setAt(at)
        .setEndedAt(at)
        .setHelped(helped)
        .setFault(spell.fault)
        .build();
  }

  private static List<PastAction> bounded(List<PastAction> past) {
    List<PastAction> kept = new ArrayList<>(past);
    while (kept.size() > FailureCase.PAST_KEPT) {
      kept.remove(FailureCase.leastTelling(kept));
    }
    return kept;
  }
}
