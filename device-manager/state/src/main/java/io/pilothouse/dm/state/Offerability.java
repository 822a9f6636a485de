package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Veto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether frameworks may be offered a machine, and why not: only HEALTHY ones, in service, that no
 * repair, rollout or person is about to take. A freeze or a hold is no reason: it keeps the Device
 * Manager from touching machines, and those that are well serve on.
 *
 * <p>One look at one state. Holds nothing that changes with time alone, so that equal answers are
 * no news.
 */
public final class Offerability {

  /**
   * What there is to say of one machine.
   *
   * @param whyNot empty when it may be offered; the first is the one that people would name
   * @param takenAt when what runs there ends, in milliseconds since the epoch; 0 = it is not taken
   * @param takenBy {@code repair/R-7}, {@code drain} or {@code rollout} (of an image); empty when
   *     it is not taken
   * @param plannedAt not before then a rollout of an image will take one that may be offered, in
   *     milliseconds since the epoch; 0 = none will
   */
  public record Answer(
      Machine machine,
      OfferPolicy offers,
      List<Veto> whyNot,
      long takenAt,
      String takenBy,
      long plannedAt) {
    public Answer {
      whyNot = List.copyOf(whyNot);
    }
  }

  /** A rollout that switches machines now, and which of them. */
  private record Switching(Rollout rollout, RolloutUnit unit, Set<String> back) {
    boolean concerns(Machine machine) {
      if (rollout.getState() == Rollout.State.ROLLING_BACK) {
        return back.contains(machine.getName()) && Things.wants(machine, rollout);
      }
      boolean member =
          RolloutCanary.is(unit)
              ? unit.getMembersList().contains(machine.getName())
              : unit.getName().equals(machine.getScaleUnit());
      return member && !Things.wants(machine, rollout);
    }
  }

  private final Entities state;
  private final Map<String, List<Switching>> switching = new TreeMap<>();
  private final Map<String, PlannedInstalls> planned = new TreeMap<>();

  public Offerability(Entities state) {
    this.state = state;
  }

  /** Of every machine whose type sets resources aside, by name. */
  public List<Answer> all() {
    boolean any = state.fleet().getTypesList().stream().anyMatch(each -> each.hasOffers());
    List<Answer> all = new ArrayList<>();
    if (any) {
      state.machines().forEach(each -> of(each).ifPresent(all::add));
    }
    return all;
  }

  /** Empty for a machine whose type sets nothing aside. */
  public Optional<Answer> of(Machine machine) {
    return Policies.type(state, machine.getType())
        .filter(type -> type.hasOffers() && machine.getKind() == DeviceKind.DEVICE_MACHINE)
        .map(type -> answer(machine, type.getOffers()));
  }

  private Answer answer(Machine machine, OfferPolicy offers) {
    List<Veto> whyNot = new ArrayList<>();
    lifecycle(machine, whyNot);
    condition(machine, whyNot);
    Optional<Repair> repair = state.repair(machine.getRepairId());
    repair.ifPresent(
        each ->
            whyNot.add(
                veto(
                    "repair",
                    "repair/" + each.getId(),
                    "%s (%s) is %s"
                        .formatted(
                            each.getId(),
                            Texts.action(each.getAction()),
                            Texts.state(each.getState())))));
    if (machine.getLifecycle() == Lifecycle.IN_SERVICE) {
      rollouts(machine, whyNot);
    }
    long drained = Maintenance.takenAt(state, machine);
    if (drained > 0) {
      return new Answer(machine, offers, whyNot, drained, "drain", 0);
    }
    long installed = ImageSwitch.takenAt(machine);
    if (installed > 0) {
      return new Answer(machine, offers, whyNot, installed, ImageSwitch.TAKER, 0);
    }
    long repaired = repair.map(each -> takenAt(machine, each)).orElse(0L);
    if (repaired > 0) {
      return new Answer(machine, offers, whyNot, repaired, "repair/" + machine.getRepairId(), 0);
    }
    return new Answer(machine, offers, whyNot, 0, "", whyNot.isEmpty() ? plannedAt(machine) : 0);
  }

  private long plannedAt(Machine machine) {
    return planned
        .computeIfAbsent(
            machine.getType(),
            type -> new PlannedInstalls(state, type, Policies.repair(state, machine).getQuietMs()))
        .at(machine);
  }

  private static void lifecycle(Machine machine, List<Veto> whyNot) {
    String of = Texts.machine(machine.getName());
    boolean serves = machine.getLifecycle() == Lifecycle.IN_SERVICE;
    if (machine.getLifecycle() == Lifecycle.DRAINING || (serves && machine.getDrainRequested())) {
      whyNot.add(veto("drain", of, "it is to be drained for maintenance"));
    } else if (!serves) {
      whyNot.add(veto("lifecycle", of, "it is " + machine.getLifecycle().name()));
    }
  }

  /** Out of service it has none that counts. */
  private static void condition(Machine machine, List<Veto> whyNot) {
    boolean counts =
        machine.getLifecycle() == Lifecycle.IN_SERVICE
            && machine.getCondition() != Condition.HEALTHY;
    if (counts) {
      String why =
          switch (machine.getCondition()) {
            case FAILURE -> machine.getError().getText();
            case PROBATION -> cause(machine.getCause());
            case HEALTHY, CONDITION_UNSPECIFIED, UNRECOGNIZED -> "";
          };
      whyNot.add(
          veto(
              "condition",
              Texts.machine(machine.getName()),
              "it is in %s%s"
                  .formatted(machine.getCondition().name(), why.isEmpty() ? "" : ": " + why)));
    }
  }

  private static String cause(ProbationCause cause) {
    return switch (cause) {
      case CAUSE_JOINING -> "it has just joined";
      case CAUSE_DO_NOTHING -> "its failure went away by itself";
      case CAUSE_REPAIR -> "it was repaired";
      case CAUSE_ROLLOUT, CAUSE_INSTALL -> "it was given another version";
      case CAUSE_ROLLBACK -> "it was given its former version";
      case CAUSE_MAINTENANCE -> "it comes from maintenance";
      case PROBATION_CAUSE_UNSPECIFIED, UNRECOGNIZED -> "";
    };
  }

  private void rollouts(Machine machine, List<Veto> whyNot) {
    for (Switching each :
        switching.computeIfAbsent(machine.getType(), type -> switching(state, type))) {
      if (each.concerns(machine)) {
        Rollout rollout = each.rollout();
        boolean back = rollout.getState() == Rollout.State.ROLLING_BACK;
        whyNot.add(
            veto(
                "rollout",
                "rollout/" + rollout.getId(),
                back
                    ? "%s takes %s back from it"
                        .formatted(rollout.getId(), Texts.ref(rollout.getTo()))
                    : "%s is about to switch it to %s"
                        .formatted(rollout.getId(), Texts.ref(rollout.getTo()))));
      }
    }
  }

  /** Rollouts of the type that switch machines now, unless their windows or pace hold them. */
  private static List<Switching> switching(Entities state, String type) {
    List<Switching> found = new ArrayList<>();
    for (Rollout rollout : state.indexes().rollouts.ofType(state, type)) {
      boolean unit = rollout.getCurrent() < rollout.getUnitsCount();
      switch (rollout.getState()) {
        case ACTIVATING, VERIFYING -> {
          if (unit && rollout.getWaitUntil() == 0) {
            RolloutUnit current = rollout.getUnits(rollout.getCurrent());
            found.add(new Switching(rollout, current, Set.of()));
          }
        }
        case ROLLING_BACK -> {
          Set<String> back = new TreeSet<>();
          rollout.getUnitsList().forEach(each -> back.addAll(each.getSwitchedList()));
          found.add(new Switching(rollout, RolloutUnit.getDefaultInstance(), back));
        }
        case PLANNED, STAGING, SOAKING, PAUSED, COMPLETED, ROLLED_BACK, ABORTED -> {}
        case STATE_UNSPECIFIED, UNRECOGNIZED -> {}
      }
    }
    return found;
  }

  /** When a repair that was let begin ends what runs on the machine; 0 = not yet, or never. */
  private long takenAt(Machine machine, Repair repair) {
    if (repair.getAction() == Action.DO_NOTHING || repair.getAction() == Action.ESCALATE) {
      return 0;
    }
    return switch (repair.getState()) {
      case READY, CLAIMED ->
          Math.max(
              repair.getSince() + Policies.repair(state, machine).getDrainMs(),
              OfferConsents.delayedUntil(state, machine));
      case REPAIR_DRAINING -> repair.getDrained() ? repair.getSince() : repair.getDeadline();
      case EXECUTING, VERIFYING -> repair.getSince();
      case ASSIGNED, WAITING, DONE, FAILED, EXPIRED, STATE_UNSPECIFIED, UNRECOGNIZED -> 0;
    };
  }

  private static Veto veto(String kind, String domain, String sentence) {
    return Veto.newBuilder().setKind(kind).setDomain(domain).setSentence(sentence).build();
  }
}
