package io.pilothouse.provisioning;

import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.PullTargetsRequest;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.SatelliteWriteReply;
import io.pilothouse.api.v1.Target;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.client.DmClient;
import io.pilothouse.manifests.BuiltInWatchdogs;
import io.pilothouse.provisioning.power.HardwareHealth;
import io.pilothouse.provisioning.power.PowerDriver;
import io.pilothouse.provisioning.power.PowerException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The remote watchdog {@code bmc}: asks the power driver how each machine's hardware is. It is here
 * and not in the watchdog service because only this service reaches the management network. A
 * driver that cannot tell, and a machine without a power address, have no verdict.
 */
final class BmcWatch {
  static final String NO_ANSWER = "bmc.no-answer";
  static final String HEALTH = "bmc.health";
  private static final int MISSES_FOR_ERROR = 3;
  private static final int AT_ONCE = 20;
  private static final int BATCH = 500;
  private static final Duration EVERY = Duration.ofMinutes(1);

  /** What this asks of the Device Manager. */
  interface Dm {
    PullTargetsReply targets();

    SatelliteWriteReply report(ReportVerdictsRequest request);
  }

  /** Over the network. */
  record Remote(DmClient client) implements Dm {
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    @Override
    public PullTargetsReply targets() {
      PullTargetsRequest request = PullTargetsRequest.getDefaultInstance();
      return client.any(
          DEADLINE,
          DEADLINE,
          channel -> SatelliteGrpc.newBlockingStub(channel).pullTargets(request));
    }

    @Override
    public SatelliteWriteReply report(ReportVerdictsRequest request) {
      return client.leader(
          DEADLINE, channel -> SatelliteGrpc.newBlockingStub(channel).reportVerdicts(request));
    }
  }

  private final String id;
  private final PowerDriver power;
  private final Dm dm;
  private final BooleanSupplier inCharge;
  private final LongSupplier nanoTime;
  private final Semaphore atOnce = new Semaphore(AT_ONCE);
  private final Map<String, Long> dueAt = new HashMap<>();
  private final Map<String, Integer> missed = new ConcurrentHashMap<>();
  private long sequence = System.currentTimeMillis();

  /**
   * @param inCharge whether this instance holds the lease: the others rest
   */
  BmcWatch(String id, PowerDriver power, Dm dm, BooleanSupplier inCharge, LongSupplier nanoTime) {
    this.id = id;
    this.power = power;
    this.dm = dm;
    this.inCharge = inCharge;
    this.nanoTime = nanoTime;
  }

  /** One round: looks at all machines of the watchdogs that are due. */
  void round() throws InterruptedException {
    if (!inCharge.getAsBoolean()) {
      return;
    }
    PullTargetsReply now = dm.targets();
    Map<String, WatchdogSpec> ours = new LinkedHashMap<>();
    for (WatchdogSpec spec : now.getWatchdogsList()) {
      if (BuiltInWatchdogs.chosen(spec).equals("bmc")) {
        ours.put(spec.getName(), spec);
      }
    }
    dueAt.keySet().retainAll(ours.keySet());
    for (WatchdogSpec spec : ours.values()) {
      long at = nanoTime.getAsLong();
      if (at - dueAt.getOrDefault(spec.getName(), at) >= 0) {
        dueAt.put(spec.getName(), at + every(spec).toNanos());
        report(look(spec, now.getTargetsList()));
      }
    }
  }

  private List<VerdictReportItem> look(WatchdogSpec spec, List<Target> targets)
      throws InterruptedException {
    Map<String, Optional<VerdictReportItem>> verdicts = new ConcurrentHashMap<>();
    List<Target> asked =
        targets.stream()
            .filter(each -> !each.getBmc().isEmpty())
            .filter(
                each -> spec.getTypesCount() == 0 || spec.getTypesList().contains(each.getType()))
            .toList();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Target target : asked) {
        atOnce.acquire();
        threads.execute(
            () -> {
              try {
                verdicts.put(target.getMachine(), verdict(spec, target));
              } finally {
                atOnce.release();
              }
            });
      }
    }
    missed.keySet().retainAll(asked.stream().map(Target::getMachine).toList());
    return asked.stream()
        .flatMap(each -> verdicts.getOrDefault(each.getMachine(), Optional.empty()).stream())
        .toList();
  }

  private Optional<VerdictReportItem> verdict(WatchdogSpec spec, Target target) {
    VerdictReportItem.Builder item =
        VerdictReportItem.newBuilder()
            .setMachine(target.getMachine())
            .setWatchdog(spec.getName())
            .setValidForMs(
                spec.getValidForMs() == 0
                    ? every(spec).multipliedBy(3).toMillis()
                    : spec.getValidForMs());
    try {
      Optional<HardwareHealth> health = power.health(target.getBmc());
      missed.remove(target.getMachine());
      return health.map(each -> said(item, each));
    } catch (PowerException e) {
      int misses = missed.merge(target.getMachine(), 1, Integer::sum);
      boolean certain = misses >= MISSES_FOR_ERROR;
      return Optional.of(
          item.setKind(certain ? VerdictKind.ERROR : VerdictKind.WARNING)
              .setFault(certain ? NO_ANSWER : "")
              .setText("%s does not answer: %s".formatted(target.getBmc(), e.getMessage()))
              .build());
    }
  }

  private static VerdictReportItem said(VerdictReportItem.Builder item, HardwareHealth health) {
    VerdictKind kind =
        switch (health.level()) {
          case OK -> VerdictKind.OK;
          case WARNING -> VerdictKind.WARNING;
          case CRITICAL -> VerdictKind.ERROR;
        };
    return item.setKind(kind)
        .setFault(kind == VerdictKind.ERROR ? HEALTH : "")
        .setText(health.text())
        .build();
  }

  private void report(List<VerdictReportItem> verdicts) {
    for (int from = 0; from < verdicts.size(); from += BATCH) {
      sequence = Math.max(sequence + 1, System.currentTimeMillis());
      ReportVerdictsRequest.Builder request = ReportVerdictsRequest.newBuilder().setReporter(id);
      List<VerdictReportItem> numbered = new ArrayList<>();
      for (VerdictReportItem each :
          verdicts.subList(from, Math.min(from + BATCH, verdicts.size()))) {
        numbered.add(each.toBuilder().setSequence(sequence).build());
      }
      SatelliteWriteReply reply = dm.report(request.addAllVerdicts(numbered).build());
      // an earlier run, with a clock ahead of ours, counted further: the next look is above it
      sequence = Math.max(sequence, reply.getSequenceFloor());
    }
  }

  private static Duration every(WatchdogSpec spec) {
    return spec.getEveryMs() == 0 ? EVERY : Duration.ofMillis(spec.getEveryMs());
  }
}
