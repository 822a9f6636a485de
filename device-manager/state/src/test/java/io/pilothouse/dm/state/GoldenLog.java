package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.RecordedEntry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A log as a release wrote it, with what its rules made of it: {@code log.gz} holds the entries,
 * {@code digests} the state's digest behind every hundredth and the last one.
 *
 * @param digests lines of INDEX DIGEST
 */
record GoldenLog(List<Entry> entries, List<String> digests) {
  static final Path ALL = Path.of("src/test/resources/golden");

  private static final String LOG = "log.gz";
  private static final String DIGESTS = "digests";
  private static final int EVERY = 100;

  static List<Path> releases() throws IOException {
    try (Stream<Path> found = Files.list(ALL)) {
      return found.sorted().toList();
    }
  }

  /** With the digests that this build's rules give. */
  static GoldenLog of(List<Entry> entries) {
    List<String> digests = new ArrayList<>();
    State state = new State();
    Apply apply = new Apply();
    for (int index = 1; index <= entries.size(); index++) {
      apply.apply(state, entries.get(index - 1), index);
      if (index % EVERY == 0 || index == entries.size()) {
        digests.add(index + " " + StateDigest.of(state));
      }
    }
    return new GoldenLog(List.copyOf(entries), List.copyOf(digests));
  }

  static GoldenLog read(Path release) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (InputStream in = new GZIPInputStream(Files.newInputStream(release.resolve(LOG)))) {
      for (RecordedEntry each = next(in); each != null; each = next(in)) {
        entries.add(each.getEntry());
      }
    }
    return new GoldenLog(entries, Files.readAllLines(release.resolve(DIGESTS)));
  }

  private static RecordedEntry next(InputStream in) throws IOException {
    return RecordedEntry.parseDelimitedFrom(in);
  }

  void write(Path release) throws IOException {
    Files.createDirectories(release);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(release.resolve(LOG)))) {
      long index = 0;
      for (Entry each : entries) {
        RecordedEntry.newBuilder().setIndex(++index).setEntry(each).build().writeDelimitedTo(out);
      }
    }
    Files.write(release.resolve(DIGESTS), digests);
  }
}
