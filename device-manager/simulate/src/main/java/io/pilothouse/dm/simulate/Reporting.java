package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.dm.state.Policies;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Watchdogs, and the leader's edge that lets only what differs into the log. A watchdog of a
 * machine has its own beat; what it says is looked at on that beat after something changed, and not
 * otherwise. Silence falls due by reckoning: the last beat that was heard, and valid-for.
 */
final class Reporting {
  static final String PROBER = "satellite/watchdog-1";
  private static final long NOTICE_EVERY = Spans.SECOND;
  private static final int MOST_NOTICED = 1000;

  private final World world;
  private final Leader leader;
  private final Watchdogs watchdogs;
  private final Random random;
  private final Overtaken overtaken;
  private final Map<String, Set<Long>> planned = new HashMap<>();
  private final Map<String, Long> heardUntil = new HashMap<>();
  private final Set<String> checking = new HashSet<>();
  private List<NoticeSilence.Silent> silent = new ArrayList<>();
  private long troubledUntil;

  Reporting(World world, Leader leader, Watchdogs watchdogs) {
    this.world = world;
    this.leader = leader;
    this.watchdogs = watchdogs;
    this.random = world.chance.stream("wire");
    this.overtaken = new Overtaken(leader, world.chance.stream("overtaken"));
  }

  /** For so long reports are lost, late, repeated and overtaken by newer ones. */
  void trouble(long millis) {
    troubledUntil = Math.max(troubledUntil, world.agenda.now() + millis);
  }

  Overtaken overtaken() {
    return overtaken;
  }

  boolean isTroubled() {
    return world.agenda.now() < troubledUntil;
  }

  /** Something about the machine, or what the Device Manager knows of it, has changed. */
  void look(SimMachine machine) {
    for (WatchdogSpec spec : watchdogs.of(machine)) {
      String key = machine.name() + "/" + spec.getName();
      if (watchdogs.isHeard(machine, spec)) {
        heardUntil.remove(key);
        plan(machine, next(machine, spec));
      } else {
        heardUntil.computeIfAbsent(key, k -> last(machine, spec));
        check(machine, spec);
      }
    }
  }

  /** Beats of machines are spread over the period, and those of one machine fall together. */
  private long phase(SimMachine machine, WatchdogSpec spec) {
    return Math.floorMod(machine.name().hashCode() * 2654435761L, every(spec));
  }

  private static long every(WatchdogSpec spec) {
    return spec.getEveryMs() == 0 ? Spans.MINUTE : spec.getEveryMs();
  }

  private long next(SimMachine machine, WatchdogSpec spec) {
    return last(machine, spec) + every(spec);
  }

  private long last(SimMachine machine, WatchdogSpec spec) {
    long now = world.agenda.now();
    return now - Math.floorMod(now - phase(machine, spec), every(spec));
  }

  private void plan(SimMachine machine, long at) {
    Set<Long> times = planned.computeIfAbsent(machine.name(), key -> new HashSet<>());
    if (times.add(at)) {
      world.agenda.at(
          at,
          () -> {
            times.remove(at);
            report(machine, at);
          });
    }
  }

  private void report(SimMachine machine, long beat) {
    if (!leader.isUp()) {
      look(machine);
      return;
    }
    List<VerdictReport> local = new ArrayList<>();
    List<VerdictReport> remote = new ArrayList<>();
    for (WatchdogSpec spec : watchdogs.of(machine)) {
      boolean now = Math.floorMod(beat - phase(machine, spec), every(spec)) == 0;
      if (now && watchdogs.isHeard(machine, spec)) {
        boolean outside = spec.getRunner() == WatchdogSpec.Runner.REMOTE;
        VerdictReport.Builder report = watchdogs.says(machine, spec).setSequence(beat);
        if (!outside) {
          report.setBootId(machine.bootId());
        }
        if (differs(report)) {
          (outside ? remote : local).add(report.build());
        }
      }
    }
    send(machine, "machine/" + machine.name(), local);
    send(machine, PROBER, remote);
  }

  private boolean differs(VerdictReport.Builder report) {
    Verdict known =
        leader
            .state
            .verdict(report.getMachine(), report.getWatchdog())
            .orElse(Verdict.getDefaultInstance());
    return known.getSilent()
        || known.getAwaiting()
        || known.getKind() != report.getKind()
        || !known.getFault().equals(report.getFault());
  }

  private void send(SimMachine machine, String reporter, List<VerdictReport> reports) {
    if (reports.isEmpty()) {
      return;
    }
    ApplyVerdicts.Builder verdicts =
        ApplyVerdicts.newBuilder().setReporter(reporter).addAllReports(reports);
    if (isTroubled()) {
      trouble(machine, reporter, verdicts);
    } else {
      submit(reporter, verdicts);
    }
    // whatever became of it, the next beat says so again if it is not known by then
    world.agenda.after(Spans.SECOND, () -> look(machine));
  }

  private void trouble(SimMachine machine, String reporter, ApplyVerdicts.Builder verdicts) {
    switch (random.nextInt(4)) {
      case 0 -> {} // lost
      case 1 -> {
        submit(reporter, verdicts);
        later(machine, reporter, verdicts); // repeated, maybe after a newer one
      }
      case 2 -> later(machine, reporter, verdicts);
      default -> submit(reporter, verdicts);
    }
  }

  private void later(SimMachine machine, String reporter, ApplyVerdicts.Builder verdicts) {
    long delay = Chance.between(random, Spans.SECOND, 3 * Spans.MINUTE);
    // the request stays as it was sent, the machine may be another by then
    ApplyVerdicts.Builder sent = verdicts.clone();
    world.agenda.after(delay, () -> submit(reporter, sent));
    world.agenda.after(delay + Spans.SECOND, () -> look(machine));
  }

  private void submit(String reporter, ApplyVerdicts.Builder verdicts) {
    ApplyVerdicts sent = verdicts.build();
    leader.submit(
        reporter,
        Command.newBuilder().setApplyVerdicts(sent),
        reply -> {
          if (!reply.hasRefusal()) {
            overtaken.applied(sent);
          }
        });
  }

  // silence

  private void check(SimMachine machine, WatchdogSpec spec) {
    String key = machine.name() + "/" + spec.getName();
    if (!checking.add(key)) {
      return;
    }
    world.agenda.at(
        silentFrom(machine, spec),
        () -> {
          checking.remove(key);
          notice(machine, spec, key);
        });
  }

  private long silentFrom(SimMachine machine, WatchdogSpec spec) {
    long from = heardUntil.getOrDefault(machine.name() + "/" + spec.getName(), 0L);
    from = Math.max(from, leader.termStart());
    Machine known = leader.state.machine(machine.name()).orElse(Machine.getDefaultInstance());
    from = Math.max(from, Math.min(known.getSince(), world.agenda.now()));
    long mode = leader.state.watchdog(spec.getName()).map(WatchdogState::getSince).orElse(0L);
    from = Math.max(from, Math.min(mode, world.agenda.now()));
    return from + Policies.validForMs(spec) + 1;
  }

  private void notice(SimMachine machine, WatchdogSpec spec, String key) {
    boolean known =
        leader.state.verdict(machine.name(), spec.getName()).map(Verdict::getSilent).orElse(false);
    Optional<Machine> state = leader.state.machine(machine.name());
    boolean counts =
        state.filter(each -> each.getLifecycle() == Lifecycle.IN_SERVICE).isPresent()
            && Policies.mode(leader.state, spec.getName()) == WatchdogState.Mode.LIVE;
    if (watchdogs.isHeard(machine, spec) || known || !counts) {
      return; // an event of the machine or its verdict has it looked at again
    }
    if (!leader.isUp() || world.agenda.now() < silentFrom(machine, spec)) {
      checking.add(key);
      world.agenda.at(
          Math.max(world.agenda.now() + Spans.SECOND, silentFrom(machine, spec)),
          () -> {
            checking.remove(key);
            notice(machine, spec, key);
          });
      return;
    }
    if (silent.isEmpty()) {
      world.agenda.after(NOTICE_EVERY, this::tell);
    }
    silent.add(
        NoticeSilence.Silent.newBuilder()
            .setMachine(machine.name())
            .setWatchdog(spec.getName())
            .build());
  }

  private void tell() {
    List<NoticeSilence.Silent> noticed = silent;
    silent = new ArrayList<>();
    for (int from = 0; from < noticed.size(); from += MOST_NOTICED) {
      List<NoticeSilence.Silent> some =
          noticed.subList(from, Math.min(noticed.size(), from + MOST_NOTICED));
      leader.submit(
          "dm",
          Command.newBuilder().setNoticeSilence(NoticeSilence.newBuilder().addAllSilent(some)),
          reply -> {});
    }
    if (!leader.isUp()) {
      noticed.forEach(each -> look(world.machine(each.getMachine())));
    }
  }
}
