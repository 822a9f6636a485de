package io.pilothouse.agent;

import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.RegisterReply;
import io.pilothouse.api.v1.RegisterRequest;
import io.pilothouse.api.v1.ReportReply;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.client.DmClient;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the leader what is so: registers once a boot, then reports. */
final class Reporter {
  private static final Logger log = LoggerFactory.getLogger(Reporter.class);
  private static final Duration CALL = Duration.ofSeconds(5);

  /** A fleet that boots all at once is registered more slowly than it reports. */
  private static final Duration REGISTER = Duration.ofSeconds(15);

  private final String machine;
  private final String bootId;
  private final DmClient client;
  private final Supplier<Observed> observed;
  private final Supplier<List<VerdictReportItem>> verdicts;
  private boolean registered;
  private long sequence;
  private long lastReport;
  private volatile boolean changed;
  private volatile boolean reported;

  Reporter(
      String machine,
      String bootId,
      DmClient client,
      Supplier<Observed> observed,
      Supplier<List<VerdictReportItem>> verdicts) {
    this.machine = machine;
    this.bootId = bootId;
    this.client = client;
    this.observed = observed;
    this.verdicts = verdicts;
  }

  /** Has the next round report, whatever the interval. */
  void changed() {
    changed = true;
  }

  /** Whether a leader took the last report that this program tried to make. */
  boolean hasReported() {
    return reported;
  }

  /** Reports when something changed or the interval has passed. */
  synchronized void round(Duration every) {
    boolean news = changed;
    if (!news && lastReport != 0 && System.nanoTime() - lastReport < every.toNanos()) {
      return;
    }
    changed = false; // what changes from here on is news again
    try {
      send(ReportRequest.newBuilder());
    } catch (RuntimeException e) {
      changed = true;
      reported = false;
      throw e;
    }
    lastReport = System.nanoTime();
    reported = true;
  }

  /** Reports the end of an installer's step; throws when it did not arrive. */
  synchronized void stepEnded(long token, Provisioning.Step step, String failure) {
    ReportRequest.Builder report = ReportRequest.newBuilder().setProvisioningToken(token);
    if (failure.isEmpty()) {
      report.setStepDone(step);
    } else {
      report.setStepFailed(failure);
    }
    send(report);
  }

  private void send(ReportRequest.Builder report) {
    if (!registered) {
      register();
    }
    if (sendOnce(report)) {
      return;
    }
    register();
    if (!sendOnce(report)) {
      registered = false;
      throw new IllegalStateException(
          "the Device Manager knows boot %s of %s no more right after it registered; trying again"
              .formatted(bootId, machine));
    }
  }

  /** False when the leader does not know this boot, and so has taken nothing of it. */
  private boolean sendOnce(ReportRequest.Builder report) {
    sequence++;
    ReportRequest request =
        report
            .setMachine(machine)
            .setBootId(bootId)
            .setSequence(sequence)
            .setObserved(observed.get())
            .clearVerdicts()
            .addAllVerdicts(
                verdicts.get().stream()
                    .map(each -> each.toBuilder().setSequence(sequence).build())
                    .toList())
            .build();
    ReportReply reply =
        client.leader(CALL, channel -> MachineApiGrpc.newBlockingStub(channel).report(request));
    // another process counted further under our name: it would be the one that is heard
    sequence = Math.max(sequence, reply.getSequenceFloor());
    return !reply.getRegisterAgain();
  }

  private void register() {
    RegisterRequest request =
        RegisterRequest.newBuilder()
            .setMachine(machine)
            .setBootId(bootId)
            .setObserved(observed.get())
            .build();
    RegisterReply reply =
        client.leader(
            REGISTER, CALL, channel -> MachineApiGrpc.newBlockingStub(channel).register(request));
    // also above the clock: a leader that forgot our last sequence gives a floor that is too low
    sequence = Math.max(Math.max(sequence, reply.getSequenceFloor()), System.currentTimeMillis());
    registered = true;
    log.info("registered as {} with boot id {}", machine, bootId);
  }
}
