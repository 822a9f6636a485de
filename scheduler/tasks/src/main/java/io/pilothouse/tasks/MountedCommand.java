package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.processes.Cgroup;
import io.pilothouse.tasks.oci.Ids;
import io.pilothouse.tasks.oci.Mount;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A command that sees the machine's files, and volumes beside them: in a name space of mounts of
 * its own, so that nothing is mounted on the machine and all of it goes with the last process. It
 * may have one of process ids as well ({@link OwnPids}).
 *
 * <p>Volumes are below the sandbox alone. What is mounted over the machine's own files would be
 * there before the command gives up root's rights, and could hold the programs that do that.
 */
final class MountedCommand implements Starting {
  private static final String MOUNT =
      """
      while [ "$1" != -- ]; do
        mount -o "$3" -- "$1" "$2" || exit 126
        shift 3
      done
      shift
      """;

  private static final String EXEC = "exec \"$@\"";

  /** Beside what the agent knows of a container: that it was started so, and in what. */
  private static final String FILE = "spaces";

  private static final String GO = "cd -- \"$1\" && shift && exec \"$@\"";

  private final TaskCommand command;
  private final List<Mount> mounts;
  private final boolean pids;

  private MountedCommand(TaskCommand command, List<Mount> mounts, boolean pids) {
    this.command = command;
    this.mounts = mounts;
    this.pids = pids;
  }

  /** Whether there is anything to mount for it. */
  private static boolean mounts(ContainerInfo container, List<Resource> resources) {
    return container.getVolumesCount() > 0 || resources.stream().anyMatch(Volumes::isReadOnly);
  }

  /**
   * Of one whose persistent volumes are linked; makes what it mounts upon in its sandbox.
   *
   * @return the command as it is where there is nothing to mount
   * @throws IOException when a volume cannot be had, in words for its framework
   */
  static Starting around(
      TaskCommand command, Machine machine, Occupant occupant, ContainerInfo container)
      throws IOException {
    boolean pids = machine.rules().get().ownPids() && OwnPids.work();
    if (!mounts(container, occupant.resources())) {
      return pids ? new MountedCommand(command, List.of(), true) : command;
    }
    if (!RunAs.isRoot()) {
      throw new IOException(
          "this agent is not root and can mount no volumes: start the agent as root");
    }
    Ids user =
        command
            .user()
            .filter(RunAs::isOther)
            .map(each -> new Ids(each.uid().orElseThrow(), each.gid().orElseThrow(), List.of()))
            .orElse(Ids.ROOT);
    ContainerMounts all = new ContainerMounts(occupant, user, machine.bundles().hostPaths());
    List<Mount> mounts = new ArrayList<>();
    for (Mount each : all.persistent()) {
      if (each.readOnly()) {
        mounts.add(each); // upon itself; its link leads there
      }
    }
    for (Volume each : container.getVolumesList()) {
      Path at = occupant.sandbox().resolve(each.getContainerPath()).normalize();
      if (Files.exists(at, LinkOption.NOFOLLOW_LINKS)
          && !Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(
            "the container path '%s' of a volume is taken already"
                .formatted(each.getContainerPath()));
      }
      mounts.add(all.of(each, all.within(occupant.sandbox(), each.getContainerPath())));
    }
    return new MountedCommand(command, mounts, pids);
  }

  @Override
  public void write(Path meta, Map<String, String> environment, Optional<Cgroup> cgroup)
      throws IOException {
    Files.writeString(meta.resolve(FILE), pids ? "mount pid" : "mount");
    command.write(meta, environment, cgroup);
  }

  @Override
  public List<String> line(Optional<Cgroup> cgroup) {
    List<String> line = new ArrayList<>(Cgroup.entering(cgroup));
    line.addAll(List.of("unshare", "--mount", "--propagation", "slave"));
    line.addAll(pids ? OwnPids.OPTIONS : List.of());
    line.addAll(List.of("/bin/sh", "-c", MOUNT + (pids ? OwnPids.INIT : EXEC), "pilot-mount"));
    for (Mount each : mounts) {
      line.addAll(List.of(each.source(), each.destination()));
      // what is mounted below would stay writable: it is left out of what is only to be read
      line.add((each.readOnly() ? "bind,ro" : "rbind,rw") + ",nosuid,nodev");
    }
    line.add("--");
    line.addAll(command.line(Optional.empty()));
    return line;
  }

  /**
   * A command that looks at such a task, in its name spaces.
   *
   * @param spaces that it was started in
   */
  private record Look(TaskCommand command, Occupant occupant, String spaces)
      implements Container.Beside {
    @Override
    public List<String> lineBeside(Optional<Cgroup> cgroup) throws IOException {
      OptionalLong leader = Keeper.task(occupant.meta());
      if (leader.isEmpty()) {
        throw new IOException("it does not run any more");
      }
      String pid = Long.toString(leader.getAsLong());
      List<String> line = new ArrayList<>(Cgroup.entering(cgroup));
      line.addAll(List.of("nsenter", "--mount", "--target", pid));
      if (spaces.endsWith("pid")) {
        line.add("--pid=/proc/" + pid + "/ns/pid_for_children"); // it waits outside of its own
      }
      line.addAll(List.of("--", "/bin/sh", "-c", GO, "pilot-look", occupant.sandbox().toString()));
      line.addAll(command.lineBeside(Optional.empty()));
      return line;
    }

    @Override
    public String script(Map<String, String> environment) throws IOException {
      return command.script(environment);
    }
  }

  /** What looks at a task, by a command of its user's, however it was started. */
  static Container.Beside beside(TaskCommand command, Occupant occupant) throws IOException {
    Path file = occupant.meta().resolve(FILE);
    return Files.isRegularFile(file)
        ? new Look(command, occupant, Files.readString(file))
        : command;
  }
}
