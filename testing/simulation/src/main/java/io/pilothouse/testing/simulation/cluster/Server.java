package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.testing.simulation.cluster.Disk.Stored;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A machine on which a replica may run: its disk, its clock, and the process when there is one. */
final class Server {
  private static final long TICK = 100;

  final World world;
  final int id;
  final NodeClock clock;
  final Dice dice;
  private Disk disk;
  private @Nullable Replica process;
  private long epoch;
  private long pausedUntil;

  /** It was removed, or has lost its disk: it never comes back. */
  private boolean gone;

  /** The parts of a running replica. */
  record Replica(Raft raft, Ledger ledger, Edge edge) {}

  Server(World world, int id, @Nullable Stored first) {
    this.world = world;
    this.id = id;
    this.dice = world.dice.split();
    this.clock = new NodeClock(world.agenda, dice);
    this.disk = new Disk(this, first);
  }

  String name() {
    return "dm-" + id;
  }

  Disk disk() {
    return disk;
  }

  boolean isUp() {
    return process != null;
  }

  @Nullable Replica process() {
    return process;
  }

  void start() {
    epoch++;
    Ledger ledger = new Ledger(this);
    Raft raft = new Raft(this, ledger);
    Edge edge = new Edge(this, raft, ledger);
    process = new Replica(raft, ledger, edge);
    world.trace.say("%s starts at %s, applied %s", name(), disk.last(), ledger.applied());
    ledger.start(raft, edge);
    raft.start();
    after(dice.between(0, TICK), this::tick);
  }

  void startAgain() {
    if (process == null && !gone) {
      start();
    }
  }

  private void tick() {
    Replica running = process;
    if (running != null) {
      running.raft().tick();
      running.edge().tick();
      after(TICK, this::tick);
    }
  }

  /** Ends the process at once. */
  void crash(boolean power) {
    if (process == null) {
      return;
    }
    world.trace.say("%s %s", name(), power ? "loses its power" : "is killed");
    process = null;
    epoch++;
    pausedUntil = 0;
    disk.crash(power, dice, world.defect);
  }

  /** Ends the process for good. */
  void leave() {
    world.trace.say("%s was removed and ends", name());
    process = null;
    epoch++;
    gone = true;
  }

  /** The disk is lost, and the machine never speaks again under this name. */
  void loseDisk() {
    crash(true);
    world.trace.say("%s loses its disk", name());
    Disk before = disk;
    disk = new Disk(this, null);
    if (world.defect == Defect.RETURNS_WITHOUT_ITS_DISK) {
      // whoever set it up again gave it the first state and the members, and no log
      disk = new Disk(this, world.first);
      disk.metadata(world.first.term(), Disk.NOBODY);
      world.trace.say("%s had %s entries", name(), before.last());
    } else {
      gone = true;
    }
  }

  /** Nothing happens here for a while, and then all of it. */
  void pause(long millis) {
    world.trace.say("%s is stopped for %s ms", name(), millis);
    pausedUntil = world.agenda.now() + millis;
  }

  /** Acts later by this machine's clock, if it is still the same process by then. */
  void after(long localMillis, Runnable act) {
    long now = epoch;
    world.agenda.after(clock.real(localMillis), () -> run(now, act));
  }

  private void run(long of, Runnable act) {
    if (of != epoch || process == null) {
      return;
    }
    long left = pausedUntil - world.agenda.now();
    if (left > 0) {
      world.agenda.after(left, () -> run(of, act));
    } else {
      act.run();
    }
  }

  long syncTime() {
    return dice.oneIn(world.profile.slowSyncs())
        ? dice.between(1, world.profile.slowestSync() + 1)
        : dice.between(0, 3);
  }

  /** Sends to another replica. */
  void send(int to, Message message) {
    Server other = world.server(to);
    world.net.send(id, to, () -> other.arrive(message));
  }

  private void arrive(Message message) {
    run(
        epoch,
        () -> {
          Replica running = process;
          if (running != null) {
            running.raft().receive(message);
          }
        });
  }

  /** Sends an answer to somebody who is no replica. */
  void answer(int to, Runnable arrival) {
    world.net.send(id, to, arrival);
  }

  /** A call of somebody who is no replica reaches its door. */
  void call(Consumer<Edge> call) {
    run(
        epoch,
        () -> {
          Replica running = process;
          if (running != null) {
            call.accept(running.edge());
          }
        });
  }
}
