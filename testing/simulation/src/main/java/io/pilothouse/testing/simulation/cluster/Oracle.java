package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.dm.raft.RunningDigest;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.State;
import io.pilothouse.testing.simulation.Checker;
import io.pilothouse.testing.simulation.Violation;
import io.pilothouse.testing.simulation.cluster.Disk.Stored;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Is told of every entry that any replica applies. What the first one applies at an index is what
 * was committed there, for ever: the oracle applies it to a state of its own, which never crashes
 * nor loads a snapshot, checks all that must hold for one state, and compares the others with it.
 */
final class Oracle {
  /** Hashing what each entry changed on each replica would cost more than the rest. */
  private static final int COMPARE_EVERY = 4;

  private static final String SAME = "8 replicas have the same state";

  private final long before;
  private final State state;
  private final Checker checker;
  private final RunningDigest digest;
  private final Apply apply = new Apply();
  private final Trace trace;
  private final List<LogRecord> log = new ArrayList<>();
  private final List<byte[]> digests = new ArrayList<>();
  private final Map<Long, Integer> leaders = new HashMap<>();
  private final Map<String, TreeMap<Long, String>> holds = new HashMap<>();

  Oracle(Stored first, Trace trace) {
    this.before = first.index();
    this.state = first.image().share();
    this.checker = new Checker(state);
    this.digest = RunningDigest.following(state);
    this.trace = trace;
    digests.add(digest.value());
    state.machines().forEach(each -> remember(each, before));
  }

  State state() {
    return state;
  }

  long last() {
    return before + log.size();
  }

  int entries() {
    return log.size();
  }

  int elections() {
    return leaders.size();
  }

  void leads(int id, long term) {
    Integer other = leaders.putIfAbsent(term, id);
    if (other != null && other != id) {
      throw new Violation(
          "one leader a term", "dm-%s and dm-%s both led in term %s".formatted(other, id, term));
    }
  }

  /** A replica applied an entry. */
  void applied(int by, long index, LogRecord record, Supplier<byte[]> itsDigest) {
    if (index > last() + 1) {
      throw new Violation(
          "entries are applied in order",
          "dm-%s applied %s, the last before was %s".formatted(by, index, last()));
    }
    if (index == last() + 1) {
      commit(index, record);
    } else if (!record(index).equals(record)) {
      throw new Violation(
          "what is committed stays",
          "dm-%s applied [%s] at %s, where [%s] was applied before"
              .formatted(by, record, index, record(index)));
    }
    if (index % COMPARE_EVERY == 0) {
      compare(by, index, itsDigest.get());
    }
  }

  private LogRecord record(long index) {
    return log.get((int) (index - before - 1));
  }

  private void commit(long index, LogRecord record) {
    log.add(record);
    Entry entry = record.entry();
    if (entry != null) {
      Applied applied = apply.apply(state, entry, index);
      checker.check(entry, applied, index);
      for (Event event : applied.events()) {
        if (event.hasMachine()) {
          remember(event.getMachine(), index);
        }
      }
      trace.say("%s is committed: [%s]", index, record);
    }
    digests.add(index % COMPARE_EVERY == 0 ? digest.value() : new byte[0]);
  }

  private void remember(Machine machine, long index) {
    holds
        .computeIfAbsent(machine.getName(), key -> new TreeMap<>())
        .put(index, machine.getHold().getReason());
  }

  /** A replica has loaded a state. */
  void loaded(int by, long index, byte[] itsDigest) {
    if (index > last()) {
      throw new Violation(
          "what is stored was committed", "dm-%s loads %s of %s".formatted(by, index, last()));
    }
    if (index % COMPARE_EVERY == 0) {
      compare(by, index, itsDigest);
    }
  }

  private void compare(int by, long index, byte[] itsDigest) {
    if (!Arrays.equals(digests.get((int) (index - before)), itsDigest)) {
      throw new Violation(SAME, "that of dm-%s at %s is another".formatted(by, index));
    }
  }

  /** At the end: a replica that has applied all has this very state. */
  void compareLast(byte[] itsDigest) {
    if (!Arrays.equals(digest.value(), itsDigest)) {
      throw new Violation(SAME, "one has another at the end, at " + last());
    }
  }

  /** A client was told that its request was decided. */
  void acknowledged(String client, long sequence, Reply reply) {
    long index = reply.getRevision();
    boolean there =
        index > before && index <= last() && contains(record(index).entry(), client, sequence);
    if (!there) {
      throw new Violation(
          "no acknowledged write is lost",
          "request %s of %s was acknowledged at %s".formatted(sequence, client, index));
    }
  }

  private static boolean contains(@Nullable Entry entry, String client, long sequence) {
    return entry != null
        && entry.getRequestsList().stream()
            .anyMatch(each -> each.getClientId().equals(client) && each.getSequence() == sequence);
  }

  /** A replica answered a pull. */
  void pulled(String machine, long asked, String reason, long revision) {
    if (revision < asked) {
      throw new Violation(
          "pulls never go back", "asked at %s, answered at %s".formatted(asked, revision));
    }
    String was = holds.get(machine).floorEntry(revision).getValue();
    if (!was.equals(reason)) {
      throw new Violation(
          "pulls answer with what was so",
          "%s at %s was \"%s\", the answer says \"%s\"".formatted(machine, revision, was, reason));
    }
  }

  /** A satellite is about to touch a machine. */
  void executes(String repair, long token) {
    checker.executes(repair, token);
    Repair.State now = state.repair(repair).map(Repair::getState).orElse(Repair.State.DONE);
    switch (now) {
      case EXECUTING, VERIFYING, DONE, FAILED, EXPIRED -> {
        // announced, and perhaps overtaken since: a power command cannot be called back
      }
      case STATE_UNSPECIFIED, ASSIGNED, WAITING, READY, CLAIMED, REPAIR_DRAINING, UNRECOGNIZED ->
          throw new Violation(
              "5 no action before it was announced",
              "%s is %s and is executed under %s".formatted(repair, now, token));
    }
  }
}
