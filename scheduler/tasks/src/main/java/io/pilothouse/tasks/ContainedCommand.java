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
 * A task or an executor in a container of an image: its variables and its words go to the runtime
 * in a file that nobody but the agent can read.
 */
final class ContainedCommand implements Starting {
  private static final String OURS = "PILOT_";

  private final Machine machine;
  private final Occupant occupant;
  private final Containment wanted;
  private final Prepared prepared;
  private final Ids user;

  /**
   * Of one whose volumes are linked.
   *
   * @param machines whom the machine's rules have it run as
   * @throws IOException when it cannot run as anybody, in words for its framework
   */
  ContainedCommand(
      Machine machine,
      Occupant occupant,
      Containment wanted,
      Prepared prepared,
      Optional<RunAs> machines)
      throws IOException {
    this.machine = machine;
    this.occupant = occupant;
    this.wanted = wanted;
    this.prepared = prepared;
    this.user =
        prepared.user(machines).with(VolumeGroups.of(occupant.meta(), occupant.resources()));
  }

  /** Of the machine's variables, those that name the fleet: no others are meant for a container. */
  static Map<String, String> ofMachine(Machine machine) {
    Map<String, String> fleet = new TreeMap<>(machine.environment());
    fleet.keySet().removeIf(each -> !each.startsWith(OURS));
    return fleet;
  }

  /** Mesos' variables and its own, as they are in the container. */
  static Map<String, String> inside(Map<String, String> outside) {
    Map<String, String> all = new TreeMap<>(outside);
    all.put("MESOS_SANDBOX", Containment.SANDBOX);
    all.put("MESOS_DIRECTORY", Containment.SANDBOX);
    return all;
  }

  @Override
  public void write(Path meta, Map<String, String> environment, Optional<Cgroup> cgroup)
      throws IOException {
    prepared.write(
        new Prepared.Wanted(
            occupant.command(),
            wanted.docker(),
            user,
            wanted.hostname().isEmpty() ? machine.name() : wanted.hostname(),
            Containment.SANDBOX,
            new ContainerMounts(occupant, user, machine.bundles().hostPaths()).of(wanted)),
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
