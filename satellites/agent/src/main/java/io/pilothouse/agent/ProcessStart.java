package io.pilothouse.agent;

import io.pilothouse.manifests.ProcessSpec;
import io.pilothouse.processes.Cgroup;
import io.pilothouse.processes.Family;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Starts a process: in its groups, as its user, with its secrets, its output into its log. */
final class ProcessStart {
  private final ProcessSpec spec;
  private final Surroundings around;
  private final Map<String, String> ports;
  private final Secrets secrets;
  private final ProcessLog log;

  /**
   * @param ports variables with the ports of all processes of the manifest
   */
  ProcessStart(ProcessSpec spec, Map<String, String> ports, Surroundings around) {
    this.spec = spec;
    this.around = around;
    this.ports = ports;
    this.secrets = new Secrets(around.disk());
    Path file = around.disk().logs().resolve(spec.name() + ".log");
    this.log = new ProcessLog(file, spec.logs());
  }

  /** What keeps it from being started; empty when nothing does. */
  Optional<String> problem() throws IOException {
    return secrets.problem(spec.secrets());
  }

  Process start(Path directory, Optional<Cgroup> cgroup) throws IOException {
    List<String> command = new ArrayList<>(List.of("setsid"));
    command.addAll(Cgroup.entering(cgroup));
    command.addAll(ShellLine.prefix(spec.user()));
    command.addAll(List.of("/bin/sh", "-c", spec.run()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true);
    builder.environment().putAll(environment());
    builder.environment().putAll(secrets.give(spec.name(), spec.secrets(), spec.user()));
    return log.start(builder);
  }

  /** Runs its probes, with all that it has but its secrets. */
  ShellLine probes(Path directory) throws IOException {
    return new ShellLine(directory, environment(), ShellLine.prefix(spec.user()), Optional.empty());
  }

  /**
   * Runs its hooks, as its probes; what they print is kept.
   *
   * @param pid of the process, which hooks send signals to
   */
  ShellLine hooks(Path directory, long pid) throws IOException {
    Map<String, String> all = environment();
    all.put("PILOT_PID", Long.toString(pid));
    ProcessLog output = new ProcessLog(around.disk().logs().resolve("hooks.log"), ProcessLog.SMALL);
    return new ShellLine(directory, all, ShellLine.prefix(spec.user()), Optional.of(output));
  }

  private Map<String, String> environment() {
    Map<String, String> all = new TreeMap<>(around.environment());
    all.putAll(ports);
    all.putAll(spec.env());
    all.put("PILOT_ACTIVE", around.disk().active().toString());
    all.putAll(Family.marks(around.disk().root(), Family.PROCESS, spec.name()));
    return all;
  }

  /** Takes away what it was given. */
  void clean() throws IOException {
    secrets.take(spec.name());
  }
}
