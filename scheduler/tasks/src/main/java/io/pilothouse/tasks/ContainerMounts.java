package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.mesos.v1.Volume.Source;
import io.pilothouse.tasks.oci.Ids;
import io.pilothouse.tasks.oci.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * What a container sees of the machine: its sandbox, its persistent volumes, and what its
 * ContainerInfo names as volumes. Nothing runs in the sandbox yet, so nobody leads a path elsewhere
 * after it was looked at.
 *
 * @param allowed directories of the machine that containers may have; with {@value #TO_READ} behind
 *     them, to read alone
 */
record ContainerMounts(Occupant occupant, Ids user, Set<Path> allowed) {
  private static final String TO_READ = ":ro";

  /**
   * All of them, made where they are to be within the sandbox.
   *
   * @throws IOException when one cannot be had, in words for its framework
   */
  List<Mount> of(Containment wanted) throws IOException {
    List<Mount> all = new ArrayList<>();
    all.add(new Mount(occupant.sandbox().toString(), Containment.SANDBOX, false));
    for (Mount each : persistent()) {
      if (!VolumeGroups.isShared(Path.of(each.source()))) {
        own(Path.of(each.source()));
      }
      all.add(each);
    }
    for (Volume each : wanted.volumes()) {
      String at = each.getContainerPath();
      String destination =
          at.startsWith("/")
              ? Path.of(at).normalize().toString()
              : Path.of(Containment.SANDBOX).resolve(at).normalize().toString();
      all.add(of(each, destination));
    }
    return all;
  }

  /** Its persistent volumes: where the links in the sandbox lead, in the container as outside. */
  List<Mount> persistent() throws IOException {
    List<Mount> all = new ArrayList<>();
    Iterator<Path> at = Volumes.used(occupant.meta()).iterator();
    for (Resource each : occupant.resources()) {
      if (each.getDisk().hasPersistence() && at.hasNext()) {
        String volume = at.next().toString();
        all.add(new Mount(volume, volume, Volumes.isReadOnly(each)));
      }
    }
    return all;
  }

  /** A volume that its ContainerInfo names. */
  Mount of(Volume volume, String destination) throws IOException {
    boolean readOnly = volume.getMode() == Volume.Mode.RO;
    return new Mount(source(volume, readOnly), destination, readOnly);
  }

  private String source(Volume volume, boolean readOnly) throws IOException {
    if (!volume.hasSource()) {
      return source(volume.getHostPath(), readOnly);
    }
    Source source = volume.getSource();
    return switch (source.getType()) {
      case HOST_PATH -> source(source.getHostPath().getPath(), readOnly);
      case SANDBOX_PATH -> {
        boolean parent = source.getSandboxPath().getType() == Source.SandboxPath.Type.PARENT;
        Path of = parent ? executorsSandbox() : occupant.sandbox();
        yield within(of, source.getSandboxPath().getPath());
      }
      case DOCKER_VOLUME, SECRET, CSI_VOLUME, UNKNOWN ->
          throw new IOException("a volume of type %s".formatted(source.getType()));
    };
  }

  /** That of the group's executor, in which the task's own is {@code containers/ID}. */
  private Path executorsSandbox() {
    return DurableFiles.parent(DurableFiles.parent(occupant.sandbox()));
  }

  private String source(String path, boolean readOnly) throws IOException {
    if (!path.startsWith("/")) {
      return within(occupant.sandbox(), path);
    }
    Path wanted = Path.of(path).normalize();
    if (allowed.contains(Path.of(wanted + TO_READ))) {
      if (!readOnly) {
        throw new IOException(
            "containers may only read %s of this machine: use the mode RO".formatted(wanted));
      }
      return wanted.toString();
    }
    if (!allowed.contains(wanted)) {
      throw new IOException(
          ("containers may not have %s of this machine: use a path below the sandbox, or have the"
                  + " machine's type allow exactly this one (offers: host-paths: [%s])")
              .formatted(wanted, wanted));
    }
    return wanted.toString(); // the runtime says whether it is there: to look could take for ever
  }

  /** Below a sandbox, made if it is not there. */
  String within(Path sandbox, String path) throws IOException {
    Path at = sandbox;
    for (Path each : Path.of(path).normalize()) {
      if (each.toString().isEmpty()) {
        continue;
      }
      at = at.resolve(each);
      if (Files.isSymbolicLink(at)) {
        throw new IOException(
            "the volume's path '%s' leads by a link in the sandbox: name where it leads"
                .formatted(path));
      }
      if (!Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(at);
        own(at);
      }
    }
    return at.toString();
  }

  /** It alone, and nothing in it. */
  private void own(Path directory) throws IOException {
    if (user.uid() != 0) {
      Files.setAttribute(directory, "unix:uid", user.uid(), LinkOption.NOFOLLOW_LINKS);
    }
  }
}
