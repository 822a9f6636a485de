package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.processes.Cgroup;
import io.pilothouse.tasks.ContainerMounts.Place;
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
 * there before the command gives up root's rights, and could hold the programs that do that. So no
 * path is trusted: other tasks of the same user may write where this one will, and lead it
 * elsewhere at any moment. Each name is made in, and entered from, the directory that was entered
 * before it; only once the kernel says where that is (proc(5), cwd) something is mounted there, by
 * the directory itself and not by its path. What is mounted is made ready where only root gets.
 */
final class MountedCommand implements Starting {
  private static final String MOUNT =
      """
      stage=$1
      owner=$2
      shift 2
      fails() {
        echo "a volume cannot be mounted: $1" >&2
        exit 126
      }
      enter() {
        cd -P -- "$1" || fails "$1 cannot be entered"
        here=$1
        names=$2
        while
          [ "$(readlink /proc/self/cwd)" = "$here" ] || fails "$here is led elsewhere"
          [ -z "$made" ] || chown -- "$owner" . || fails "$here cannot be given to its user"
          [ -n "$names" ]
        do
          name=${names%%/*}
          names=${names#"$name"}
          names=${names#/}
          made=
          if mkdir -- "./$name" 2>/dev/null; then
            made=$owner
          fi
          cd -P -- "./$name" || fails "$here/$name cannot be entered"
          here=$here/$name
        done
        made=
      }
      made=
      while [ "$1" != -- ]; do
        (
          if [ -n "$2" ]; then
            enter "$1" "$2"
          else
            cd -P -- "$1" || fails "$1 cannot be entered"
          fi
          mount -c -o "$5" . "$stage" || fails "$1/$2"
          enter "$3" "$4"
          mount -c --move "$stage" . || fails "$3/$4"
        ) || exit 126
        shift 5
      done
      shift
      """;

  private static final String EXEC = "exec \"$@\"";

  /** Beside what the agent knows of a container: that it was started so, and in what. */
  private static final String FILE = "spaces";

  private static final String GO = "cd -- \"$1\" && shift && exec \"$@\"";

  /** One of its mounts. */
  private record Bind(Place from, Place to, boolean readOnly) {}

  private final TaskCommand command;
  private final Path stage;
  private final List<Bind> mounts;
  private final boolean pids;

  private MountedCommand(TaskCommand command, Occupant occupant, List<Bind> mounts, boolean pids) {
    this.command = command;
    this.stage = occupant.meta().resolve("stage").toAbsolutePath();
    this.mounts = mounts;
    this.pids = pids;
  }

  /** Whether there is anything to mount for it. */
  private static boolean mounts(ContainerInfo container, List<Resource> resources) {
    return container.getVolumesCount() > 0 || resources.stream().anyMatch(Volumes::isReadOnly);
  }

  /**
   * Of one whose persistent volumes are linked; what it mounts upon is made when it is started.
   *
   * @return the command as it is where there is nothing to mount
   * @throws IOException when a volume cannot be had, in words for its framework
   */
  static Starting around(
      TaskCommand command, Machine machine, Occupant occupant, ContainerInfo container)
      throws IOException {
    boolean pids = machine.rules().get().ownPids() && OwnPids.work();
    if (!mounts(container, occupant.resources())) {
      return pids ? new MountedCommand(command, occupant, List.of(), true) : command;
    }
    if (!RunAs.isRoot()) {
      throw new IOException(
          "this agent is not root and can mount no volumes: start the agent as root");
    }
    ContainerMounts all =
        new ContainerMounts(real(occupant, machine), Ids.ROOT, machine.bundles().hostPaths());
    List<Bind> mounts = new ArrayList<>();
    for (Mount each : all.persistent()) {
      if (each.readOnly()) {
        // upon itself; its link leads there. Only root can put another directory in its place
        Place volume = new Place(Path.of(each.source()).toRealPath(), "");
        mounts.add(new Bind(volume, volume, true));
      }
    }
    for (Volume each : container.getVolumesList()) {
      Place from = directory(all.source(each), each);
      Place to =
          directory(ContainerMounts.below(all.occupant().sandbox(), each.getContainerPath()), each);
      mounts.add(new Bind(from, to, ContainerMounts.isReadOnly(each)));
    }
    return new MountedCommand(command, occupant, mounts, pids);
  }

  /** With its sandbox as the kernel names it; what is below the frameworks' is no link of ours. */
  private static Occupant real(Occupant occupant, Machine machine) throws IOException {
    Path all = machine.tasks().frameworks();
    Path sandbox = all.toRealPath().resolve(all.relativize(occupant.sandbox()));
    return new Occupant(
        occupant.container(), occupant.meta(), sandbox, occupant.command(), occupant.resources());
  }

  /** In words for its framework; that it stays so is seen to when it is mounted. */
  private static Place directory(Place place, Volume volume) throws IOException {
    Path at = place.base().resolve(place.below());
    if (!place.below().isEmpty()
        && Files.exists(at, LinkOption.NOFOLLOW_LINKS)
        && !Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(
          "the container path '%s' of a volume is taken already: '%s' is no directory"
              .formatted(volume.getContainerPath(), place.below()));
    }
    return place;
  }

  @Override
  public void write(Path meta, Map<String, String> environment, Optional<Cgroup> cgroup)
      throws IOException {
    Files.createDirectories(stage);
    Files.writeString(meta.resolve(FILE), pids ? "mount pid" : "mount");
    command.write(meta, environment, cgroup);
  }

  @Override
  public List<String> line(Optional<Cgroup> cgroup) {
    List<String> line = new ArrayList<>(Cgroup.entering(cgroup));
    line.addAll(List.of("unshare", "--mount", "--propagation", "slave"));
    line.addAll(pids ? OwnPids.OPTIONS : List.of());
    line.addAll(List.of("/bin/sh", "-c", MOUNT + (pids ? OwnPids.INIT : EXEC), "pilot-mount"));
    line.add(stage.toString());
    line.add(command.user().flatMap(RunAs::uid).map(Object::toString).orElse(""));
    for (Bind each : mounts) {
      line.addAll(List.of(each.from().base().toString(), each.from().below()));
      line.addAll(List.of(each.to().base().toString(), each.to().below()));
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
