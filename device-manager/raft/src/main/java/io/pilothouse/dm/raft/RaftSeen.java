package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code raft/} was seen to hold, noted beside it: Ratis keeps term and vote in a small text
 * without a checksum, and cannot know that its log was longer once. It is written a moment after
 * what it tells of, so it may be behind, and then says nothing.
 *
 * @param metaModified when the file with term and vote was written, nanoseconds since 1970
 * @param metaDigest its SHA-256
 * @param term that it held; a term never goes back
 * @param committed index that was committed, and in this replica's log
 */
record RaftSeen(long metaModified, String metaDigest, long term, long committed) {
  private static final Logger log = LoggerFactory.getLogger(RaftSeen.class);
  static final String NAME = "raft.seen";

  /** Within a tick of the file system's clock two versions of a file have one time. */
  private static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(1);

  static final RaftSeen NOTHING = new RaftSeen(0, "", -1, -1);

  /** The note of a data directory; nothing when there is none, or it is damaged itself. */
  static RaftSeen in(Path root) throws IOException {
    Path file = root.resolve(NAME);
    if (!Files.exists(file)) {
      return NOTHING;
    }
    List<String> lines = new String(Files.readAllBytes(file), UTF_8).lines().toList();
    if (lines.size() == 3 && lines.get(2).equals(sum(lines.get(0) + "\n" + lines.get(1) + "\n"))) {
      String[] meta = lines.get(0).split(" ", -1);
      return new RaftSeen(
          Long.parseLong(meta[1]),
          meta[2],
          // the first builds that wrote this noted no term
          meta.length > 3 ? Long.parseLong(meta[3]) : -1,
          Long.parseLong(lines.get(1).split(" ", -1)[1]));
    }
    log.warn("{} is damaged; what it said of raft/ is not known any more", file);
    return NOTHING;
  }

  /**
   * Notes what there is now.
   *
   * @param isClosed whether nobody writes to it any more
   */
  RaftSeen noted(Path root, Path meta, long committedNow, boolean isClosed) throws IOException {
    RaftSeen now = this;
    if (Files.exists(meta)) {
      long modified = modified(meta);
      boolean settled =
          isClosed || System.currentTimeMillis() * 1_000_000 - modified > SETTLED_NANOS;
      if (settled && modified != metaModified) {
        String digest = digest(meta);
        long termNow = Math.max(term, RaftMeta.read(meta).term());
        now = modified(meta) == modified ? new RaftSeen(modified, digest, termNow, committed) : now;
      }
    }
    if (committedNow > committed) {
      now = new RaftSeen(now.metaModified, now.metaDigest, now.term, committedNow);
    }
    if (!now.equals(this)) {
      if (Files.isDirectory(meta.getParent())) {
        DataFiles.sync(meta.getParent()); // else a power cut could leave the note and not the file
      }
      String text =
          "meta %d %s %d\ncommitted %d\n"
              .formatted(now.metaModified, now.metaDigest, now.term, now.committed);
      DataFiles.write(root.resolve(NAME), text + sum(text) + "\n");
    }
    return now;
  }

  /** Why the file with term and vote is not what was written; empty where nothing speaks for it. */
  Optional<String> objection(Path meta) throws IOException {
    if (modified(meta) == metaModified && !digest(meta).equals(metaDigest)) {
      return Optional.of("it was changed without being written: its SHA-256 was " + metaDigest);
    }
    long termNow;
    try {
      termNow = RaftMeta.read(meta).term();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
    return termNow < term
        ? Optional.of(
            "its term is %d, and was %d already: it is an older one".formatted(termNow, term))
        : Optional.empty();
  }

  private static long modified(Path file) throws IOException {
    return Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS);
  }

  private static String digest(Path file) throws IOException {
    return HexFormat.of()
        .formatHex(io.pilothouse.dm.state.StateDigest.sha256().digest(Files.readAllBytes(file)));
  }

  private static String sum(String text) {
    CRC32C sum = new CRC32C();
    sum.update(text.getBytes(UTF_8));
    return "sum %08x".formatted(sum.getValue());
  }
}
