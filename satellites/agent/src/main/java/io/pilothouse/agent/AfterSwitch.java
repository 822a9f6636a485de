package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.manifests.ManifestSpec;
import io.pilothouse.processes.Family;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a version has run once after the switch to it, when its processes are ready. Done is done,
 * also for an agent that starts anew; one that failed is tried again by the next agent only.
 */
final class AfterSwitch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AfterSwitch.class);

  private final Optional<ManifestSpec.Hook> hook;
  private final String version;
  private final Path directory;
  private final Map<String, String> environment;
  private final Surroundings around;
  private final Path doneFile;
  private Optional<Thread> thread = Optional.empty();
  private volatile Optional<Problem> problem;

  AfterSwitch(
      ManifestSpec manifest, VersionRef version, Map<String, String> ports, Surroundings around)
      throws IOException {
    this.hook = manifest.afterSwitch();
    this.version = RunningVersion.text(version) + " " + version.getDigest();
    this.directory = around.disk().version(version);
    this.environment = new TreeMap<>(around.environment());
    this.environment.putAll(ports);
    this.environment.put("PILOT_ACTIVE", around.disk().active().toString());
    this.environment.putAll(Family.marks(around.disk().root(), Family.PROCESS, "(after-switch)"));
    this.around = around;
    this.doneFile = doneFile(around.disk());
    boolean due = hook.isPresent() && !isDone();
    this.problem =
        due
            ? Optional.of(new Problem(Problem.STARTING, "after-switch has not run yet"))
            : Optional.empty();
  }

  /** Another version is about to be switched to: whoever comes back here runs its hook anew. */
  static void forget(Disk disk) throws IOException {
    Files.deleteIfExists(doneFile(disk));
  }

  private static Path doneFile(Disk disk) {
    return disk.run().resolve("after-switch");
  }

  private boolean isDone() throws IOException {
    return Files.isRegularFile(doneFile) && Files.readString(doneFile).strip().equals(version);
  }

  /** Empty when it has run well, or there is none. */
  Optional<Problem> problem() {
    return problem;
  }

  void round(boolean allServe) {
    if (hook.isPresent() && problem.isPresent() && allServe && thread.isEmpty()) {
      thread = Optional.of(Thread.ofVirtual().name("after-switch").start(this::run));
    }
  }

  private void run() {
    ManifestSpec.Hook what = hook.orElseThrow();
    ProcessLog output = new ProcessLog(around.disk().logs().resolve("hooks.log"), ProcessLog.SMALL);
    ShellLine shell = new ShellLine(directory, environment, List.of(), Optional.of(output));
    try {
      Optional<String> failure = shell.run("after-switch", what.run(), what.timeout());
      if (failure.isEmpty()) {
        Files.createDirectories(doneFile.getParent());
        DurableFiles.replace(doneFile, (version + "\n").getBytes(StandardCharsets.UTF_8));
      }
      failure.ifPresent(each -> log.warn("{} of {}", each, version));
      problem =
          failure.map(
              each ->
                  new Problem(Problem.AFTER_SWITCH, each + "; its output is in logs/hooks.log"));
    } catch (IOException e) {
      problem =
          Optional.of(
              new Problem(Problem.AFTER_SWITCH, "after-switch cannot be noted as done: " + e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // another version is switched to
    }
    around.changed().run();
  }

  @Override
  public void close() {
    thread.ifPresent(Thread::interrupt);
  }
}
