package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands this machine over to another version of the agent, and proves to the launcher that this one
 * is well. The launcher takes back what does not report; it is a shell script so that it needs
 * nothing of what it may have to take back.
 */
final class AgentUpdate {
  private static final Logger log = LoggerFactory.getLogger(AgentUpdate.class);

  /** The exit status that has the launcher start what was put in this agent's place. */
  static final int HANDED_OVER = 75;

  /** How the launcher begins to say that a version ran and told nobody. */
  private static final String UNHEARD = "did not report";

  private static final String VERSION = "PILOT_AGENT";
  private static final String LAUNCHER = "PILOT_AGENT_LAUNCHER";

  private final Disk disk;
  private final Wanted wanted;
  private final Staged staged;
  private final Map<String, String> environment;
  private final BooleanSupplier hasReported;
  private final Runnable handOver;
  private volatile Optional<Problem> problem = Optional.empty();
  private boolean confirmed;
  private boolean left;

  /**
   * @param environment of this program, as the launcher set it
   * @param hasReported whether a Device Manager took the last report of this program
   * @param handOver ends this program with {@link #HANDED_OVER}
   */
  AgentUpdate(
      Disk disk,
      Wanted wanted,
      Staged staged,
      Map<String, String> environment,
      BooleanSupplier hasReported,
      Runnable handOver) {
    this.disk = disk;
    this.wanted = wanted;
    this.staged = staged;
    this.environment = environment;
    this.hasReported = hasReported;
    this.handOver = handOver;
  }

  /** The version that this program is; empty for the one of the image. */
  Optional<VersionRef> running() {
    String text = environment.getOrDefault(VERSION, "");
    int at = text.indexOf('@');
    if (at < 0) {
      return Optional.empty();
    }
    String name = text.substring(0, at);
    String version = text.substring(at + 1);
    return Optional.of(
        staged
            .find(name, version)
            .orElse(VersionRef.newBuilder().setName(name).setVersion(version).build()));
  }

  /** Why another version is wanted and this one runs; empty when nothing is wrong. */
  Optional<Problem> problem() {
    return problem;
  }

  /** One round: proves itself, and hands over once the wanted version is here. */
  void round() throws IOException {
    if (!hasReported.getAsBoolean()) {
      return; // without a Device Manager the next one could not prove itself either
    }
    if (!confirmed) {
      Files.deleteIfExists(file("trial"));
      confirmed = true;
    }
    WantedState now = wanted.get();
    boolean asked = now.hasAgent() && !now.getAgent().getName().isEmpty();
    if (!asked || isRunning(now.getAgent())) {
      Files.deleteIfExists(file("failed"));
      Files.deleteIfExists(file("again"));
      problem = Optional.empty();
      if (!asked && now.getInService() && running().isPresent() && !left) {
        leave();
      }
      return;
    }
    VersionRef next = now.getAgent();
    problem = blocked(next);
    if (problem.isEmpty() && staged.versions().contains(next) && !left) {
      replace(next);
      left = true;
      log.info("hands over to {}", RunningVersion.text(next));
      handOver.run();
    }
  }

  private boolean isRunning(VersionRef ref) {
    return running().filter(ref::equals).isPresent();
  }

  private Optional<Problem> blocked(VersionRef next) throws IOException {
    String text = RunningVersion.text(next);
    if (!environment.containsKey(LAUNCHER)) {
      return Optional.of(
          new Problem(
              Problem.AGENT,
              "agent %s cannot take over: this one was not started by agent-launcher"
                  .formatted(text)));
    }
    Path failed = file("failed");
    if (Files.isRegularFile(failed)) {
      String[] words = Files.readString(failed).strip().split(" ", 2);
      boolean isNext = words.length == 2 && words[0].equals(text);
      if (isNext && !(words[1].startsWith(UNHEARD) && isFirstTime(text))) {
        return Optional.of(
            new Problem(Problem.AGENT, "agent %s was taken back: it %s".formatted(text, words[1])));
      }
      Files.delete(failed);
    }
    return Optional.empty();
  }

  /**
   * Whether a version may be tried again: the Device Manager may have been away while it was on
   * trial, and answers now. Once; written down first, so that a kill gives no further trial.
   */
  private boolean isFirstTime(String text) throws IOException {
    Path again = file("again");
    if (Files.isRegularFile(again) && Files.readString(again).equals(text)) {
      return false;
    }
    DurableFiles.replace(again, text.getBytes(StandardCharsets.UTF_8));
    log.info("{} did not report: it is tried once more", text);
    return true;
  }

  /**
   * In this order a kill at any point leaves an agent that starts, and no version on trial twice.
   */
  private void replace(VersionRef next) throws IOException {
    Files.createDirectories(disk.agent());
    Path current = file("current");
    Path previous = file("previous");
    Files.deleteIfExists(previous);
    if (Files.isSymbolicLink(current)) {
      Files.createSymbolicLink(previous, Files.readSymbolicLink(current));
    }
    DurableFiles.replace(file("trial"), RunningVersion.text(next).getBytes(StandardCharsets.UTF_8));
    Path fresh = file("current.new");
    Files.deleteIfExists(fresh);
    Files.createSymbolicLink(fresh, disk.version(next));
    Files.move(fresh, current, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.syncDirectory(disk.agent());
  }

  /** A rollout that went back to before the first one: the image's agent is to run again. */
  private void leave() throws IOException {
    Files.deleteIfExists(file("current"));
    Files.deleteIfExists(file("previous"));
    DurableFiles.syncDirectory(disk.agent());
    left = true;
    log.info("hands over to the agent of the image");
    handOver.run();
  }

  private Path file(String name) {
    return disk.agent().resolve(name);
  }
}
