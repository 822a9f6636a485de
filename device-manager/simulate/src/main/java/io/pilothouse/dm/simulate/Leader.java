package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.State;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The Device Manager's leader and its log: gathers what arrives together into one entry, stamps it,
 * proposes Ticks when something is due. Its stamps never go back, as in production, though its
 * clock may; after a fail-over what was under way is lost.
 */
final class Leader {
  private static final long GATHER = 5;
  private static final int LARGEST = 500;
  private static final long LOOK_EVERY = 200;

  private record Pending(Request request, Consumer<Reply> onReply) {}

  final State state = new State();
  private final Apply apply = new Apply();
  private final Agenda agenda;
  private final Checks checks;
  private final List<Entry> log = new ArrayList<>();
  private final boolean keepsLog;
  private final List<Consumer<Event>> watchers = new ArrayList<>();
  private List<Pending> pending = new ArrayList<>();
  private long index;
  private long skew;
  private long stamp;
  private long downUntil;
  private long termStart;
  private long tickAt = Long.MAX_VALUE;
  private boolean working;
  private long entries;
  private long renewals;

  Leader(Agenda agenda, boolean keepsLog) {
    this.agenda = agenda;
    this.keepsLog = keepsLog;
    this.termStart = agenda.now();
    this.checks = new Checks(state, agenda);
  }

  Checks checks() {
    return checks;
  }

  List<Entry> log() {
    return log;
  }

  long index() {
    return index;
  }

  /** Entries that hold more than renewals of leases. */
  long entries() {
    return entries;
  }

  long renewals() {
    return renewals;
  }

  void watch(Consumer<Event> watcher) {
    watchers.add(watcher);
  }

  boolean isUp() {
    return agenda.now() >= downUntil;
  }

  /** Since when this leader leads: what was heard before, it does not know. */
  long termStart() {
    return termStart;
  }

  void failOver(long downMillis) {
    pending = new ArrayList<>();
    downUntil = agenda.now() + downMillis;
    termStart = downUntil;
    tickAt = Long.MAX_VALUE;
    agenda.at(downUntil, this::scheduleTick);
  }

  void clockJump(long millis) {
    skew += millis;
    tickAt = Long.MAX_VALUE;
    scheduleTick();
  }

  /** Takes a command; without a leader it is lost, and nobody answers. */
  void submit(String principal, Command.Builder command, Consumer<Reply> onReply) {
    submit(Request.newBuilder().setPrincipal(principal).setCommand(command), onReply);
  }

  void submit(Request.Builder request, Consumer<Reply> onReply) {
    if (!isUp()) {
      return;
    }
    pending.add(new Pending(request.build(), onReply));
    if (!working) {
      working = true;
      agenda.after(GATHER, this::work);
    }
  }

  private void work() {
    working = false;
    while (!pending.isEmpty()) {
      List<Pending> all = pending;
      pending = new ArrayList<>();
      for (int from = 0; from < all.size(); from += LARGEST) {
        commit(all.subList(from, Math.min(all.size(), from + LARGEST)));
      }
    }
  }

  private void commit(List<Pending> batch) {
    if (!isUp()) {
      return;
    }
    Entry.Builder entry = Entry.newBuilder().setAt(stamp()).setBornAtLevel(Levels.BUILD.max());
    batch.forEach(each -> entry.addRequests(each.request()));
    Applied applied = commit(entry.build());
    for (int i = 0; i < batch.size(); i++) {
      batch.get(i).onReply().accept(applied.replies().get(i));
    }
  }

  /** One entry, as it is: also for what a test injects. */
  Applied commit(Entry entry) {
    boolean renews =
        entry.getRequestsList().stream().allMatch(each -> each.getCommand().hasAcquireLease());
    entries += renews ? 0 : 1;
    renewals += renews ? 1 : 0;
    return applied(entry);
  }

  /** A request gets into the log once more, at the time of the last entry: nothing else is due. */
  Applied repeats(Request request) {
    return applied(
        Entry.newBuilder().setAt(state.now().toEpochMilli()).addRequests(request).build());
  }

  private Applied applied(Entry entry) {
    if (keepsLog) {
      log.add(entry);
    }
    Applied applied = apply.apply(state, entry, ++index);
    checks.after(entry, applied);
    for (Event event : applied.events()) {
      watchers.forEach(each -> each.accept(event));
    }
    scheduleTick();
    return applied;
  }

  /** The clock of the log: never earlier than the stamp before. */
  private long stamp() {
    stamp = Math.max(stamp, agenda.now() + skew);
    return stamp;
  }

  private void scheduleTick() {
    long due = state.nextDue().map(java.time.Instant::toEpochMilli).orElse(Long.MAX_VALUE);
    if (due == Long.MAX_VALUE || !isUp()) {
      return;
    }
    // a clock that was set back stands still in the log until it has caught up
    long at = due <= stamp ? agenda.now() : due - skew;
    long next = Math.max(agenda.now(), at) + LOOK_EVERY / 2;
    if (next < tickAt) {
      tickAt = next;
      agenda.at(next, () -> tick(next));
    }
  }

  private void tick(long planned) {
    if (planned != tickAt) {
      return;
    }
    tickAt = Long.MAX_VALUE;
    boolean due = state.nextDue().filter(each -> each.toEpochMilli() <= stamp()).isPresent();
    if (due && isUp()) {
      submit("dm", Command.newBuilder().setTick(Tick.getDefaultInstance()), reply -> {});
    } else {
      scheduleTick();
    }
  }
}
