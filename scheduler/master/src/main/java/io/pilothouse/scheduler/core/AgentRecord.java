package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.OfferAgent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the next leader is to know of an agent: that its machine has it, and what is held on it.
 * Changes count at once and are written one after the other; what follows from them waits. One that
 * will never be written is undone, with all that came after it: nothing has followed from them.
 */
final class AgentRecord {
  private static final Logger log = LoggerFactory.getLogger(AgentRecord.class);

  /** Why nothing of an agent is offered for a moment. */
  static final String PENDING = "what is reserved on it is being written down";

  final String machine;
  final String id;
  private final Tables tables;
  private final Changes changes;

  /** Why what is written down cannot be read: then nothing is written over it. Null: it can. */
  private final @Nullable String damage;

  /** As it counts now. */
  private Holdings wanted;

  /** As it was written last. */
  private Holdings settled;

  /** What was written last is there: unless it never was, or its machine was out of the fleet. */
  private boolean certain;

  private @Nullable Holdings underWay;

  /** To be written even if nothing has changed. */
  private boolean again;

  private boolean abandoned;
  private @Nullable String refusal;

  /** What waits for the write that is under way, and for the next. */
  private List<Waiting> current = new ArrayList<>();

  private List<Waiting> next = new ArrayList<>();

  private record Waiting(Runnable done, Consumer<String> refused) {}

  /** Who is told what became of it. */
  interface Changes {
    /** These are volumes now, and those are none any more. */
    void volumes(AgentRecord record, List<AgentVolume> are, List<AgentVolume> destroyed);

    /** Something was written, or never will be: whether it may be offered is to be asked anew. */
    void judge(AgentRecord record);

    /** What is held is less than was thought: its resources are to be counted anew. */
    void undo(AgentRecord record);
  }

  /** Of an agent that was not known. */
  AgentRecord(Tables tables, Changes changes, String machine, String id) {
    this(tables, changes, machine, id, Holdings.NONE, null);
  }

  private AgentRecord(
      Tables tables,
      Changes changes,
      String machine,
      String id,
      Holdings holdings,
      @Nullable String damage) {
    this.tables = tables;
    this.changes = changes;
    this.machine = machine;
    this.id = id;
    this.wanted = holdings;
    this.settled = holdings;
    this.damage = damage;
  }

  /** As an earlier leader wrote it down; what cannot be read stays there as it is. */
  static AgentRecord remembered(Tables tables, Changes changes, OfferAgent agent) {
    Holdings holdings = Holdings.NONE;
    @Nullable String damage = null;
    try {
      holdings = Holdings.parse(agent.getHeld());
    } catch (IllegalArgumentException e) {
      log.error("What is held on {} cannot be read", agent.getMachine(), e);
      damage =
          "what is reserved on it cannot be read: %s; a ReImage makes it anew"
              .formatted(e.getMessage());
    }
    AgentRecord record =
        new AgentRecord(tables, changes, agent.getMachine(), agent.getId(), holdings, damage);
    record.certain = true;
    return record;
  }

  Holdings holdings() {
    return wanted;
  }

  /** It is known what is held on it; if not, {@link #holdings} and {@link #volumes} are empty. */
  boolean isReadable() {
    return damage == null;
  }

  /** It is known that nothing is held on it. */
  boolean isEmpty() {
    return isReadable() && wanted.held().isEmpty();
  }

  /** Those that an agent may be told of, unless there is an {@link #objection}. */
  List<AgentVolume> volumes() {
    return settled.volumes();
  }

  /** Why nothing of the agent may be offered yet, or ever. */
  Optional<String> objection() {
    if (damage != null) {
      return Optional.of(damage);
    }
    if (refusal != null) {
      return Optional.of("the Device Manager does not keep its agent: " + refusal);
    }
    return certain ? Optional.empty() : Optional.of("its agent is not written down yet");
  }

  /** What is held is not written down as it is: nothing of it may be offered or launched. */
  boolean isPending() {
    // what is under way may be there by now, even if what it changes is as it was again
    return !certain || isOtherThan(settled) || (underWay != null && isOtherThan(underWay));
  }

  /** A volume that was destroyed and made anew is the same resource, and other data. */
  private boolean isOtherThan(Holdings those) {
    return !wanted.held().equals(those.held()) || !wanted.volumes().equals(those.volumes());
  }

  /** It needs no other write to be there. */
  boolean isSound() {
    return refusal == null && (certain || underWay != null);
  }

  /** It may have gone with its machine. */
  void doubt() {
    certain = false;
    again = true;
  }

  void write() {
    again = true;
    refusal = null;
    send();
  }

  /**
   * What is held becomes otherwise.
   *
   * @param done what waits until it is written
   * @param refused it never will be, and why: it is as it was
   */
  void become(Holdings to, Runnable done, Consumer<String> refused) {
    wanted = to;
    next.add(new Waiting(done, refused));
    send();
  }

  /** The same, and nothing waits for it. */
  void become(Holdings to) {
    become(to, () -> {}, why -> {});
  }

  /** When all that counts now is written, or will never be. */
  void afterwards(Runnable done, Consumer<String> refused) {
    boolean now = underWay != null && underWay.equals(wanted) && next.isEmpty();
    (now ? current : next).add(new Waiting(done, refused));
    send();
  }

  /** The machine has another agent. */
  void abandon() {
    abandoned = true;
    refuseAll("its machine was made anew");
  }

  private void send() {
    if (damage != null) {
      wanted = settled;
      refuseAll(damage);
      return;
    }
    if (underWay != null || abandoned || refusal != null) {
      return; // of one that is refused nothing is offered, nor changed, until it is written anew
    }
    if (certain && !again && wanted.equals(settled)) {
      List<Waiting> ready = next;
      next = new ArrayList<>();
      ready.forEach(each -> each.done().run());
      return;
    }
    again = false;
    underWay = wanted;
    current = next;
    next = new ArrayList<>();
    tables.writes.write(
        new Write.KeepAgent(
            OfferAgent.newBuilder()
                .setMachine(machine)
                .setId(id)
                .setSince(tables.now)
                .setHeld(underWay.bytes())
                .build()),
        this::written,
        this::refused);
  }

  private void written() {
    if (abandoned || underWay == null) {
      return;
    }
    List<AgentVolume> before = settled.volumes();
    // while it was not certain, an agent that registered was told of none
    boolean untold = !certain && !underWay.volumes().isEmpty();
    settled = underWay;
    underWay = null;
    certain = !again;
    List<Waiting> ready = current;
    current = new ArrayList<>();
    if (untold || !before.equals(settled.volumes())) {
      List<AgentVolume> destroyed = new ArrayList<>(before);
      destroyed.removeAll(settled.volumes());
      changes.volumes(this, settled.volumes(), destroyed);
    }
    ready.forEach(each -> each.done().run());
    send();
    changes.judge(this);
  }

  private void refused(String why) {
    if (abandoned) {
      return;
    }
    log.error("Agent {} on {} is not kept as it is now: {}", id, machine, why);
    underWay = null;
    if (!certain) {
      refusal = why;
    }
    boolean less = !wanted.held().equals(settled.held());
    wanted = settled;
    refuseAll(why);
    if (less) {
      changes.undo(this);
    }
    changes.judge(this);
  }

  private void refuseAll(String why) {
    List<Waiting> all = new ArrayList<>(current);
    all.addAll(next);
    current = new ArrayList<>();
    next = new ArrayList<>();
    all.forEach(each -> each.refused().accept(why));
  }
}
