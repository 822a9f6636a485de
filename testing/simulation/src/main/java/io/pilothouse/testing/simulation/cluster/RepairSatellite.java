package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.ClaimRepair;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.ReportRepair;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Repair;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An instance of the Repair Service: keeps the lease, pulls from any replica, claims, announces,
 * acts, reports. Its decisions are those of {@code repair.Executor} and {@code kit.LeaseKeeper},
 * whose own calls block a thread each.
 */
final class RepairSatellite {
  private static final long TTL = 9_000;
  private static final long DEADLINE = 5_000;
  private static final long ATTEMPT = 1_500;

  /** How far this process got with a repair under a token. */
  private record Progress(long token, Stage stage) {}

  private enum Stage {
    ANNOUNCED,
    ACTING,
    ACTED
  }

  private final World world;
  private final String id;
  private final Dice dice;
  private final NodeClock clock;
  private final Caller leader;
  private final Caller any;
  private final Map<String, Progress> progress = new TreeMap<>();

  /** Machines on which a step is under way. */
  private final Set<String> lanes = new HashSet<>();

  private long epoch;
  private boolean up;
  private long token;
  private long leaseSentAt;
  private long leaseRevision;
  private long revision;
  private boolean renewing;
  private boolean pulling;

  RepairSatellite(World world, String id) {
    this.world = world;
    this.id = id;
    this.dice = world.dice.split();
    this.clock = new NodeClock(world.agenda, dice);
    this.leader = new Caller(world, true);
    this.any = new Caller(world, false);
  }

  boolean isUp() {
    return up;
  }

  void start() {
    up = true;
    epoch++;
    round(epoch);
  }

  /** Forgets all that is not in the Device Manager. */
  void crash() {
    world.trace.say("%s crashes", id);
    up = false;
    epoch++;
    token = 0;
    leaseRevision = 0;
    revision = 0;
    progress.clear();
    lanes.clear();
    renewing = false;
    pulling = false;
  }

  private <T> Consumer<T> ours(Consumer<T> act) {
    long now = epoch;
    return value -> {
      if (now == epoch) {
        act.accept(value);
      }
    };
  }

  private void later(long millis, Runnable act) {
    long now = epoch;
    world.agenda.after(
        clock.real(millis),
        () -> {
          if (now == epoch) {
            act.run();
          }
        });
  }

  private boolean held(long under) {
    return under != 0 && token == under && clock.monotonic() - leaseSentAt < TTL;
  }

  private void round(long of) {
    if (of != epoch) {
      return;
    }
    boolean renew = token == 0 || clock.monotonic() - leaseSentAt > TTL / 3;
    if (renew && !renewing) {
      acquire();
    }
    if (held(token) && !pulling) {
      pull(token);
    }
    later(dice.between(300, 900), () -> round(of));
  }

  private void acquire() {
    renewing = true;
    long sent = clock.monotonic();
    write(
        Command.newBuilder()
            .setAcquireLease(
                AcquireLease.newBuilder().setRole("repair").setHolder(id).setTtlMs(TTL)),
        TTL / 2,
        reply -> {
          renewing = false;
          if (reply != null && reply.hasRefusal()) {
            token = 0;
          } else if (reply != null) {
            if (token != reply.getLease().getToken()) {
              world.trace.say("%s holds token %s", id, reply.getLease().getToken());
            }
            token = reply.getLease().getToken();
            leaseSentAt = sent;
            leaseRevision = reply.getRevision();
          }
        });
  }

  private void pull(long under) {
    pulling = true;
    revision = Math.max(revision, leaseRevision);
    long asked = revision;
    any.ask(
        (edge, onAnswer) -> edge.pullRepairs(any.address(), asked, onAnswer),
        DEADLINE,
        ATTEMPT,
        ours(
            answer -> {
              pulling = false;
              if (answer.orElse(null) instanceof Answer.Tasks tasks) {
                take(tasks, under);
              }
            }));
  }

  private void take(Answer.Tasks tasks, long under) {
    if (token != under || tasks.revision() < revision) {
      return; // for a lease that is gone, or overtaken by a write
    }
    revision = tasks.revision();
    progress
        .keySet()
        .retainAll(tasks.repairs().stream().map(Repair::getId).collect(Collectors.toSet()));
    for (Repair each : tasks.repairs()) {
      boolean ours = each.getToken() == under;
      boolean todo =
          switch (each.getState()) {
            case READY -> true;
            case REPAIR_DRAINING -> ours && each.getDrained();
            case CLAIMED, EXECUTING -> ours;
            default -> false;
          };
      if (todo && lanes.add(each.getMachine())) {
        // what was pulled may be old by the time that it is acted on
        later(dice.oneIn(4) ? dice.between(0, 4_000) : 0, () -> step(each, under));
      }
    }
  }

  private void step(Repair repair, long under) {
    boolean careless = world.defect == Defect.ACTS_WITHOUT_ITS_LEASE;
    if (!held(under) && !careless) {
      lanes.remove(repair.getMachine());
      return;
    }
    if (careless && repair.getState() != Repair.State.EXECUTING) {
      act(repair, under);
      return;
    }
    if (repair.getState() == Repair.State.READY) {
      claim(repair, under);
    } else if (repair.getAction() == Action.REBOOT) {
      reboot(repair, under);
    } else {
      throw new IllegalStateException("the fleet's policy knows reboots only: " + repair);
    }
  }

  private void claim(Repair repair, long under) {
    write(
        Command.newBuilder()
            .setClaimRepair(
                ClaimRepair.newBuilder().setRepair(repair.getId()).setHolder(id).setToken(under)),
        DEADLINE,
        reply -> {
          lanes.remove(repair.getMachine());
          if (reply != null && !reply.hasRefusal()) {
            progress.remove(repair.getId());
          }
        });
  }

  private void reboot(Repair repair, long under) {
    Progress known = progress.get(repair.getId());
    Stage before = known == null || known.token() != under ? null : known.stage();
    if (before == null && repair.getState() == Repair.State.EXECUTING) {
      boolean again = world.defect == Defect.EXECUTES_AGAIN_TO_BE_SURE;
      before = again ? Stage.ANNOUNCED : Stage.ACTING;
    }
    if (before == Stage.ACTING || before == Stage.ACTED) {
      report(repair, under, Repair.State.VERIFYING, done -> lanes.remove(repair.getMachine()));
      return;
    }
    progress.put(repair.getId(), new Progress(under, Stage.ANNOUNCED));
    report(
        repair,
        under,
        Repair.State.EXECUTING,
        done -> {
          if (done && held(under)) {
            act(repair, under);
          } else {
            lanes.remove(repair.getMachine());
          }
        });
  }

  /** The power command: it may take a while to have its effect, and so may this process. */
  private void act(Repair repair, long under) {
    progress.put(repair.getId(), new Progress(under, Stage.ACTING));
    later(
        dice.oneIn(5) ? dice.between(0, 3_000) : 1,
        () -> {
          world.count.powerCycles++;
          world.trace.say("%s executes %s under %s", id, repair.getId(), under);
          world.oracle.executes(repair.getId(), under);
          world.plants.get(repair.getMachine()).powerCycle();
          if (world.storm && dice.oneIn(6)) {
            crash(); // with the effect, and without the report
            world.agenda.after(dice.between(100, 2_500), this::startAgain);
            return;
          }
          progress.put(repair.getId(), new Progress(under, Stage.ACTED));
          report(repair, under, Repair.State.VERIFYING, done -> lanes.remove(repair.getMachine()));
        });
  }

  void startAgain() {
    if (!up) {
      start();
    }
  }

  private void report(Repair repair, long under, Repair.State state, Consumer<Boolean> then) {
    write(
        Command.newBuilder()
            .setReportRepair(
                ReportRepair.newBuilder()
                    .setRepair(repair.getId())
                    .setToken(under)
                    .setState(state)
                    .setText("says " + id)),
        DEADLINE,
        reply -> then.accept(reply != null && !reply.hasRefusal()));
  }

  private void write(Command.Builder command, long deadline, Consumer<@Nullable Reply> then) {
    Request request =
        Request.newBuilder()
            .setPrincipal("satellite/" + id)
            .setRequestId("rid")
            .setCommand(command)
            .build();
    leader.ask(
        (edge, onAnswer) -> edge.write(leader.address(), request, onAnswer),
        deadline,
        ATTEMPT,
        ours(
            answer -> {
              Reply reply =
                  answer.orElse(null) instanceof Answer.Decided(var decided) ? decided : null;
              if (reply != null && !reply.hasRefusal()) {
                revision = Math.max(revision, reply.getRevision());
              }
              then.accept(reply);
            }));
  }
}
