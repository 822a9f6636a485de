package io.pilothouse.filesync;

import io.pilothouse.filesync.server.ContentStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Directories of files to ship in tests. */
public final class Trees {
  private static final int[] MODES = {0644, 0600, 0755, 0640, 0444, 0555};

  private Trees() {}

  /** One line an entry: path, and mode with hash or link. Equal for equal trees. */
  public static List<String> describe(Path dir) throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(dir)) {
      for (Path each : walk.sorted().toList()) {
        String name = dir.relativize(each).toString();
        if (Files.isSymbolicLink(each)) {
          lines.add(name + " -> " + Files.readSymbolicLink(each));
        } else if (Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)) {
          String mode = Integer.toOctalString(Modes.of(each));
          lines.add(name + " " + mode + " " + Sha256.hex(Files.readAllBytes(each)));
        }
      }
    }
    return lines;
  }

  /** Hashes of all chunks of a store, sorted. */
  public static List<String> chunkNames(ContentStore store) throws IOException {
    List<String> names = new ArrayList<>();
    store.forEachChunk(names::add);
    return names.stream().sorted().toList();
  }

  /** Writes a file with its parents. */
  public static Path file(Path file, int mode, byte[] bytes) throws IOException {
    Files.createDirectories(DurableFiles.parent(file));
    Files.write(file, bytes);
    Files.setPosixFilePermissions(file, Modes.permissions(mode));
    return file;
  }

  /** The same bytes for the same seed. */
  public static byte[] bytes(long seed, int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  /** A small service: three files of three chunks in all, and a link. */
  public static Path service(Path dir) throws IOException {
    file(dir.resolve("bin/web"), 0755, bytes(1, ContentIndex.LARGEST_CHUNK + 5000));
    file(dir.resolve("manifest.yaml"), 0644, bytes(2, 700));
    file(dir.resolve("empty"), 0600, new byte[0]);
    Files.createSymbolicLink(dir.resolve("bin/current"), Path.of("web"));
    return dir;
  }

  /** A tree with all that an index can say, another one for each seed. */
  public static Path random(Path dir, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    Files.createDirectories(dir);
    int files = random.nextInt(1, 12);
    for (int i = 0; i < files; i++) {
      StringBuilder path = new StringBuilder();
      for (int depth = random.nextInt(4); depth > 0; depth--) {
        path.append("d").append(random.nextInt(3)).append('/');
      }
      path.append(random.nextBoolean() ? "ä b" : "f").append(i);
      byte[] bytes = bytes(random.nextInt(4), size(random));
      file(dir.resolve(path.toString()), MODES[random.nextInt(MODES.length)], bytes);
      if (random.nextInt(3) == 0) {
        Path link = dir.resolve("links/to-" + i);
        Files.createDirectories(DurableFiles.parent(link));
        Files.createSymbolicLink(link, Path.of("../" + path));
      }
    }
    return dir;
  }

  private static int size(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> random.nextInt(1, 2000);
      case 2 -> ContentIndex.LARGEST_CHUNK;
      default -> ContentIndex.LARGEST_CHUNK + random.nextInt(1, 90_000);
    };
  }
}
