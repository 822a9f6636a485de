package io.pilothouse.repair;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.ClaimRepairRequest;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PullRepairsReply;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairTask;
import io.pilothouse.api.v1.ReportRepairRequest;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.kit.HeldLease;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The Device Manager's rules for repairs, as far as the Repair Service sees them, and a lease. */
final class FakeDm implements RepairDm, HeldLease {
  /** Everything that happened, the power driver's doings included, in order. */
  final List<String> journal = Collections.synchronizedList(new ArrayList<>());

  private static final long NOON = Instant.parse("2026-01-01T12:00:00Z").toEpochMilli();
  private final Map<String, Repair> repairs = new TreeMap<>();
  private final Set<String> draining = new TreeSet<>();
  private long revision = 1;
  private Optional<Long> lease = Optional.of(5L);

  /** Reports in this state get no answer although they are done, once. */
  private Optional<Repair.State> loseAnswerTo = Optional.empty();

  /** The lease goes when this state has been reported. */
  private Optional<Repair.State> loseLeaseAfter = Optional.empty();

  synchronized void assign(String id, String machine, Action action) {
    put(
        Repair.newBuilder()
            .setId(id)
            .setMachine(machine)
            .setAction(action)
            .setState(Repair.State.READY)
            .addEvidence("disk: read error at block 7")
            .build());
  }

  synchronized void put(Repair repair) {
    repairs.put(repair.getId(), repair);
    revision++;
  }

  /** Claims of this machine's repairs find processes to stop first. */
  synchronized void runsProcesses(String machine) {
    draining.add(machine);
  }

  /** Its processes have stopped. */
  synchronized void drained(String id) {
    put(repairs.get(id).toBuilder().setDrained(true).build());
  }

  synchronized void close(String id) {
    repairs.remove(id);
    revision++;
  }

  synchronized Repair repair(String id) {
    return repairs.get(id);
  }

  synchronized void lease(Optional<Long> token) {
    lease = token;
  }

  synchronized void losesAnswerTo(Repair.State state) {
    loseAnswerTo = Optional.of(state);
  }

  synchronized void losesLeaseAfter(Repair.State state) {
    loseLeaseAfter = Optional.of(state);
  }

  @Override
  public synchronized Optional<Long> token() {
    return lease;
  }

  @Override
  public synchronized long revision() {
    return 1;
  }

  @Override
  public synchronized PullRepairsReply pull(long from, Duration wait) {
    PullRepairsReply.Builder reply = PullRepairsReply.newBuilder().setRevision(revision);
    for (Repair each : repairs.values()) {
      reply.addTasks(
          RepairTask.newBuilder()
              .setRepair(each)
              .setMachine(
                  Machine.newBuilder()
                      .setName(each.getMachine())
                      .setRack("r1")
                      .setBmc("local:" + each.getMachine())));
    }
    return reply.build();
  }

  @Override
  public synchronized long claim(ClaimRepairRequest claim) {
    Repair repair = find(claim.getRepair());
    requireToken(claim.getToken());
    require(repair, Repair.State.READY);
    journal.add("claim " + claim.getRepair() + " by " + claim.getHolder());
    boolean drains = draining.contains(repair.getMachine());
    put(
        repair.toBuilder()
            .setState(drains ? Repair.State.REPAIR_DRAINING : Repair.State.CLAIMED)
            .setToken(claim.getToken())
            .build());
    return answer(Repair.State.CLAIMED);
  }

  @Override
  public synchronized long report(ReportRepairRequest report) {
    Repair repair = find(report.getRepair());
    requireToken(report.getToken());
    switch (report.getState()) {
      case EXECUTING -> {
        if (repair.getState() != Repair.State.REPAIR_DRAINING || !repair.getDrained()) {
          require(repair, Repair.State.CLAIMED, Repair.State.EXECUTING);
        }
      }
      case VERIFYING -> require(repair, Repair.State.EXECUTING, Repair.State.VERIFYING);
      default -> require(repair, Repair.State.CLAIMED, Repair.State.EXECUTING);
    }
    String text =
        (report.getNotExecuted() ? " not executed" : "")
            + (report.getText().isEmpty() ? "" : ": " + report.getText());
    journal.add("report " + report.getRepair() + " " + report.getState() + text);
    Repair.Builder reported = repair.toBuilder().setState(report.getState());
    if (report.hasTicket()) {
      reported.setTicket(report.getTicket().toBuilder().setOpenedAt(NOON));
    }
    put(reported.build());
    if (loseLeaseAfter.equals(Optional.of(report.getState()))) {
      lease = Optional.empty();
    }
    return answer(report.getState());
  }

  private long answer(Repair.State to) {
    if (loseAnswerTo.equals(Optional.of(to))) {
      loseAnswerTo = Optional.empty();
      throw new UnreachableException("the answer was lost");
    }
    return revision;
  }

  private Repair find(String id) {
    Repair repair = repairs.get(id);
    if (repair == null) {
      throw new DmException("NOT_FOUND", "no repair " + id, "");
    }
    return repair;
  }

  private void requireToken(long token) {
    if (!lease.equals(Optional.of(token))) {
      throw new DmException("ABORTED", "stale token " + token, "");
    }
  }

  private static void require(Repair repair, Repair.State... allowed) {
    if (!List.of(allowed).contains(repair.getState())) {
      throw new DmException("FAILED_PRECONDITION", "it is " + repair.getState(), "");
    }
  }
}
