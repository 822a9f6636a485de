package io.pilothouse.agent;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.kit.ProgramException;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;

/** Where things are on the machine's disk. */
record Disk(Path root) {

  /**
   * The disk at a directory, made when it is not there.
   *
   * @throws ProgramException when it cannot be written
   */
  static Disk open(Path diskRoot) {
    try {
      Files.createDirectories(diskRoot);
    } catch (IOException e) {
      throw new ProgramException("--disk " + diskRoot + " cannot be made: " + e, e);
    }
    if (!Files.isWritable(diskRoot)) {
      throw new ProgramException(
          "--disk " + diskRoot + " is not writable: change its owner or give another");
    }
    Disk disk = new Disk(diskRoot.toAbsolutePath().normalize());
    try {
      if (!Files.isDirectory(disk.secrets())) {
        Files.createDirectory(
            disk.secrets(),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
    } catch (IOException e) {
      throw new ProgramException(disk.secrets() + " cannot be made: " + e, e);
    }
    return disk;
  }

  Path key() {
    return root.resolve("key");
  }

  Path os() {
    return root.resolve("os");
  }

  Path manifests() {
    return root.resolve("manifests");
  }

  /** Where a version's files are, once all are there. */
  Path version(VersionRef ref) {
    return child(child(manifests(), ref.getName()), ref.getVersion());
  }

  Path run() {
    return root.resolve("run");
  }

  Path logs() {
    return root.resolve("logs");
  }

  /** What only single processes may read; put there by whoever provisions the machine. */
  Path secrets() {
    return root.resolve("secrets");
  }

  /** Certificate and key, where {@code --tls} names this directory. */
  Path tls() {
    return root.resolve("tls");
  }

  Path watchdogs() {
    return root.resolve("watchdogs");
  }

  /** Where a watchdog's script and its directory are. */
  Path watchdog(String name) {
    return child(watchdogs(), name);
  }

  /** Never outside of {@code parent}, whatever the name that came over the network. */
  static Path child(Path parent, String name) {
    if (name.isEmpty() || name.startsWith(".") || name.contains("/")) {
      throw new IllegalArgumentException(
          "\"%s\" cannot be a file in %s: expected no '/' and no '.' at its start"
              .formatted(name, parent));
    }
    return parent.resolve(name);
  }

  Path wanted() {
    return root.resolve("wanted.pb");
  }

  /** What the launcher and the agent know of the agent's versions. */
  Path agent() {
    return root.resolve("agent");
  }

  /** Versions of the agent that run or may come back, as NAME@VERSION. */
  Set<String> agentVersions() throws IOException {
    Set<String> versions = new HashSet<>();
    for (String link : List.of("current", "previous")) {
      Path file = agent().resolve(link);
      if (Files.isSymbolicLink(file)) {
        Path target = Files.readSymbolicLink(file);
        int names = target.getNameCount();
        versions.add(target.getName(names - 2) + "@" + target.getName(names - 1));
      }
    }
    return versions;
  }

  /** The link to the active version's directory. */
  Path active() {
    return root.resolve("active");
  }

  private Path imageFile() {
    return root.resolve("os.image");
  }

  /** The image that is installed; empty when there is none. */
  Optional<VersionRef> image() {
    try {
      if (!Files.isRegularFile(imageFile()) || !Files.isDirectory(os())) {
        return Optional.empty();
      }
      Properties image = new Properties();
      image.load(new StringReader(Files.readString(imageFile())));
      return Optional.of(
          VersionRef.newBuilder()
              .setName(image.getProperty("name", ""))
              .setVersion(image.getProperty("version", ""))
              .setDigest(image.getProperty("digest", ""))
              .build());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + imageFile(), e);
    }
  }

  /** Says that {@link #os} holds all of an image. */
  void writeImage(VersionRef image) throws IOException {
    String text =
        "name=%s%nversion=%s%ndigest=%s%n"
            .formatted(image.getName(), image.getVersion(), image.getDigest());
    DurableFiles.replace(imageFile(), text.getBytes(StandardCharsets.UTF_8));
  }

  /** Removes everything but the machine's key and what it was given to keep secret. */
  private Set<Path> kept() {
    return Set.of(key(), secrets(), tls());
  }

  void wipe() throws IOException {
    List<Path> all;
    try (Stream<Path> list = Files.list(root)) {
      all = list.filter(each -> !kept().contains(each)).toList();
    }
    for (Path each : all) {
      if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
        DurableFiles.deleteTree(each);
      } else {
        Files.deleteIfExists(each);
      }
    }
  }

  /** The version that {@code active} points to, as name and version; empty when to none. */
  Optional<VersionRef> activeVersion() throws IOException {
    if (!Files.isSymbolicLink(active())) {
      return Optional.empty();
    }
    Path target = Files.readSymbolicLink(active());
    if (target.getNameCount() != 3) {
      return Optional.empty(); // not ours: the next switch replaces it
    }
    return Optional.of(
        VersionRef.newBuilder()
            .setName(target.getName(1).toString())
            .setVersion(target.getName(2).toString())
            .build());
  }

  /** Points {@code active} to a version by one rename, so that there is always exactly one. */
  void activate(VersionRef ref) throws IOException {
    Path fresh = root.resolve("active.new");
    Files.deleteIfExists(fresh);
    Files.createSymbolicLink(fresh, root.relativize(version(ref)));
    Files.move(fresh, active(), StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.syncDirectory(root);
  }

  /** Points {@code active} to nothing. */
  void deactivate() throws IOException {
    Files.deleteIfExists(active());
    DurableFiles.syncDirectory(root);
  }
}
