package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.log.v1.NoticeSilence.Silent;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.v1.DeploymentReplica;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * What only the leader does: it turns time that has passed and silence into requests in the log. A
 * follower's round does nothing.
 */
final class LeaderLoop implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LeaderLoop.class);
  private static final Duration EVERY = Duration.ofMillis(200);

  /** A walk over all machines takes a twentieth of the leader's time, unless it is very slow. */
  private static final int WALK_PAUSE = 20;

  /** A process that was stopped amid a walk, or a long collection, does not keep silence away. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final Ledger ledger;
  private final Term term;
  private final Clocks clocks;
  private final DiskGuard disk;
  private final ScheduledExecutorService rounds;
  private final ClockSkew skew = new ClockSkew();
  private final Standstill standstill;
  private SilenceWatch silence;
  private long nextWalk;
  private CompletableFuture<Reply> tick = CompletableFuture.completedFuture(null);
  private CompletableFuture<Reply> notice = CompletableFuture.completedFuture(null);

  LeaderLoop(Ledger ledger, Term term, Clocks clocks, DiskGuard disk) {
    this.ledger = ledger;
    this.term = term;
    this.clocks = clocks;
    this.disk = disk;
    this.standstill = new Standstill(ledger, clocks.nanos());
    this.silence = new SilenceWatch(term.lastHeard(), standstill);
    this.nextWalk = clocks.nanos().getAsLong();
    this.rounds =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("leader-loop").daemon().factory());
  }

  LeaderLoop start() {
    var unused = // a round never throws
        rounds.scheduleWithFixedDelay(
            this::guardedRound, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
    return this;
  }

  private void guardedRound() {
    try {
      round();
    } catch (RuntimeException e) {
      // the next round tries again; a scheduler would stop for good
      log.warn("A round of the leader loop failed", e);
    }
  }

  /** One round; called by one thread at a time. */
  void round() {
    if (!ledger.isLeader() || !disk.hasRoomForTime()) {
      return;
    }
    LastHeard heard = term.lastHeard();
    if (silence.lastHeard() != heard) {
      silence = new SilenceWatch(heard, standstill);
      nextWalk = clocks.nanos().getAsLong();
    }
    standstill.look(!tick.isDone() || !notice.isDone() || ledger.waiting() > 0);
    // read in every round, or a wait for the state would not be noticed
    boolean due = standstill.read(state -> isDue(state.nextDue().orElse(null), state.now()));
    if (tick.isDone() && due) {
      tick = submit(Command.newBuilder().setTick(Tick.getDefaultInstance()).build());
    }
    if (notice.isDone()) {
      noticeSilence();
    }
    proposeHeld(heard);
    skew.look(ledger.logClock().skew());
  }

  private boolean isDue(@Nullable Instant due, Instant stateNow) {
    return due != null && !due.isAfter(Clocks.later(clocks.now(), stateNow));
  }

  private void proposeHeld(LastHeard heard) {
    for (FlapDamper.Held held : heard.damper().due(clocks.nanos().getAsLong())) {
      var unused = // each is answered by itself
          submit(ReportIntake.command(held))
              .whenComplete((reply, failure) -> heard.damper().proposed(held, failure == null));
    }
  }

  private void noticeSilence() {
    List<Silent> silent = clocks.nanos().getAsLong() - nextWalk < 0 ? List.of() : walk();
    List<DeploymentReplica> gone =
        standstill.read(state -> silence.silentReplicas(state, clocks.nanos().getAsLong()));
    if (!silent.isEmpty()) {
      log.info(
          "Silent: {}", silent.stream().map(s -> s.getMachine() + "/" + s.getWatchdog()).toList());
      NoticeSilence command = NoticeSilence.newBuilder().addAllSilent(silent).build();
      notice = submit(Command.newBuilder().setNoticeSilence(command).build());
    }
    for (DeploymentReplica replica : gone) {
      log.info("Deployment replica {} has not been heard of", replica.getId());
      ObserveReplica command = ObserveReplica.newBuilder().setReplica(replica).build();
      notice = submit(Command.newBuilder().setObserveReplica(command).build());
    }
  }

  private List<Silent> walk() {
    SilenceWatch.Walk walk = new SilenceWatch.Walk(clocks.nanos().getAsLong());
    long took = 0;
    while (!walk.hasEnded()) {
      took +=
          standstill.read(
              state -> {
                // timed in here: how long it waited for the state says nothing of its cost
                long start = clocks.nanos().getAsLong();
                silence.walkOn(state, walk);
                return clocks.nanos().getAsLong() - start;
              });
    }
    nextWalk = clocks.nanos().getAsLong() + pauseAfter(took);
    return walk.silent();
  }

  /** In nanoseconds, as what it follows from. */
  static long pauseAfter(long took) {
    return Math.min(WALK_PAUSE * took, LONGEST_PAUSE.toNanos());
  }

  private CompletableFuture<Reply> submit(Command command) {
    String requestId = "%016x".formatted(ThreadLocalRandom.current().nextLong());
    Request request =
        Request.newBuilder().setPrincipal("dm").setRequestId(requestId).setCommand(command).build();
    return ledger
        .submit(request)
        .whenComplete((reply, failure) -> report(command, requestId, reply, failure));
  }

  private static void report(
      Command command, String requestId, @Nullable Reply reply, @Nullable Throwable failure) {
    MDC.put("rid", requestId);
    try {
      if (failure != null) {
        // the next round sees that it is still so
        log.info("{} was not logged: {}", command.getKindCase(), failure.getMessage());
      } else if (reply != null && reply.hasRefusal()) {
        log.warn("{} was refused: {}", command.getKindCase(), reply.getRefusal().getMessage());
      }
    } finally {
      MDC.remove("rid");
    }
  }

  @Override
  public void close() {
    rounds.shutdownNow();
  }
}
