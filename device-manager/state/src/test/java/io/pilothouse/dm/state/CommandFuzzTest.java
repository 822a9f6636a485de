package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.v1.AuditRecord;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Commands in any order, from anyone, sensible or not. Whatever comes into the log must be done or
 * refused: an exception would stop every replica at the same entry, for good.
 */
class CommandFuzzTest {
  private static final int SEEDS = Integer.getInteger("pilothouse.fuzz.seeds", 60);
  private static final int STEPS = 400;
  private static final long EPOCH = Instant.parse("2026-03-01T08:00:00Z").toEpochMilli();
  private static final List<Entry> IN_SERVICE = FleetScenario.inService().log;

  /** What a walk must have been through to be worth anything. */
  private static final List<String> LANDMARKS =
      List.of(
          "CONDITION HEALTHY FAILURE",
          "CONDITION FAILURE PROBATION",
          "CONDITION PROBATION FAILURE",
          "CONDITION PROBATION HEALTHY",
          "CONDITION HEALTHY PROBATION",
          "LIFECYCLE IN_SERVICE PROVISIONING",
          "LIFECYCLE IN_SERVICE AWAITING_REPLACEMENT",
          "LIFECYCLE AWAITING_REPLACEMENT PROVISIONING",
          "LIFECYCLE DRAINING MAINTENANCE",
          "ACTION READY CLAIMED",
          "ACTION CLAIMED READY",
          "ACTION EXECUTING DONE",
          "ACTION VERIFYING FAILED",
          "PROVISIONING VERIFIED MATCHED",
          "ROLLOUT STAGING ACTIVATING",
          "ROLLOUT ACTIVATING VERIFYING",
          "ROLLOUT VERIFYING ROLLING_BACK",
          "ROLLOUT ROLLING_BACK ROLLED_BACK",
          "ROLLOUT VERIFYING SOAKING",
          "ROLLOUT nothing health@1",
          "ROLLOUT nothing pilot-agent@1",
          "ROLLOUT canary UNIT_VERIFYING canary PASSED",
          "ROLLOUT su-1 PENDING su-1 UNIT_ACTIVATING");

  private final Set<String> seen = new TreeSet<>();

  @Test
  void everyCommandIsDoneOrRefused() {
    for (long seed = 0; seed < SEEDS; seed++) {
      run(seed);
    }
    assertThat(seen).containsAll(LANDMARKS);
  }

  private void run(long seed) {
    Random random = new Random(seed);
    State state = new State();
    State replica = new State();
    Apply apply = new Apply();
    RandomCommands commands = new RandomCommands(random, state);
    List<Entry> before = seed % 2 == 0 ? IN_SERVICE : List.of();
    int start = 1;
    for (Entry entry : before) {
      apply.apply(state, entry, start++).events().forEach(replica::replay);
    }
    long now = Math.max(EPOCH, state.meta().getNow());
    for (int step = start; step <= start + STEPS; step++) {
      now += random.nextInt(8) == 0 ? random.nextInt(40_000) : random.nextInt(500);
      Entry.Builder entry = Entry.newBuilder().setAt(now);
      Command.Builder tick = Command.newBuilder().setTick(Tick.newBuilder());
      boolean due =
          state.nextDue().filter(each -> each.toEpochMilli() <= entry.getAt()).isPresent();
      if (due) {
        entry.addRequests(FleetScenario.request(tick, "dm", ""));
      }
      for (int i = random.nextInt(3); i >= 0; i--) {
        entry.addRequests(request(random, commands.next()));
      }
      Map<String, Budget.Usage> usage = Budget.usage(state);
      String where = "seed " + seed + ", step " + step + ": " + entry;
      Applied applied;
      try {
        applied = apply.apply(state, entry.build(), step);
      } catch (RuntimeException e) {
        throw new AssertionError(where, e);
      }
      for (Event event : applied.events()) {
        replica.replay(event);
      }
      // an apply may lower limits and move taken machines between units
      boolean applies =
          entry.getRequestsList().stream().anyMatch(each -> each.getCommand().hasApplyFleet());
      assertThat(Invariants.check(state, applies ? Budget.usage(state) : usage))
          .as(where)
          .isEmpty();
      if (due) {
        long after = state.nextDue().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE);
        assertThat(after).as("next due after " + where).isGreaterThan(entry.getAt());
      }
    }
    for (AuditRecord each : state.audit()) {
      seen.add(each.getKind() + " " + each.getFrom() + " " + each.getTo());
    }
    assertThat(StateDigest.of(replica)).as("seed " + seed).isEqualTo(StateDigest.of(state));
  }

  private static Request.Builder request(Random random, Command.Builder command) {
    String reason = random.nextInt(10) == 0 ? "" : "because";
    Request.Builder request = FleetScenario.request(command, "operator/fuzz", reason);
    if (random.nextInt(3) == 0) {
      request.setClientId("client-" + random.nextInt(4)).setSequence(random.nextInt(400));
    }
    return request;
  }
}
