package io.pilothouse.tasks.oci;

import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.tasks.fetch.FetchException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images that are unpacked on this machine: {@code unpacked/ID} holds {@code rootfs}, {@code
 * config.json} and {@code used}, whose time says when it was, and came by one rename; {@code work}
 * is what is being unpacked, and is removed by the next agent. Nobody but the agent gets there.
 */
final class Images {
  private static final Logger log = LoggerFactory.getLogger(Images.class);
  private static final Duration KEPT = Duration.ofDays(7);

  /** So much of the disk is to stay free. */
  private static final double HEADROOM = 0.1;

  private static final Duration SYNC = Duration.ofMinutes(5);

  /** Remembers who is about to use an image. */
  interface Claim {
    void of(String id) throws IOException;
  }

  /** Says which images are in use. */
  interface Users {
    Set<String> all() throws IOException;
  }

  private final Path dir;
  private final Catalogue catalogue;
  private final String architecture;
  private final NamedLocks locks = new NamedLocks();

  /** Of those who read archives and unpack; nobody waits for a lock while having one. */
  private final Semaphore turns;

  private boolean open;

  /**
   * Makes nothing before an image is asked for.
   *
   * @param dir its own
   * @param directories with archives
   * @param turns one for each who reads archives or unpacks at the same time; what is fetched
   *     meanwhile, which may take an hour, has none
   */
  Images(Path dir, Supplier<List<Path>> directories, Semaphore turns) {
    this.dir = dir;
    this.turns = turns;
    this.architecture = architecture(System.getProperty("os.arch", ""));
    this.catalogue = new Catalogue(directories, architecture);
  }

  /** As Go calls it, and so images do. */
  private static String architecture(String java) {
    return switch (java) {
      case "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      default -> java;
    };
  }

  private synchronized Path work() throws IOException {
    if (!open) {
      Files.createDirectories(dir);
      // programs of other owners lie there, which no user of the machine is to start
      Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
      DurableFiles.deleteTree(dir.resolve("work")); // of an agent before this one
      Files.createDirectories(dir.resolve("work"));
      Files.createDirectories(dir.resolve("unpacked"));
      open = true;
    }
    return Files.createDirectory(dir.resolve("work").resolve(UUID.randomUUID().toString()));
  }

  private Path home(String id) {
    return dir.resolve("unpacked").resolve(id);
  }

  /**
   * Finds an image, and unpacks it unless it is already.
   *
   * @param name its own, or a URI of an archive that holds it alone
   * @param claim told before it is looked whether it is there: from then on it stays
   * @throws ImageException when it cannot be had, in words for a framework
   */
  Image get(String name, Download download, Claim claim) throws IOException, InterruptedException {
    Path work = work();
    try {
      if (Download.isUri(name)) {
        return remote(name, download, claim, work);
      }
      return get(inTurn(() -> catalogue.find(ImageName.of(name), work)), claim, work);
    } finally {
      DurableFiles.deleteTree(work);
    }
  }

  private Image get(Catalogue.Entry entry, Claim claim, Path work)
      throws IOException, InterruptedException {
    String id = entry.image().id();
    claim.of(id);
    NamedLocks.Held lock = locks.take(id);
    try {
      return isThere(id) ? image(id) : inTurn(() -> unpack(entry, work));
    } finally {
      lock.release();
    }
  }

  private interface Work<T> {
    T done() throws IOException, InterruptedException;
  }

  private <T> T inTurn(Work<T> work) throws IOException, InterruptedException {
    turns.acquire();
    try {
      return work.done();
    } finally {
      turns.release();
    }
  }

  private Image image(String id) throws IOException {
    return new Image(id, config(id), home(id).resolve("rootfs"));
  }

  /** One that was unpacked before is not fetched again: the checksum of its archive says which. */
  private Image remote(String uri, Download download, Claim claim, Path work)
      throws IOException, InterruptedException {
    String sha256 = Download.sha256(uri);
    Path known = dir.resolve("archives").resolve(sha256);
    NamedLocks.Held lock = locks.take("archive " + sha256);
    try {
      if (Files.exists(known)) {
        String id = Files.readString(known).strip();
        claim.of(id);
        if (isThere(id)) {
          return image(id);
        }
      }
      Path archive = download.to(work, uri);
      List<SavedImage> all;
      try {
        all = inTurn(() -> catalogue.read(archive, work, Download.NAME));
      } catch (FetchException e) {
        throw new ImageException("what the URI leads to is no image: " + e.getMessage());
      }
      if (all.size() != 1) {
        throw new ImageException(
            "the archive holds %d images for this machine (%s), and has to hold one"
                .formatted(all.size(), all.stream().map(SavedImage::names).toList()));
      }
      Image image = get(new Catalogue.Entry(archive, "its archive", all.getFirst()), claim, work);
      Files.createDirectories(DurableFiles.parent(known));
      DurableFiles.replace(known, image.id().getBytes(StandardCharsets.UTF_8));
      return image;
    } finally {
      lock.release();
    }
  }

  private ImageConfig config(String id) throws IOException {
    byte[] bytes = Files.readAllBytes(home(id).resolve("config.json"));
    return ImageConfig.of(SavedImages.parse(bytes, "configuration"), architecture);
  }

  /** In one step with the look for what nobody uses. */
  private synchronized boolean isThere(String id) throws IOException {
    boolean there = Files.isDirectory(home(id), LinkOption.NOFOLLOW_LINKS);
    if (there) {
      used(id);
    }
    return there;
  }

  /** From now on its age counts. */
  void used(String id) throws IOException {
    if (Files.isDirectory(home(id), LinkOption.NOFOLLOW_LINKS)) {
      Files.writeString(mark(home(id)), "used\n"); // when is told by the disk
    }
  }

  private static Path mark(Path home) {
    return home.resolve("used");
  }

  private Image unpack(Catalogue.Entry entry, Path work) throws IOException, InterruptedException {
    SavedImage image = entry.image();
    Path fresh = Files.createDirectory(work.resolve(image.id()));
    Path rootfs = Files.createDirectory(fresh.resolve("rootfs"));
    Files.setPosixFilePermissions(rootfs, PosixFilePermissions.fromString("rwxr-xr-x"));
    long begun = System.nanoTime();
    try (Contents contents = Catalogue.open(entry.archive(), work)) {
      byte[] config = contents.read(image.config());
      SavedImages.check(image.config(), Optional.of(image.id()), Sha256.hex(config));
      List<String> diffs =
          ImageConfig.of(SavedImages.parse(config, image.config()), architecture).diffs();
      new Layers(contents, rootfs).unpack(image.layers(), diffs);
      Files.write(fresh.resolve("config.json"), config);
      Files.writeString(mark(fresh), "used\n");
    } catch (ImageException e) {
      throw new ImageException("%s: %s".formatted(entry.shown(), e.getMessage()));
    } catch (IOException e) {
      throw DiskFull.is(e)
          ? new ImageException("%s: the machine's disk is full".formatted(entry.shown()))
          : e;
    }
    sync(fresh);
    synchronized (this) {
      Files.move(fresh, home(image.id()));
      DurableFiles.syncDirectory(dir.resolve("unpacked"));
    }
    log.info(
        "{} of {} is unpacked, in {} ms",
        image.names(),
        entry.shown(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    return image(image.id());
  }

  /** All of it is on the disk before it is said to be: one call to the kernel, for all files. */
  private static void sync(Path tree) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("sync", "--file-system", tree.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (!process.waitFor(SYNC.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException("%s could not be brought onto the disk (sync)".formatted(tree));
      }
    } finally {
      process.destroyForcibly();
    }
  }

  /** Removes what nobody uses, and did not for so long as the disk has room for. */
  synchronized void collect(Users users, Instant now, Removal removal) throws IOException {
    Path unpacked = dir.resolve("unpacked");
    if (!Files.isDirectory(unpacked)) {
      return;
    }
    FileStore store = Files.getFileStore(unpacked);
    double free =
        store.getTotalSpace() == 0 ? 0 : (double) store.getUsableSpace() / store.getTotalSpace();
    Instant oldest =
        now.minus(Duration.ofMillis((long) (KEPT.toMillis() * Math.max(0, free - HEADROOM))));
    Set<String> used = users.all();
    List<Path> all;
    try (Stream<Path> list = Files.list(unpacked)) {
      all = list.toList();
    }
    for (Path each : all) {
      if (!used.contains(each.getFileName().toString())
          && Files.getLastModifiedTime(mark(each)).toInstant().isBefore(oldest)) {
        log.info("the image {} was not used for long: removed", each.getFileName());
        removal.of(each);
      }
    }
    forgetArchives();
  }

  /** Those whose images are gone. */
  private void forgetArchives() throws IOException {
    Path archives = dir.resolve("archives");
    if (!Files.isDirectory(archives)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> list = Files.list(archives)) {
      all = list.toList();
    }
    for (Path each : all) {
      if (!Files.isDirectory(home(Files.readString(each).strip()))) {
        Files.delete(each); // it is fetched again when somebody asks
      }
    }
  }

  /** How many are unpacked. */
  int count() throws IOException {
    if (!Files.isDirectory(dir.resolve("unpacked"))) {
      return 0;
    }
    try (Stream<Path> list = Files.list(dir.resolve("unpacked"))) {
      return (int) list.count();
    }
  }
}
