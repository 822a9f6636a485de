package io.pilothouse.agent;

import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.client.DmException;
import io.pilothouse.filesync.client.Fetcher;
import java.io.IOException;
import java.nio.file.Files;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Installs the machine when it was booted from the network: writes the image that the Device
 * Manager assigned to this very machine, then burns in. Acts only under the assignment's token and
 * reports under it; a stale one is refused there.
 */
final class Installer {
  private static final Logger log = LoggerFactory.getLogger(Installer.class);

  private final Disk disk;
  private final Wanted wanted;
  private final Fetcher fetcher;
  private final Sourcing sourcing;
  private final Reporter reporter;
  private final BurnIn burnIn;
  private Outcome outcome = new Outcome(0, Provisioning.Step.STEP_UNSPECIFIED, "");
  private boolean reported = true;

  /**
   * How the last step ended.
   *
   * @param failure empty when it went well
   */
  private record Outcome(long token, Provisioning.Step step, String failure) {}

  Installer(Disk disk, Wanted wanted, Fetcher fetcher, Sourcing sourcing, Reporter reporter) {
    this.disk = disk;
    this.wanted = wanted;
    this.fetcher = fetcher;
    this.sourcing = sourcing;
    this.reporter = reporter;
    this.burnIn = new BurnIn(disk.root());
  }

  /** One round: does the step that is assigned, once. */
  void round() throws InterruptedException {
    WantedState now = wanted.get();
    Provisioning assigned = now.getProvisioning();
    boolean done = assigned.getToken() == outcome.token() && assigned.getStep() == outcome.step();
    if (done) {
      report(); // once more, when it did not arrive; the step itself is done once
    }
    if (done || assigned.getToken() == 0) {
      return;
    }
    switch (assigned.getStep()) {
      case IMAGING -> end(assigned, () -> image(assigned.getImage()));
      case BURNING_IN -> end(assigned, burnIn::run);
      case STEP_UNSPECIFIED,
          MATCHED,
          POWERING,
          BOOTING,
          VERIFIED,
          AWAITING_OPERATOR,
          UNRECOGNIZED -> {}
    }
  }

  /** A step that may fail; the message goes to the operator. */
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private void end(Provisioning assigned, Work work) throws InterruptedException {
    String failure = "";
    try {
      work.run();
    } catch (IOException | RuntimeException e) {
      String message = e.getMessage();
      failure = message == null || message.isBlank() ? e.toString() : message;
      log.warn("{} failed", assigned.getStep(), e);
    }
    outcome = new Outcome(assigned.getToken(), assigned.getStep(), failure);
    reported = false;
    report();
  }

  private void report() {
    if (reported) {
      return;
    }
    try {
      reporter.stepEnded(outcome.token(), outcome.step(), outcome.failure());
    } catch (DmException e) {
      if (!e.staleToken()) {
        throw e;
      }
      log.info("{} was under token {}, which is stale", outcome.step(), outcome.token());
    }
    reported = true;
    log.info("{} ended {}", outcome.step(), outcome.failure().isEmpty() ? "well" : "badly");
  }

  private void image(VersionRef image) throws IOException, InterruptedException {
    disk.wipe();
    Files.createDirectories(disk.root());
    fetcher.fetch(image.getDigest(), disk.os(), sourcing.of(image.getDigest()));
    disk.writeImage(image);
  }
}
