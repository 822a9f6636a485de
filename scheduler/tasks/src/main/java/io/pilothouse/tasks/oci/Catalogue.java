package io.pilothouse.tasks.oci;

import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.tasks.fetch.Budget;
import io.pilothouse.tasks.fetch.FetchException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Which images the machine's archives hold. An archive is read again when it has changed; one that
 * cannot be read keeps nobody from the others.
 */
final class Catalogue {
  private static final int MOST_ARCHIVES = 1000;
  private static final int TOLD = 10;

  /** As much as all that one command fetches. */
  static final long MOST_BYTES = 32L << 30;

  private static final List<String> ENDINGS = List.of(".tar", ".tar.gz", ".tgz");

  /**
   * An image, and where it is.
   *
   * @param shown what the archive is called in messages
   */
  record Entry(Path archive, String shown, SavedImage image) {}

  /** What was read of an archive, and what it was then; a failure in words, or what it holds. */
  private record Read(String stamp, String failure, List<SavedImage> images) {}

  private final Supplier<List<Path>> directories;
  private final String architecture;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Path, Read> read = new HashMap<>();

  /**
   * Reads nothing before it is asked.
   *
   * @param directories with archives, as the operator said last
   */
  Catalogue(Supplier<List<Path>> directories, String architecture) {
    this.directories = directories;
    this.architecture = architecture;
  }

  /**
   * The image that somebody asks for.
   *
   * @param work a directory of one's own for what is decompressed
   * @throws ImageException when there is none, or no single one: with those that there are
   */
  Entry find(ImageName wanted, Path work) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      Map<String, Entry> found = new LinkedHashMap<>();
      for (Path each : archives()) {
        for (SavedImage image : read(each, work).images()) {
          if (image.is(wanted)) {
            found.putIfAbsent(image.id(), new Entry(each, each.toString(), image));
          }
        }
      }
      if (found.size() > 1) {
        throw new ImageException(
            "the archives %s hold different images of the name '%s': ask for one by its digest, or"
                    .formatted(found.values().stream().map(Entry::shown).toList(), wanted)
                + " remove the others from the machine's directories");
      }
      return found.values().stream().findFirst().orElseThrow(() -> unknown(wanted));
    } finally {
      lock.unlock();
    }
  }

  private List<Path> archives() throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path directory : directories.get()) {
      if (Files.isRegularFile(directory.resolve("index.json"))) {
        all.add(directory);
      } else if (Files.isDirectory(directory)) {
        try (Stream<Path> list = Files.list(directory)) {
          list.filter(Catalogue::isArchive).sorted().forEach(all::add);
        }
      }
    }
    if (all.size() > MOST_ARCHIVES) {
      throw new ImageException(
          "there are %d archives in %s, at most %d are read"
              .formatted(all.size(), directories.get(), MOST_ARCHIVES));
    }
    read.keySet().retainAll(all);
    return all;
  }

  private static boolean isArchive(Path path) {
    String name = String.valueOf(path.getFileName());
    return Files.isDirectory(path)
        ? Files.isRegularFile(path.resolve("index.json"))
        : ENDINGS.stream().anyMatch(name::endsWith);
  }

  private Read read(Path archive, Path work) throws IOException, InterruptedException {
    String stamp = stamp(archive);
    Read known = read.get(archive);
    if (known == null || !known.stamp().equals(stamp)) {
      known = fresh(archive, stamp, work);
      read.put(archive, known);
    }
    return known;
  }

  private Read fresh(Path archive, String stamp, Path work) throws InterruptedException {
    try {
      return new Read(stamp, "", read(archive, work, called(archive)));
    } catch (ClosedByInterruptException e) {
      throw new InterruptedException();
    } catch (ImageException | FetchException | RuntimeException e) {
      return new Read(stamp, String.valueOf(e.getMessage()), List.of());
    } catch (IOException e) {
      // the machine's fault and not the archive's, whose stamp is never empty: tried again
      return new Read("", String.valueOf(e.getMessage()), List.of());
    }
  }

  /**
   * What one more archive holds.
   *
   * @throws ImageException when it cannot be read
   */
  List<SavedImage> read(Path archive, Path work, String called) throws IOException {
    try (Contents contents = open(archive, work)) {
      return SavedImages.of(contents, called, architecture);
    }
  }

  private static String stamp(Path archive) throws IOException {
    Path file = Files.isDirectory(archive) ? archive.resolve("index.json") : archive;
    BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
    return "%d %s %s".formatted(is.size(), is.lastModifiedTime(), is.fileKey());
  }

  /** What an image without a name is called by: its archive's name. */
  private static String called(Path archive) {
    String name = String.valueOf(archive.getFileName());
    return ENDINGS.stream()
        .filter(name::endsWith)
        .map(each -> name.substring(0, name.length() - each.length()))
        .findFirst()
        .orElse(name);
  }

  /** Opens an archive; what is compressed is decompressed first, for nothing can be found in it. */
  static Contents open(Path archive, Path work) throws IOException {
    if (Files.isDirectory(archive)) {
      return new DirectoryContents(archive);
    }
    try (InputStream in = Files.newInputStream(archive)) {
      byte[] begin = in.readNBytes(2);
      if (begin.length < 2 || (begin[0] & 0xff) != 0x1f || (begin[1] & 0xff) != 0x8b) {
        return new TarContents(archive, archive);
      }
    }
    Path plain = work.resolve("archive.tar");
    Files.deleteIfExists(plain);
    try (InputStream in =
            new Budget(MOST_BYTES, 1)
                .counted(new GZIPInputStream(Files.newInputStream(archive), 64 << 10));
        OutputStream out = Files.newOutputStream(plain)) {
      in.transferTo(out);
    } catch (ZipException | EOFException e) {
      throw new ImageException("it is damaged: " + e.getMessage());
    } catch (FetchException e) {
      throw new ImageException(String.valueOf(e.getMessage()));
    }
    return new TarContents(archive, plain);
  }

  private ImageException unknown(ImageName wanted) {
    if (directories.get().isEmpty()) {
      return new ImageException(
          "no image is known on this machine: have its type say in which directories archives of"
              + " images are (offers: images: [DIR])");
    }
    Set<String> names = new TreeSet<>();
    List<String> failures = new ArrayList<>();
    read.forEach(
        (archive, is) -> {
          is.images().forEach(image -> image.names().forEach(name -> names.add(name.toString())));
          if (!is.failure().isEmpty()) {
            failures.add("; %s cannot be read: %s".formatted(archive, is.failure()));
          }
        });
    failures.sort(null);
    String there =
        names.isEmpty()
            ? "there are none"
            : "there are "
                + String.join(", ", nearest(wanted, names).stream().limit(TOLD).toList());
    return new ImageException(
        "no archive in %s holds the image '%s': %s%s%s"
            .formatted(
                directories.get(),
                wanted,
                there,
                names.size() > TOLD ? " and %d more".formatted(names.size() - TOLD) : "",
                String.join("", failures.stream().limit(3).toList())));
  }

  /** Those of another tag, then the one that is written nearly so, then the others. */
  private static List<String> nearest(ImageName wanted, Set<String> names) {
    Set<String> ordered = new LinkedHashSet<>();
    names.stream().filter(each -> each.startsWith(wanted.repository() + ":")).forEach(ordered::add);
    Optional<String> near = Near.nearest(wanted.toString(), names);
    near.ifPresent(ordered::add);
    ordered.addAll(names);
    return List.copyOf(ordered);
  }
}
