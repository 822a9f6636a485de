package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.mesos.v1.Volume.Source;
import io.pilothouse.tasks.oci.Ids;
import io.pilothouse.tasks.oci.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a container sees of the machine: its sandbox, its persistent volumes, and what its
 * ContainerInfo names as volumes. Nothing runs in the sandbox yet, and what is made in it becomes
 * its user's only when all is made: other tasks of that user lead no path elsewhere meanwhile.
 *
 * @param allowed directories of the machine that containers may have; with {@value #TO_READ} behind
 *     them, to read alone
 */
record ContainerMounts(Occupant occupant, Ids user, Set<Path> allowed) {
  private static final String TO_READ = ":ro";

  /**
   * A directory of the machine.
   *
   * @param base that is known to be there, and where
   * @param below names within it, which may have to be made; empty for the base itself
   */
  record Place(Path base, String below) {}

  /**
   * All of them, made where they are to be within the sandbox.
   *
   * @throws IOException when one cannot be had, in words for its framework
   */
  List<Mount> of(Containment wanted) throws IOException {
    List<Mount> all = new ArrayList<>();
    all.add(new Mount(occupant.sandbox().toString(), Containment.SANDBOX, false));
    for (Volumes.Used each : Volumes.used(occupant.meta(), occupant.resources())) {
      if (!each.resource().hasShared()) {
        own(each.directory());
      }
    }
    all.addAll(persistent());
    List<Path> made = new ArrayList<>();
    for (Volume each : wanted.volumes()) {
      String at = each.getContainerPath();
      String destination =
          at.startsWith("/")
              ? Path.of(at).normalize().toString()
              : Path.of(Containment.SANDBOX).resolve(at).normalize().toString();
      all.add(new Mount(make(source(each), made).toString(), destination, isReadOnly(each)));
    }
    for (Path each : made.reversed()) {
      own(each);
    }
    return all;
  }

  /** Its persistent volumes: where the links in the sandbox lead, in the container as outside. */
  List<Mount> persistent() throws IOException {
    List<Mount> all = new ArrayList<>();
    for (Volumes.Used each : Volumes.used(occupant.meta(), occupant.resources())) {
      String volume = each.directory().toString();
      all.add(new Mount(volume, volume, Volumes.isReadOnly(each.resource())));
    }
    return all;
  }

  static boolean isReadOnly(Volume volume) {
    return volume.getMode() == Volume.Mode.RO;
  }

  /**
   * Where a volume is that its ContainerInfo names.
   *
   * @throws IOException when it may not have that, in words for its framework
   */
  Place source(Volume volume) throws IOException {
    if (!volume.hasSource()) {
      return source(volume.getHostPath(), isReadOnly(volume));
    }
    Source source = volume.getSource();
    return switch (source.getType()) {
      case HOST_PATH -> source(source.getHostPath().getPath(), isReadOnly(volume));
      case SANDBOX_PATH -> {
        boolean parent = source.getSandboxPath().getType() == Source.SandboxPath.Type.PARENT;
        Path of = parent ? executorsSandbox() : occupant.sandbox();
        yield below(of, source.getSandboxPath().getPath());
      }
      case DOCKER_VOLUME, SECRET, CSI_VOLUME, UNKNOWN ->
          throw new IOException("a volume of type %s".formatted(source.getType()));
    };
  }

  /** That of the group's executor, in which the task's own is {@code containers/ID}. */
  private Path executorsSandbox() {
    return DurableFiles.parent(DurableFiles.parent(occupant.sandbox()));
  }

  private Place source(String path, boolean readOnly) throws IOException {
    if (!path.startsWith("/")) {
      return below(occupant.sandbox(), path);
    }
    Path wanted = Path.of(path).normalize();
    // what the operator wrote, and never a framework's path that happens to end as its mark does
    boolean toRead =
        allowed.stream().map(Path::toString).anyMatch(each -> each.equals(wanted + TO_READ));
    if (toRead && !readOnly) {
      throw new IOException(
          "containers may only read %s of this machine: use the mode RO".formatted(wanted));
    }
    if (!toRead && (!allowed.contains(wanted) || wanted.toString().endsWith(TO_READ))) {
      throw new IOException(
          ("containers may not have %s of this machine: use a path below the sandbox, or have the"
                  + " machine's type allow exactly this one (offers: host-paths: [%s])")
              .formatted(wanted, wanted));
    }
    return new Place(wanted, ""); // whether it is there is seen later: to look could take for ever
  }

  /**
   * Below a sandbox, made or not.
   *
   * @throws IOException when what is there is no directory, in words for its framework
   */
  static Place below(Path sandbox, String path) throws IOException {
    String names = Path.of(path).normalize().toString();
    Path at = sandbox;
    for (Path each : Path.of(names)) {
      at = at.resolve(each).normalize();
      if (Files.isSymbolicLink(at)) {
        throw new IOException(
            "the volume's path '%s' leads by a link in the sandbox: name where it leads"
                .formatted(path));
      }
    }
    return new Place(sandbox, names);
  }

  /**
   * It, made as far as it is not there.
   *
   * @param made what was, is added to it
   */
  private static Path make(Place place, List<Path> made) throws IOException {
    Path at = place.base();
    for (Path each : Path.of(place.below())) {
      at = at.resolve(each).normalize();
      if (!Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(at);
        made.add(at);
      }
    }
    return at;
  }

  /** It alone, and nothing in it. */
  private void own(Path directory) throws IOException {
    if (user.uid() != 0) {
      Files.setAttribute(directory, "unix:uid", user.uid(), LinkOption.NOFOLLOW_LINKS);
    }
  }
}
