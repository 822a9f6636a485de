package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.dm.state.Policies;
import io.pilothouse.dm.state.ReportMeaning;
import io.pilothouse.dm.state.State;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A replica's door, as {@code dm.server} has it: writes and reads on the leader, pulls anywhere but
 * never older than what the asker has seen, reports filtered by what the state says already, and
 * the leader's rounds, which turn time and silence into requests.
 */
final class Edge {
  private static final long CATCH_UP = 1_000;
  private static final long CONFIRM = 500;
  private static final int SILENCE_EVERY_TICKS = 10;

  /**
   * What an agent or a watchdog from outside reports.
   *
   * @param agent boot and observation of the machine itself; null from outside
   */
  record Report(String reporter, @Nullable Agent agent, List<VerdictReport> verdicts) {}

  record Agent(String machine, String bootId, long sequence, Observed observed) {}

  private record Waiting(long revision, Runnable answer) {}

  private record Seen(long since, long at) {}

  private final Server server;
  private final Raft raft;
  private final Ledger ledger;
  private final List<Waiting> waiting = new ArrayList<>();

  // the leader's soft state
  private final Map<String, Long> heard = new HashMap<>();
  private final Map<String, Long> highest = new HashMap<>();
  private final Map<String, Seen> seen = new HashMap<>();
  private boolean ticking;
  private boolean noticing;
  private int ticks;

  Edge(Server server, Raft raft, Ledger ledger) {
    this.server = server;
    this.raft = raft;
    this.ledger = ledger;
  }

  private State state() {
    return ledger.state();
  }

  void newTerm() {
    heard.clear();
    highest.clear();
    seen.clear();
    ticking = false;
    noticing = false;
  }

  private Consumer<Answer> to(int caller, Consumer<Answer> onAnswer) {
    return answer -> server.answer(caller, () -> onAnswer.accept(answer));
  }

  // operators

  void write(int caller, Request request, Consumer<Answer> onAnswer) {
    ledger.submit(request, to(caller, onAnswer));
  }

  /**
   * On the leader, after it made sure that it still is: by a round of questions, or by an entry.
   */
  void readHold(int caller, String machine, Consumer<Answer> onAnswer) {
    Consumer<Answer> back = to(caller, onAnswer);
    if (!raft.isReady()) {
      back.accept(new Answer.Unavailable(raft.leader()));
      return;
    }
    Runnable read = () -> back.accept(hold(state(), ledger.applied(), machine));
    boolean trusts =
        switch (server.world.defect) {
          case READS_WITHOUT_ASKING -> true;
          case READS_WHEN_HEARD_LATELY -> raft.leading().hears(Raft.TIMEOUT * 7 / 10);
          default -> false;
        };
    if (trusts) {
      read.run();
      return;
    }
    boolean[] done = new boolean[1];
    raft.leading()
        .confirm(
            () -> {
              done[0] = true;
              read.run();
            });
    server.after(
        CONFIRM,
        () -> {
          if (!done[0]) {
            ledger.submit(
                null,
                answer -> {
                  if (answer instanceof Answer.Decided) {
                    read.run();
                  } else {
                    back.accept(answer);
                  }
                });
          }
        });
  }

  private static Answer hold(State state, long revision, String machine) {
    String reason = state.machine(machine).map(each -> each.getHold().getReason()).orElse("");
    return new Answer.Hold(reason, revision);
  }

  // pulls

  void pullHold(int caller, long revision, String machine, Consumer<Answer> onAnswer) {
    pull(caller, revision, (state, at) -> hold(state, at, machine), onAnswer);
  }

  void pullRepairs(int caller, long revision, Consumer<Answer> onAnswer) {
    pull(
        caller,
        revision,
        (state, at) -> new Answer.Tasks(List.copyOf(state.repairs()), at),
        onAnswer);
  }

  private void pull(
      int caller, long revision, BiFunction<State, Long, Answer> view, Consumer<Answer> onAnswer) {
    Consumer<Answer> back = to(caller, onAnswer);
    boolean goesBack = server.world.defect == Defect.PULLS_GO_BACK;
    if (ledger.applied() >= revision || goesBack) {
      back.accept(view.apply(state(), ledger.applied()));
      return;
    }
    Waiting one = new Waiting(revision, () -> back.accept(view.apply(state(), ledger.applied())));
    waiting.add(one);
    server.after(
        CATCH_UP,
        () -> {
          if (waiting.remove(one)) {
            back.accept(new Answer.Unavailable(raft.leader()));
          }
        });
  }

  /** More was applied. */
  void applied() {
    for (Waiting each : List.copyOf(waiting)) {
      if (each.revision() <= ledger.applied() && waiting.remove(each)) {
        each.answer().run();
      }
    }
  }

  // reports

  void report(int caller, Report report, Consumer<Answer> onAnswer) {
    Consumer<Answer> back = to(caller, onAnswer);
    if (!raft.isReady()) {
      back.accept(new Answer.Unavailable(raft.leader()));
      return;
    }
    List<Command> changed = new ArrayList<>();
    Agent agent = report.agent();
    if (agent != null) {
      Optional<Machine> found = state().machine(agent.machine());
      boolean known =
          found.filter(each -> each.getObserved().getBootId().equals(agent.bootId())).isPresent();
      if (!known) {
        back.accept(new Answer.RegisterAgain());
        return;
      }
      long floor = highest.getOrDefault(report.reporter(), 0L);
      if (agent.sequence() <= floor) {
        back.accept(new Answer.Taken(floor));
        return;
      }
      if (!agent.observed().equals(found.get().getObserved())) {
        changed.add(
            Command.newBuilder()
                .setObserveMachine(
                    ObserveMachine.newBuilder()
                        .setMachine(agent.machine())
                        .setBootId(agent.bootId())
                        .setObserved(agent.observed()))
                .build());
      }
    }
    verdicts(report).ifPresent(changed::add);
    Runnable took =
        () -> {
          if (agent != null) {
            highest.merge(report.reporter(), agent.sequence(), Math::max);
          }
          back.accept(new Answer.Taken(0));
        };
    if (changed.isEmpty()) {
      took.run();
    }
    for (int i = 0; i < changed.size(); i++) {
      boolean last = i == changed.size() - 1;
      ledger.submit(
          own(changed.get(i), report.reporter()),
          answer -> {
            if (last && answer instanceof Answer.Decided) {
              took.run();
            } else if (last) {
              back.accept(answer);
            }
          });
    }
  }

  private Optional<Command> verdicts(Report report) {
    ApplyVerdicts.Builder changed = ApplyVerdicts.newBuilder().setReporter(report.reporter());
    for (VerdictReport each : report.verdicts()) {
      switch (ReportMeaning.of(state(), report.reporter(), "", each, reached())) {
        case CHANGED -> {
          hear(each);
          changed.addReports(each);
        }
        case STEADY, BEFORE, CROWDED -> hear(each);
        case OLDER, STALE, MOOT -> {
          // says nothing
        }
      }
    }
    return changed.getReportsCount() == 0
        ? Optional.empty()
        : Optional.of(Command.newBuilder().setApplyVerdicts(changed).build());
  }

  private void hear(VerdictReport report) {
    heard.put(report.getMachine() + "/" + report.getWatchdog(), server.clock.monotonic());
  }

  // the leader's rounds

  void tick() {
    if (!raft.isReady()) {
      return;
    }
    Instant reached = reached();
    boolean due = state().nextDue().filter(each -> !each.isAfter(reached)).isPresent();
    if (due && !ticking) {
      ticking = true;
      ledger.submit(
          own(Command.newBuilder().setTick(Tick.getDefaultInstance()).build(), "dm"),
          answer -> ticking = false);
    }
    ticks++;
    if (ticks % SILENCE_EVERY_TICKS == 0 && !noticing) {
      noticeSilence();
    }
  }

  /** An earlier leader's clock may have been ahead. */
  private Instant reached() {
    Instant now = ledger.clock().now();
    return now.isAfter(state().now()) ? now : state().now();
  }

  private void noticeSilence() {
    NoticeSilence.Builder silence = NoticeSilence.newBuilder();
    long now = server.clock.monotonic();
    for (Machine machine : state().machines()) {
      if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
        continue;
      }
      Seen first = seen.get(machine.getName());
      if (first == null || first.since() != machine.getSince()) {
        first = new Seen(machine.getSince(), now);
        seen.put(machine.getName(), first);
      }
      for (WatchdogSpec spec : Policies.watchdogsOf(state(), machine)) {
        String key = machine.getName() + "/" + spec.getName();
        long from = Math.max(first.at(), heard.getOrDefault(key, first.at()));
        boolean known =
            state()
                .verdict(machine.getName(), spec.getName())
                .map(Verdict::getSilent)
                .orElse(false);
        if (now - from > Policies.validForMs(spec) && !known) {
          silence.addSilent(
              NoticeSilence.Silent.newBuilder()
                  .setMachine(machine.getName())
                  .setWatchdog(spec.getName()));
        }
      }
    }
    if (silence.getSilentCount() > 0) {
      noticing = true;
      ledger.submit(
          own(Command.newBuilder().setNoticeSilence(silence).build(), "dm"),
          answer -> noticing = false);
    }
  }

  private static Request own(Command command, String principal) {
    return Request.newBuilder()
        .setPrincipal(principal)
        .setRequestId("rid")
        .setCommand(command)
        .build();
  }
}
