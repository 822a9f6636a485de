package io.pilothouse.agent;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.PullReply;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.client.Backoff;
import io.pilothouse.client.DmClient;
import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What should be so on this machine, as last pulled; kept on disk, so that a machine that boots
 * while no Device Manager answers runs what it ran.
 */
final class Wanted {
  private static final Logger log = LoggerFactory.getLogger(Wanted.class);
  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final Duration ATTEMPT = WAIT.plusSeconds(3);

  private final String machine;
  private final DmClient client;
  private final Disk disk;
  private final boolean kept;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile WantedState state;
  private volatile boolean known;
  private volatile long revision;
  private String etag = "";

  /**
   * @param kept whether it is kept on disk; the installer's is not: it acts on nothing but what it
   *     was told in this boot
   */
  Wanted(String machine, DmClient client, Disk disk, boolean kept) {
    this.machine = machine;
    this.client = client;
    this.disk = disk;
    this.kept = kept;
    this.state = kept ? load() : WantedState.getDefaultInstance();
  }

  private WantedState load() {
    try {
      if (!Files.isRegularFile(disk.wanted())) {
        return WantedState.getDefaultInstance();
      }
      WantedState state = WantedState.parseFrom(Files.readAllBytes(disk.wanted()));
      known = true;
      return state;
    } catch (InvalidProtocolBufferException e) {
      log.warn("{} is damaged and left aside until the next pull", disk.wanted());
      return WantedState.getDefaultInstance();
    } catch (IOException e) {
      log.warn("{} cannot be read: {}", disk.wanted(), e.toString());
      return WantedState.getDefaultInstance();
    }
  }

  /** Called after each change, on the pulling thread. */
  void onChange(Runnable listener) {
    listeners.add(listener);
  }

  WantedState get() {
    return state;
  }

  /** Whether {@link #get} was ever told, in this run or one before. */
  boolean known() {
    return known;
  }

  long revision() {
    return revision;
  }

  /** No place to wait for news was free there: it is waited for here, and not seen until then. */
  private static void rest(Duration asked) {
    if (!asked.isPositive()) {
      return;
    }
    try {
      Thread.sleep(Backoff.stretched(asked.compareTo(WAIT) < 0 ? asked : WAIT));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the program ends
    }
  }

  /** One long poll: returns when something changed, or after the wait. */
  void pull() throws IOException {
    PullRequest request =
        PullRequest.newBuilder()
            .setMachine(machine)
            .setRevision(revision)
            .setEtag(etag)
            .setWaitMs(WAIT.toMillis())
            .build();
    PullReply reply =
        client.any(
            ATTEMPT.multipliedBy(2),
            ATTEMPT,
            channel -> MachineApiGrpc.newBlockingStub(channel).pull(request));
    revision = Math.max(revision, reply.getRevision());
    if (reply.getNotModified()) {
      rest(Duration.ofMillis(reply.getPullAfterMs()));
      return;
    }
    state = reply.getWanted();
    known = true;
    try {
      if (kept) {
        DurableFiles.replace(disk.wanted(), state.toByteArray());
      }
      etag = reply.getEtag(); // without it all is told again, and written again
    } finally {
      listeners.forEach(Runnable::run); // a full disk must not delay what could free it
    }
  }
}
