package io.pilothouse.dm.server;

import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.PullOfferableRequest;
import io.pilothouse.dm.state.Offerability;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.Table;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What schedulers pull: all machines that set resources aside, then what becomes otherwise; with
 * each answer all roles, and who leads. The replica remembers what it told each asker last; one
 * that asks on from another answer, or at another replica, is told all again.
 */
final class OfferablePulls {
  private static final Set<Topic> TOPICS =
      Set.of(
          Topic.any(Table.MACHINE),
          Topic.any(Table.REPAIR),
          Topic.any(Table.ROLLOUT),
          Topic.any(Table.FLEET),
          Topic.ledLease(Topic.SCHEDULER),
          Topic.movedLease(Topic.SCHEDULER));

  /** A scheduler that leads and a few that stand by; each is remembered with all machines. */
  private static final int ASKERS_REMEMBERED = 16;

  /** Changes come in bursts, and each look is at all machines. */
  private static final Duration GATHER = Duration.ofMillis(20);

  private record Told(long revision, SortedMap<String, OfferableMachine> machines, Shares shares) {}

  /** Beside machines: by which roles they are shared out, and who does it and serves where. */
  private record Shares(List<OfferRole> roles, Lease lease) {
    static Shares of(State state) {
      Lease lease = state.lease(Topic.SCHEDULER).orElse(Lease.getDefaultInstance());
      // but for what a renewal, or a new core, changes
      return new Shares(
          state.fleet().getOfferRolesList(),
          lease.toBuilder().clearExpiresAt().clearCore().build());
    }

    PullOfferableReply.Builder into(PullOfferableReply.Builder reply) {
      return reply
          .addAllRoles(roles)
          .setLeader(lease.getHolder())
          .setLeaderApi(lease.getApi())
          .setLeaderToken(lease.getToken())
          .setLeaderAddress(lease.getAddress());
    }
  }

  private final Pulls pulls;
  private final Waiters waiters;
  private final Map<String, Told> askers =
      new LinkedHashMap<>(ASKERS_REMEMBERED, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Told> eldest) {
          return size() > ASKERS_REMEMBERED;
        }
      };

  OfferablePulls(Pulls pulls, Waiters waiters) {
    this.pulls = pulls;
    this.waiters = waiters;
  }

  PullOfferableReply pull(PullOfferableRequest request) {
    pulls.catchUp(request.getRevision());
    String asker = Caller.current().principal().toString();
    @Nullable Told before = toldLast(asker, request.getRevision());
    Patience patience = new Patience(request.getWaitMs());
    try (Waiters.Waiter waiter = waiters.open(TOPICS)) {
      while (true) {
        Told now = look();
        PullOfferableReply reply = before == null ? full(now) : changes(before, now);
        boolean news =
            before == null
                || reply.getMachinesCount() + reply.getGoneCount() > 0
                || !before.shares().equals(now.shares());
        if (news || patience.isOver()) {
          remember(asker, now);
          return reply;
        }
        if (waiter.await(patience.left())) {
          gather();
        }
      }
    }
  }

  private static void gather() {
    try {
      Thread.sleep(GATHER);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Refusals.shuttingDown();
    }
  }

  private Told look() {
    Pulls.Answer<Told> answer =
        pulls.read(
            state -> {
              SortedMap<String, OfferableMachine> machines = new TreeMap<>();
              new Offerability(state)
                  .all()
                  .forEach(
                      each -> machines.put(each.machine().getName(), OfferedMachines.of(each)));
              return new Told(0, machines, Shares.of(state));
            });
    Told told = answer.message();
    return new Told(answer.revision(), told.machines(), told.shares());
  }

  private static PullOfferableReply full(Told now) {
    return now.shares()
        .into(PullOfferableReply.newBuilder())
        .setRevision(now.revision())
        .setFull(true)
        .addAllMachines(now.machines().values())
        .build();
  }

  private static PullOfferableReply changes(Told before, Told now) {
    PullOfferableReply.Builder reply =
        now.shares().into(PullOfferableReply.newBuilder()).setRevision(now.revision());
    now.machines()
        .forEach(
            (name, machine) -> {
              if (!machine.equals(before.machines().get(name))) {
                reply.addMachines(machine);
              }
            });
    before.machines().keySet().stream()
        .filter(each -> !now.machines().containsKey(each))
        .forEach(reply::addGone);
    return reply.build();
  }

  /** What the asker was told at that revision, if this replica told it and it is the last. */
  private synchronized @Nullable Told toldLast(String asker, long revision) {
    Told last = askers.get(asker);
    return last != null && revision > 0 && last.revision() == revision ? last : null;
  }

  private synchronized void remember(String asker, Told told) {
    askers.put(asker, told);
  }
}
