package io.pilothouse.repair;

import io.pilothouse.api.v1.PullRepairsReply;
import io.pilothouse.api.v1.RepairTask;
import io.pilothouse.kit.HeldLease;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** One round: pull the open repairs, close tickets that are done, start what is to be done. */
final class RepairService {
  private static final Duration WAIT = Duration.ofSeconds(5);

  private final RepairDm dm;
  private final HeldLease lease;
  private final Tickets tickets;
  private final Visits visits;
  private final Executor executor;
  private final AtomicLong revision;

  RepairService(
      RepairDm dm,
      HeldLease lease,
      Tickets tickets,
      Visits visits,
      Executor executor,
      AtomicLong revision) {
    this.dm = dm;
    this.lease = lease;
    this.tickets = tickets;
    this.visits = visits;
    this.executor = executor;
    this.revision = revision;
  }

  /** Nothing to do without the lease. */
  void round() throws IOException {
    Optional<Long> token = lease.token();
    if (token.isEmpty()) {
      return;
    }
    revision.accumulateAndGet(lease.revision(), Math::max);
    PullRepairsReply reply = dm.pull(revision.get(), WAIT);
    if (!token.equals(lease.token()) || reply.getRevision() < revision.get()) {
      return; // pulled for a lease that is gone, or overtaken by a write: ask again
    }
    revision.accumulateAndGet(reply.getRevision(), Math::max);
    Set<String> open =
        reply.getTasksList().stream()
            .map(each -> each.getRepair().getId())
            .collect(Collectors.toSet());
    List<RepairTask> ticketed =
        reply.getTasksList().stream().filter(each -> each.getRepair().hasTicket()).toList();
    executor.keepOnly(open);
    visits.learn(ticketed, open);
    for (RepairTask task : reply.getTasksList()) {
      executor.goOn(task, token.get());
    }
    for (RepairTask task : reply.getTasksList()) {
      executor.begin(task, token.get());
    }
    // last: trouble with the files must not hold up repairs
    for (RepairTask task : ticketed) {
      tickets.open(task, task.getRepair().getTicket().getVisit());
    }
    visits.write(ticketed);
    tickets.closeAllBut(open);
  }
}
