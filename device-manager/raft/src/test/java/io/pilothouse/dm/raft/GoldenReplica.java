package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.RecordedEntry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * What a replica of a release left on its disk: {@code snapshot.zip}, a database checkpoint with
 * the state of that release's golden log; {@code replica.zip}, the data directory of a replica that
 * was killed, with a snapshot and entries behind it; {@code expected}, what they hold.
 */
final class GoldenReplica {
  static final Path ALL = Path.of("src/test/resources/golden");
  static final String SNAPSHOT = "snapshot.zip";
  static final String REPLICA = "replica.zip";
  static final String EXPECTED = "expected";

  /** Of the replica whose directory it is. */
  static final String CLUSTER = "golden";

  private GoldenReplica() {}

  static List<Path> releases() throws IOException {
    try (Stream<Path> found = Files.list(ALL)) {
      return found.sorted().toList();
    }
  }

  static Map<String, String> expected(Path release) throws IOException {
    return Files.readAllLines(release.resolve(EXPECTED)).stream()
        .map(line -> line.split("=", 2))
        .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
  }

  static void expect(Path release, Map<String, String> values) throws IOException {
    List<String> lines = new ArrayList<>();
    new TreeMap<>(values).forEach((key, value) -> lines.add(key + "=" + value));
    Files.write(release.resolve(EXPECTED), lines);
  }

  /** The golden log of the state's rules. */
  static List<Entry> log(String release) throws IOException {
    Path file = Path.of("../state/src/test/resources/golden", release, "log.gz");
    List<Entry> entries = new ArrayList<>();
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      for (RecordedEntry each = RecordedEntry.parseDelimitedFrom(in);
          each != null;
          each = RecordedEntry.parseDelimitedFrom(in)) {
        entries.add(each.getEntry());
      }
    }
    return entries;
  }

  /** What a directory holds, without locks and what RocksDB tells people. */
  static void zip(Path dir, Path target) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.walk(dir)) {
      files = found.filter(Files::isRegularFile).sorted().toList();
    }
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(target))) {
      out.setLevel(9);
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.startsWith("LOG") || name.equalsIgnoreCase("lock") || name.equals("in_use.lock")) {
          continue;
        }
        ZipEntry entry = new ZipEntry(dir.relativize(file).toString());
        entry.setLastModifiedTime(FileTime.fromMillis(0));
        out.putNextEntry(entry);
        Files.copy(file, out);
        out.closeEntry();
      }
    }
  }

  static Path unzip(Path zip, Path target) throws IOException {
    try (InputStream file = Files.newInputStream(zip);
        ZipInputStream in = new ZipInputStream(file)) {
      for (ZipEntry each = in.getNextEntry(); each != null; each = in.getNextEntry()) {
        Path to = target.resolve(each.getName()).normalize();
        if (!to.startsWith(target)) {
          throw new IOException(zip + " holds " + each.getName());
        }
        Files.createDirectories(to.getParent());
        try (OutputStream out = Files.newOutputStream(to)) {
          in.transferTo(out);
        }
      }
    }
    return target;
  }
}
