package io.pilothouse.agent;

import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.filesync.client.Fetcher;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
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
  private final Reporter reporter;
  private final BurnIn burnIn;
  private long doneToken;
  private Provisioning.Step doneStep = Provisioning.Step.STEP_UNSPECIFIED;

  Installer(Disk disk, Wanted wanted, Fetcher fetcher, Reporter reporter) {
    this.disk = disk;
    this.wanted = wanted;
    this.fetcher = fetcher;
    this.reporter = reporter;
    this.burnIn = new BurnIn(disk.root());
  }

  /** One round: does the step that is assigned, once. */
  void round() throws InterruptedException {
    WantedState now = wanted.get();
    Provisioning assigned = now.getProvisioning();
    boolean done = assigned.getToken() == doneToken && assigned.getStep() == doneStep;
    if (done || assigned.getToken() == 0) {
      return;
    }
    switch (assigned.getStep()) {
      case IMAGING -> end(assigned, () -> image(assigned.getImage(), now.getDeploymentsList()));
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
    } catch (IOException e) {
      failure = String.valueOf(e.getMessage());
      log.warn("{} failed: {}", assigned.getStep(), failure);
    }
    reporter.stepEnded(assigned.getToken(), assigned.getStep(), failure);
    doneToken = assigned.getToken();
    doneStep = assigned.getStep();
    log.info("{} ended{}", assigned.getStep(), failure.isEmpty() ? "" : ": " + failure);
  }

  private void image(VersionRef image, List<String> sources)
      throws IOException, InterruptedException {
    disk.wipe();
    Files.createDirectories(disk.root());
    fetcher.fetch(image.getDigest(), disk.os(), sources);
    disk.writeImage(image);
  }
}
