package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.AgentVolumes;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Volume;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileOwnerAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Persistent volumes: directories of the machine that outlive the tasks that use them. The
 * scheduler says which there are; each has a directory of its own, {@code
 * volumes/data/ROLE/ID/INSTANCE}, that no other volume ever gets, so that nobody finds what
 * somebody else left behind. A task has a link to it where its resource says.
 *
 * <p>A directory that was made is never made again in silence: a volume whose data is gone fails
 * its tasks. One that is no volume any more is removed when nothing uses it: at once if the
 * scheduler says that it was destroyed, else (the scheduler may have forgotten it) after a week.
 */
final class Volumes {
  private static final Logger log = LoggerFactory.getLogger(Volumes.class);
  private static final Duration UNLISTED_KEPT = Duration.ofDays(7);
  private static final FileAttribute<?> OWNERS_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /** Beside a directory that is no volume any more; its time says since when. */
  private static final String GONE = ".gone";

  private static final byte[] DESTROYED = "destroyed".getBytes(StandardCharsets.UTF_8);
  private static final byte[] UNLISTED = "unlisted".getBytes(StandardCharsets.UTF_8);

  private static final Duration LOOK_EVERY = Duration.ofMinutes(1);

  private final TaskDisk disk;
  private volatile boolean changed = true;
  private long lookedAt = System.nanoTime();

  Volumes(TaskDisk disk) {
    this.disk = disk;
  }

  /** Those that there are, as the scheduler said last. */
  List<AgentVolume> listed() throws IOException {
    Path file = list();
    return Files.exists(file)
        ? AgentVolumes.parseFrom(Files.readAllBytes(file)).getVolumesList()
        : List.of();
  }

  /** The same, for a scheduler that is to know that there are any. */
  List<AgentVolume> told() {
    try {
      return listed();
    } catch (IOException e) {
      log.warn("{} cannot be read: {}", list(), e.toString());
      return List.of();
    }
  }

  private Path list() {
    return disk.volumes().resolve("list");
  }

  private Path data() {
    return disk.volumes().resolve("data");
  }

  Path directory(AgentVolume volume) {
    return data()
        .resolve(TaskDisk.name(volume.getRole()))
        .resolve(TaskDisk.name(volume.getId()))
        .resolve(TaskDisk.name(volume.getInstance()));
  }

  private static Path mark(Path directory) {
    return directory.resolveSibling(directory.getFileName() + GONE);
  }

  /** Makes those that are new; marks those that were destroyed. */
  synchronized void hear(AgentVolumes said) throws IOException {
    List<AgentVolume> before = listed();
    for (AgentVolume each : said.getVolumesList()) {
      if (!before.contains(each)) {
        Path directory = directory(each);
        Files.createDirectories(DurableFiles.parent(directory));
        if (!Files.exists(directory)) {
          Files.createDirectory(directory, OWNERS_ONLY);
        }
      }
      Files.deleteIfExists(mark(directory(each)));
    }
    if (!before.equals(said.getVolumesList())) {
      Files.createDirectories(disk.volumes());
      DurableFiles.replace(list(), said.toBuilder().clearDestroyed().build().toByteArray());
      log.info("{} persistent volumes; there were {}", said.getVolumesCount(), before.size());
    }
    for (AgentVolume each : said.getDestroyedList()) {
      Path directory = directory(each);
      if (!said.getVolumesList().contains(each) && Files.exists(directory)) {
        Files.write(mark(directory), DESTROYED);
      }
    }
    changed = true;
  }

  /**
   * Makes a task's volumes visible in its sandbox, and remembers that it uses them. One that is
   * shared is its group's ({@link VolumeGroups}), any other its user's.
   *
   * @param meta of its container
   * @param user whose the volumes are to be; empty for the agent's own
   * @throws IOException when it cannot have one, in words for its framework
   */
  void link(Path meta, List<Resource> resources, Path sandbox, Optional<RunAs> user)
      throws IOException {
    List<Path> used = new ArrayList<>();
    for (Resource each : resources) {
      if (each.getDisk().hasPersistence()) {
        used.add(find(role(each), each.getDisk().getPersistence().getId()));
      }
    }
    if (used.isEmpty()) {
      return;
    }
    String lines = String.join("\n", used.stream().map(Path::toString).toList());
    DurableFiles.replace(meta.resolve("volumes"), lines.getBytes(StandardCharsets.UTF_8));
    int next = 0;
    for (Resource each : resources) {
      if (each.getDisk().hasPersistence()) {
        Path volume = used.get(next++);
        link(each.getDisk().getVolume().getContainerPath(), sandbox, volume, user);
        if (each.hasShared()) {
          VolumeGroups.give(volume, disk.volumes().resolve("next-group"));
        } else {
          give(volume, user);
        }
      }
    }
  }

  /** A persistent volume that is only to be read. */
  static boolean isReadOnly(Resource resource) {
    return resource.getDisk().hasPersistence()
        && resource.getDisk().getVolume().getMode() == Volume.Mode.RO;
  }

  @SuppressWarnings("deprecation") // Resource.role is half of the older format
  private static String role(Resource resource) {
    int reservations = resource.getReservationsCount();
    return reservations == 0
        ? resource.getRole()
        : resource.getReservations(reservations - 1).getRole();
  }

  private Path find(String role, String id) throws IOException {
    Optional<AgentVolume> volume =
        listed().stream()
            .filter(each -> each.getRole().equals(role) && each.getId().equals(id))
            .findFirst();
    if (volume.isEmpty()) {
      throw new IOException(
          "the persistent volume '%s' of role %s is not on this machine".formatted(id, role));
    }
    Path directory = directory(volume.get());
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(
          "the data of the persistent volume '%s' of role %s is gone from this machine: %s is no"
                  .formatted(id, role, directory)
              + " directory; DESTROY the volume and CREATE it anew");
    }
    return directory;
  }

  private static void link(String at, Path sandbox, Path volume, Optional<RunAs> user)
      throws IOException {
    Path link = sandbox.resolve(at).normalize();
    if (at.isEmpty() || !link.startsWith(sandbox) || link.equals(sandbox)) {
      throw new IOException("the container path '%s' of a volume leaves the sandbox".formatted(at));
    }
    if (Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("the container path '%s' of a volume is taken already".formatted(at));
    }
    makeParents(at, sandbox, link);
    Files.createSymbolicLink(link, volume);
    for (Path parent = DurableFiles.parent(link);
        !parent.equals(sandbox);
        parent = DurableFiles.parent(parent)) {
      give(parent, user); // now: before, another task of the user could lead the link elsewhere
    }
  }

  /** One by one: a task or an archive may have left links, which lead out of the sandbox. */
  private static void makeParents(String at, Path sandbox, Path link) throws IOException {
    Path made = sandbox;
    for (Path name : sandbox.relativize(DurableFiles.parent(link))) {
      made = made.resolve(name);
      if (Files.isDirectory(made, LinkOption.NOFOLLOW_LINKS)) {
        continue;
      }
      if (Files.exists(made, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(
            "the container path '%s' of a volume leads through '%s', which is no directory"
                .formatted(at, sandbox.relativize(made)));
      }
      Files.createDirectory(made);
    }
  }

  /** It alone, and nothing in it: what a task before this one left stays its user's. */
  private static void give(Path directory, Optional<RunAs> user) throws IOException {
    if (user.filter(RunAs::isOther).isPresent()) {
      Files.getFileAttributeView(directory, FileOwnerAttributeView.class, LinkOption.NOFOLLOW_LINKS)
          .setOwner(
              directory
                  .getFileSystem()
                  .getUserPrincipalLookupService()
                  .lookupPrincipalByName(user.get().user()));
    }
  }

  /** Removes what is no volume any more, as far as nothing uses it: no new task can. */
  void round(Instant now) throws IOException {
    if (changed || System.nanoTime() - lookedAt >= LOOK_EVERY.toNanos()) {
      changed = false;
      lookedAt = System.nanoTime();
      collect(now);
    }
  }

  /** In one step with what is heard: no volume that is listed again meanwhile goes. */
  synchronized void collect(Instant now) throws IOException {
    if (!Files.isDirectory(data())) {
      return;
    }
    Set<Path> listed = new HashSet<>();
    listed().forEach(each -> listed.add(directory(each)));
    for (Path role : children(data())) {
      for (Path id : children(role)) {
        for (Path directory : children(id)) {
          if (!listed.contains(directory)) {
            collect(directory, now);
          }
        }
        removeEmpty(id);
      }
      removeEmpty(role);
    }
  }

  private void collect(Path directory, Instant now) throws IOException {
    Path mark = mark(directory);
    if (!Files.exists(mark)) {
      Files.write(mark, UNLISTED);
      Files.setLastModifiedTime(mark, FileTime.from(now));
      log.warn(
          "{} is no persistent volume any more, and nobody said that it was destroyed: it is kept"
              + " for {} days",
          directory,
          UNLISTED_KEPT.toDays());
      return;
    }
    boolean destroyed = Files.readString(mark).equals("destroyed");
    Instant since = Files.getLastModifiedTime(mark).toInstant();
    if ((destroyed || since.plus(UNLISTED_KEPT).isBefore(now)) && !used().contains(directory)) {
      log.info("{} is no persistent volume any more: removed", directory);
      Trash.take(disk, directory);
      Files.deleteIfExists(VolumeGroups.file(directory));
      Files.delete(mark);
    }
  }

  /** One of roles or ids in which nothing is any more. */
  private static void removeEmpty(Path dir) throws IOException {
    List<Path> names;
    try (Stream<Path> list = Files.list(dir)) {
      names = list.toList();
    }
    for (Path each : names) {
      String name = String.valueOf(each.getFileName());
      boolean left =
          List.of(GONE, VolumeGroups.GROUP).stream()
              .filter(name::endsWith)
              .map(end -> each.resolveSibling(name.substring(0, name.length() - end.length())))
              .anyMatch(of -> isLeft(each, of));
      if (left) {
        Files.delete(each); // an agent ended between the two
      }
    }
    try {
      Files.delete(dir);
    } catch (DirectoryNotEmptyException e) {
      log.trace("{} is in use", dir);
    }
  }

  private static boolean isLeft(Path beside, Path directory) {
    return Files.isRegularFile(beside, LinkOption.NOFOLLOW_LINKS)
        && !Files.exists(directory, LinkOption.NOFOLLOW_LINKS);
  }

  /** A volume as a container uses it. */
  record Used(Resource resource, Path directory) {}

  /** Those of one container that are linked for it. */
  static List<Used> used(Path meta, List<Resource> resources) throws IOException {
    List<Used> all = new ArrayList<>();
    Iterator<Path> at = used(meta).iterator();
    for (Resource each : resources) {
      if (each.getDisk().hasPersistence() && at.hasNext()) {
        all.add(new Used(each, at.next()));
      }
    }
    return all;
  }

  /** Those of one container, in the order of its resources; it may be forgotten meanwhile. */
  static List<Path> used(Path meta) throws IOException {
    try {
      return Files.readAllLines(meta.resolve("volumes")).stream().map(Path::of).toList();
    } catch (NoSuchFileException e) {
      log.trace("{} uses none, or was forgotten just now", meta);
      return List.of();
    }
  }

  /** Those of tasks and executors that are not forgotten yet. */
  private Set<Path> used() throws IOException {
    Set<Path> used = new HashSet<>();
    List<Path> containers = new ArrayList<>(children(disk.meta()));
    containers.addAll(children(disk.executors()));
    for (Path meta : containers) {
      used.addAll(used(meta));
    }
    return used;
  }

  /** Directories, and no links to such. */
  private static List<Path> children(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(dir)) {
      return list.filter(each -> Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
          .sorted()
          .toList();
    }
  }
}
