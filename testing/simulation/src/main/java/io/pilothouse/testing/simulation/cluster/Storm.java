package io.pilothouse.testing.simulation.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Breaks replicas, disks, links, clocks, satellites and machines at any step, then mends it all. At
 * most a minority of the members is without its disk at a time: more is a restore from a backup.
 */
final class Storm {
  /** Below the hour after which sessions are forgotten: docs/internals/replication.md, Limits. */
  private static final long WRONG = 50 * 60_000;

  private final World world;
  private final Dice dice;

  /** Who is to be replaced by whom; whoever leads is told again until it is done. */
  private int leaving = Disk.NOBODY;

  private int joining = Disk.NOBODY;

  Storm(World world) {
    this.world = world;
    this.dice = world.dice.split();
  }

  void start() {
    next();
    world.agenda.after(dice.between(500, 4_000), this::plant);
    replaceSoon();
  }

  private void next() {
    world.agenda.after(
        dice.between(50, 2 * world.profile.faultEveryMillis()),
        () -> {
          if (world.storm) {
            strike();
            next();
          }
        });
  }

  private List<Server> up() {
    return world.servers.stream().filter(Server::isUp).toList();
  }

  private Optional<Server> leader() {
    return up().stream().filter(Storm::leads).reduce((one, other) -> other);
  }

  private static boolean leads(Server server) {
    Server.Replica process = server.process();
    return process != null && process.raft().isLeader();
  }

  /** The leader more often than its share. */
  private Optional<Server> victim() {
    List<Server> up = up();
    return dice.oneIn(2) || up.isEmpty() ? leader() : Optional.of(dice.pick(up));
  }

  private void strike() {
    switch (dice.below(24)) {
      case 0, 1, 2 -> victim().ifPresent(each -> crash(each, dice.between(20, 5_000)));
      case 3, 4 -> all();
      case 5, 6 ->
          victim()
              .ifPresent(
                  each -> {
                    world.count.pauses++;
                    each.pause(dice.between(100, 5_000));
                  });
      case 7, 8 -> victim().ifPresent(this::isolate);
      case 9 -> oneWay();
      case 10 -> halves();
      case 11 -> victim().ifPresent(this::fromClients);
      case 12, 13 -> jump();
      case 14, 15 -> handOver();
      case 16, 17 -> loseDisk();
      case 18 -> replace();
      case 19 -> satellite();
      default -> plant();
    }
  }

  private void crash(Server server, long downMillis) {
    crash(server, dice.oneIn(2), downMillis);
  }

  private void crash(Server server, boolean power, long downMillis) {
    world.count.crashes++;
    server.crash(power);
    world.agenda.after(downMillis, server::startAgain);
  }

  /** The whole site, and its clocks may be wrong when it comes back. */
  private void all() {
    boolean clocks = dice.oneIn(3);
    boolean power = dice.oneIn(2);
    long off = dice.between(-WRONG, WRONG);
    for (Server each : up()) {
      crash(each, power, dice.between(20, 5_000));
      if (clocks) {
        world.count.jumps++;
        each.clock.set(off);
      }
    }
  }

  private void cut(int from, int to) {
    if (from != to) {
      world.net.cut(from, to);
    }
  }

  private void healLater() {
    world.count.cuts++;
    world.agenda.after(dice.between(200, 6_000), world.net::heal);
  }

  private void isolate(Server server) {
    world.trace.say("%s is cut off from the others", server.name());
    boolean deaf = dice.oneIn(2);
    boolean mute = !deaf || dice.oneIn(2);
    for (Server each : world.servers) {
      if (deaf) {
        cut(each.id, server.id);
      }
      if (mute) {
        cut(server.id, each.id);
      }
    }
    healLater();
  }

  private void oneWay() {
    int from = dice.below(world.servers.size());
    int to = dice.below(world.servers.size());
    world.trace.say("dm-%s does not reach dm-%s", from, to);
    cut(from, to);
    healLater();
  }

  private void halves() {
    int first = 1 + dice.below(world.servers.size() - 1);
    world.trace.say("below dm-%s and the rest do not reach each other", first);
    for (int one = 0; one < first; one++) {
      for (int other = first; other < world.servers.size(); other++) {
        cut(one, other);
        cut(other, one);
      }
    }
    healLater();
  }

  private void fromClients(Server server) {
    world.trace.say("%s is cut off from its clients", server.name());
    for (int client = World.OTHERS; client < world.addresses(); client++) {
      cut(client, server.id);
      cut(server.id, client);
    }
    healLater();
  }

  private void jump() {
    List<Server> up = up();
    if (!up.isEmpty()) {
      Server server = dice.pick(up);
      long by = dice.oneIn(2) ? dice.between(-5_000, 5_000) : dice.between(-WRONG, WRONG);
      world.trace.say("the clock of %s is %s ms ahead", server.name(), by);
      world.count.jumps++;
      server.clock.set(by);
    }
  }

  private void handOver() {
    leader()
        .ifPresent(
            server -> {
              Server.Replica process = server.process();
              if (process != null) {
                List<Integer> others = new ArrayList<>(process.raft().members().now());
                others.remove(Integer.valueOf(server.id));
                if (!others.isEmpty()) {
                  int to = dice.pick(others);
                  world.trace.say("%s is to hand over to dm-%s", server.name(), to);
                  world.count.transfers++;
                  process.raft().leading().handTo(to);
                  if (dice.oneIn(2)) {
                    // who led before does not hear of it
                    others.forEach(each -> cut(each, server.id));
                    healLater();
                  }
                }
              }
            });
  }

  private void loseDisk() {
    boolean defect = world.defect == Defect.RETURNS_WITHOUT_ITS_DISK;
    if (leaving != Disk.NOBODY && !defect) {
      return;
    }
    victim()
        .filter(each -> isMember(each.id))
        .ifPresent(
            each -> {
              world.count.lostDisks++;
              each.loseDisk();
              if (defect) {
                world.agenda.after(dice.between(20, 2_000), each::startAgain);
              } else {
                begin(each.id);
              }
            });
  }

  private boolean isMember(int id) {
    return leader()
        .map(Server::process)
        .map(process -> process.raft().members().now().contains(id))
        .orElse(false);
  }

  /** A follower that works is replaced, too: a machine is retired. */
  private void replace() {
    List<Server> followers = up().stream().filter(each -> !leads(each)).toList();
    if (leaving == Disk.NOBODY && !followers.isEmpty()) {
      Server old = dice.pick(followers);
      if (isMember(old.id)) {
        begin(old.id);
      }
    }
  }

  private void begin(int old) {
    if (world.servers.size() > 9) {
      leaving = old; // no more machines in this run
      return;
    }
    Server fresh = new Server(world, world.servers.size(), null);
    world.servers.add(fresh);
    fresh.start();
    leaving = old;
    joining = fresh.id;
    world.trace.say("dm-%s is to be replaced by dm-%s", leaving, joining);
  }

  private void replaceSoon() {
    world.agenda.after(
        700,
        () -> {
          if (joining != Disk.NOBODY) {
            leader().map(Server::process).ifPresent(process -> replaceOn(process.raft()));
          }
          replaceSoon();
        });
  }

  private void replaceOn(Raft raft) {
    Members members = raft.members();
    boolean done =
        raft.isReady()
            && !members.isChanging()
            && members.contains(joining)
            && !members.contains(leaving)
            && raft.leading().areMembersDecided();
    if (done) {
      world.count.replaced++;
      leaving = Disk.NOBODY;
      joining = Disk.NOBODY;
    } else if (leaving != raft.leader()) {
      raft.leading().replace(leaving, joining);
    } else {
      // as the product does: a leader hands over before it goes
      List<Integer> others = new ArrayList<>(members.now());
      others.remove(Integer.valueOf(leaving));
      raft.leading().handTo(dice.pick(others));
    }
  }

  /** The members that run, as the leader has them; nobody without a leader. */
  List<Server.Replica> members() {
    List<Server.Replica> members = new ArrayList<>();
    leader()
        .map(Server::process)
        .map(process -> process.raft().members().now())
        .ifPresent(
            ids -> {
              for (int id : ids) {
                Server.Replica process = world.server(id).process();
                if (process != null) {
                  members.add(process);
                }
              }
            });
    return members;
  }

  boolean isReplacing() {
    return joining != Disk.NOBODY;
  }

  private void satellite() {
    RepairSatellite satellite = dice.pick(world.satellites);
    if (satellite.isUp()) {
      satellite.crash();
      world.agenda.after(dice.between(200, 6_000), satellite::startAgain);
    }
  }

  private void plant() {
    // those that operators hold are not repaired: more often one of the others
    List<Plant> plants = List.copyOf(world.plants.values());
    Plant plant = plants.get(dice.oneIn(4) ? dice.below(2) : 2 + dice.below(plants.size() - 2));
    if (dice.oneIn(6)) {
      plant.powerCycle(); // its power fails for a moment
    } else {
      plant.breaks();
    }
  }

  /** Nothing breaks any more, and what can start does. */
  void end() {
    world.trace.say("the storm is over");
    world.storm = false;
    world.profile = world.profile.calm();
    world.net.become(world.profile);
    world.net.heal();
    List.copyOf(world.servers).forEach(Server::startAgain);
    world.satellites.forEach(RepairSatellite::startAgain);
  }
}
