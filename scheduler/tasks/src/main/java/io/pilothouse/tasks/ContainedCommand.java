package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.processes.Cgroup;
import io.pilothouse.tasks.oci.Ids;
import io.pilothouse.tasks.oci.Prepared;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A task in a container of an image: its variables and its words go to the runtime in a file that
 * nobody but the agent can read.
 */
final class ContainedCommand implements Starting {
  private static final String OURS = "PILOT_";

  private final Machine machine;
  private final TaskRecord record;
  private final Containment wanted;
  private final Prepared prepared;
  private final Ids user;

  /**
   * Of a task.
   *
   * @param machines whom the machine's rules have it run as
   * @throws IOException when it cannot run as anybody, in words for its framework
   */
  ContainedCommand(
      Machine machine,
      TaskRecord record,
      Containment wanted,
      Prepared prepared,
      Optional<RunAs> machines)
      throws IOException {
    this.machine = machine;
    this.record = record;
    this.wanted = wanted;
    this.prepared = prepared;
    this.user = prepared.user(machines).with(VolumeGroups.of(record.meta()));
  }

  /**
   * Its variables: Mesos' and its own. Of the machine's only what names the fleet is meant for it.
   */
  static Map<String, String> environment(Machine machine, TaskRecord record) throws IOException {
    Map<String, String> fleet = new TreeMap<>(machine.environment());
    fleet.keySet().removeIf(each -> !each.startsWith(OURS));
    Map<String, String> all = TaskEnvironment.of(fleet, record);
    all.put("MESOS_SANDBOX", Containment.SANDBOX);
    all.put("MESOS_DIRECTORY", Containment.SANDBOX);
    return all;
  }

  @Override
  public void write(Path meta, Map<String, String> environment, Optional<Cgroup> cgroup)
      throws IOException {
    CommandInfo command = record.info().getCommand();
    prepared.write(
        new Prepared.Wanted(
            command,
            wanted.docker(),
            user,
            wanted.hostname().isEmpty() ? machine.name() : wanted.hostname(),
            Containment.SANDBOX,
            new ContainerMounts(record, user, machine.bundles().hostPaths()).of(wanted)),
        environment,
        cgroup);
    Files.createFile(meta.resolve("command")); // its standard input, in which nothing is
  }

  @Override
  public List<String> line(Optional<Cgroup> cgroup) {
    List<String> line = new ArrayList<>(Cgroup.entering(cgroup));
    line.addAll(prepared.line(user));
    return line;
  }

  /** A command that looks at such a task, in its container. */
  record Look(Machine machine, String container, CommandInfo command) implements Container.Beside {
    @Override
    public List<String> lineBeside(Optional<Cgroup> cgroup) throws IOException {
      List<String> line = new ArrayList<>(Cgroup.entering(cgroup));
      line.addAll(machine.bundles().exec(container));
      return line;
    }

    @Override
    public String script(Map<String, String> environment) throws IOException {
      List<String> words = new ArrayList<>();
      if (command.getShell()) {
        words.addAll(List.of("/bin/sh", "-c", command.getValue()));
      } else {
        words.add(command.getValue());
        words.addAll(command.getArgumentsList().stream().skip(1).toList());
      }
      return machine.bundles().describe(container, words, environment);
    }
  }
}
