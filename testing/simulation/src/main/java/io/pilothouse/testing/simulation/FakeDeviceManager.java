package io.pilothouse.testing.simulation;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.Policies;
import io.pilothouse.dm.state.State;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * The leader and its log: gathers requests into entries of any size, proposes Ticks and silence.
 * After each fail-over its soft state is empty, its clock another, and what was under way is lost.
 */
final class FakeDeviceManager {

  private record Pending(Request request, Consumer<Reply> onReply) {}

  final State state = new State();
  final Checker checker = new Checker(state);
  final List<Entry> log = new ArrayList<>();
  private final Apply apply = new Apply();
  private final Agenda agenda;
  private final Random random;
  private final int largestEntry;
  private final Deque<Pending> pending = new ArrayDeque<>();
  private final Map<String, Long> lastHeard = new HashMap<>();
  private final Map<String, Long> highest = new HashMap<>();
  private long skew;
  private long downUntil;
  private long termStart;
  private long tickFrom;
  private long index;

  FakeDeviceManager(Agenda agenda, Random random, int largestEntry) {
    this.agenda = agenda;
    this.random = random;
    this.largestEntry = largestEntry;
    this.termStart = agenda.now();
  }

  long index() {
    return index;
  }

  boolean isUp() {
    return agenda.now() >= downUntil;
  }

  /** The leader dies; another one serves after a while. */
  void failOver(long downMillis) {
    failOver(downMillis, random.nextInt(4_000) - 2_000L);
  }

  /**
   * The leader dies, and the next one's clock is wrong. Log time takes its word at once: as bad as
   * it can become, when all replicas were started anew.
   *
   * @param ahead milliseconds; negative = it is behind
   */
  void failOver(long downMillis, long ahead) {
    pending.clear();
    lastHeard.clear();
    highest.clear();
    skew = ahead;
    downUntil = agenda.now() + downMillis;
    termStart = downUntil;
  }

  /** Takes a request into the log; without a leader it is lost. */
  void submit(Request request, Consumer<Reply> onReply) {
    if (isUp()) {
      pending.add(new Pending(request, onReply));
    }
  }

  /** A sign of life of a watchdog on a machine. */
  void heard(String machine, String watchdog) {
    lastHeard.put(machine + "/" + watchdog, agenda.now());
  }

  /** Highest sequence of a reporter in this term. */
  long highest(String reporter) {
    return highest.getOrDefault(reporter, 0L);
  }

  void took(String reporter, long sequence) {
    highest.merge(reporter, sequence, Math::max);
  }

  /** When the leader has a Tick to propose. */
  long nextTick() {
    long due = state.nextDue().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE);
    if (due == Long.MAX_VALUE) {
      return due;
    }
    return Math.max(Math.max(due - skew, downUntil), tickFrom);
  }

  /** Proposes what is due, and commits all that waits. */
  void work() {
    if (!isUp()) {
      return;
    }
    if (nextTick() <= agenda.now()) {
      pending.add(
          new Pending(
              own(Command.newBuilder().setTick(Tick.getDefaultInstance())).build(), reply -> {}));
      // the leader looks for due work now and then, not at the millisecond
      tickFrom = agenda.now() + 1 + random.nextInt(400);
    }
    while (!pending.isEmpty()) {
      List<Pending> batch = new ArrayList<>();
      int size = 1 + random.nextInt(largestEntry);
      while (batch.size() < size && !pending.isEmpty()) {
        batch.add(pending.remove());
      }
      commit(batch);
    }
  }

  private static Request.Builder own(Command.Builder command) {
    return Request.newBuilder().setPrincipal("dm").setCommand(command);
  }

  private void commit(List<Pending> batch) {
    Entry.Builder entry =
        Entry.newBuilder().setAt(agenda.now() + skew).setBornAtLevel(Levels.BUILD.max());
    batch.forEach(each -> entry.addRequests(each.request()));
    List<Reply> replies = commit(entry.build()).replies();
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).onReply().accept(replies.get(i));
    }
    probe();
  }

  private Applied commit(Entry entry) {
    log.add(entry);
    Applied applied = apply.apply(state, entry, ++index);
    checker.check(entry, applied, index);
    return applied;
  }

  /** Now and then: what should change nothing does change nothing. */
  private void probe() {
    if (random.nextInt(40) != 0) {
      return;
    }
    long now = state.meta().getNow();
    long due = state.nextDue().map(Instant::toEpochMilli).orElse(now + 60_000);
    if (due <= now) {
      return;
    }
    Entry.Builder entry = Entry.newBuilder().setAt(now);
    if (random.nextBoolean()) {
      entry.addRequests(own(Command.newBuilder().setTick(Tick.getDefaultInstance())));
      checker.expectRest("the rules are at rest until due", commit(entry.build()));
    } else {
      checker
          .olderReport(random)
          .ifPresent(
              report -> {
                entry.addRequests(report);
                checker.expectRest("9 an older report changes nothing", commit(entry.build()));
              });
    }
  }

  /** Notices who was not heard of in time. */
  void noticeSilence() {
    if (!isUp()) {
      return;
    }
    NoticeSilence.Builder silence = NoticeSilence.newBuilder();
    for (Machine machine : state.machines()) {
      if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
        continue;
      }
      for (WatchdogSpec spec : state.fleet().getWatchdogsList()) {
        String key = machine.getName() + "/" + spec.getName();
        long from = Math.max(termStart, machine.getSince() - skew);
        from = Math.max(from, lastHeard.getOrDefault(key, from));
        if (agenda.now() - from > Policies.validForMs(spec)
            && !state
                .verdict(machine.getName(), spec.getName())
                .map(Verdict::getSilent)
                .orElse(false)) {
          silence.addSilent(
              NoticeSilence.Silent.newBuilder()
                  .setMachine(machine.getName())
                  .setWatchdog(spec.getName()));
        }
      }
    }
    if (silence.getSilentCount() > 0) {
      submit(own(Command.newBuilder().setNoticeSilence(silence)).build(), reply -> {});
    }
  }
}
