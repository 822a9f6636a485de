package io.pilothouse.dm.raft;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Looks at {@code raft/} before Ratis does, and refuses what has changed since it was written: a
 * replica that has lost a part of its log, or its vote, can make others lose what was acknowledged.
 * What a crash leaves is none of that.
 */
final class RaftCheck {
  private static final String META = "raft-meta";
  private static final Pattern SNAPSHOT = Pattern.compile("snapshot\\.\\d+_(\\d{1,18})");

  private final Path root;
  private final Path group;

  private RaftCheck(Path root, Path group) {
    this.root = root;
    this.group = group;
  }

  /** The file with term and vote. */
  static Path meta(Path group) {
    return group.resolve("current").resolve(META);
  }

  /** Where Ratis keeps a group. */
  static Path group(DataDir dir, String cluster) {
    return dir.raft().resolve(RaftNode.group(cluster).getUuid().toString());
  }

  /**
   * Refuses a damaged directory; says nothing of one that is empty.
   *
   * @param group of this cluster in {@code raft/}
   */
  static void require(Path root, Path group) throws ReplicaStartException {
    try {
      if (Files.isDirectory(group.resolve("current"))) {
        new RaftCheck(root, group).require();
      }
    } catch (IOException e) {
      throw new ReplicaStartException(
          "%s cannot be read: %s; %s".formatted(group, e.getMessage(), remedy()), e);
    }
  }

  private static String remedy() {
    return "what this replica acknowledged or voted may be lost: do not start it from here again."
        + " While a majority of the others is up, put a new one in its place: `pilot dm replace`";
  }

  private static ReplicaStartException damaged(Path file, String why) {
    return new ReplicaStartException("%s is damaged: %s; %s".formatted(file, why, remedy()));
  }

  private void require() throws IOException, ReplicaStartException {
    RaftSeen seen = RaftSeen.in(root);
    List<Path> segments = LogFiles.list(group.resolve("current"));
    Path meta = meta(group);
    if (!Files.exists(meta)) {
      if (!segments.isEmpty() || !seen.equals(RaftSeen.NOTHING)) {
        throw damaged(meta, "it is gone, and with it this replica's vote");
      }
      return;
    }
    Optional<String> changed = seen.objection(meta);
    if (changed.isPresent()) {
      throw damaged(meta, changed.get());
    }
    long next = -1;
    long lastTerm = 0;
    for (Path segment : segments) {
      long first = LogFiles.first(segment);
      if (next >= 0 && first != next) {
        throw damaged(segment, "the one before it ends at index %d".formatted(next - 1));
      }
      LogFrames.Held held = LogFrames.read(segment, first, LogFiles.last(segment));
      if (!held.damage().isEmpty()) {
        throw damaged(
            segment, "after index %d: %s".formatted(first + held.entries() - 1, held.damage()));
      }
      next = first + held.entries();
      lastTerm = held.entries() > 0 ? held.term() : lastTerm;
    }
    requireTerm(meta, lastTerm);
    long reached = Math.max(next - 1, newestSnapshot());
    if (reached < seen.committed()) {
      throw damaged(
          group.resolve("current"),
          "the log ends at index %d, and held %d, which was committed"
              .formatted(reached, seen.committed()));
    }
  }

  /** Whoever has an entry of a term has heard of that term. */
  private static void requireTerm(Path meta, long lastTerm)
      throws IOException, ReplicaStartException {
    Properties values = new Properties();
    try (Reader in = Files.newBufferedReader(meta, StandardCharsets.ISO_8859_1)) {
      values.load(in);
    } catch (IllegalArgumentException e) {
      throw damaged(meta, "it cannot be read: " + e.getMessage());
    }
    String term = values.getProperty("term", "");
    if (!term.matches("\\d{1,18}") || values.getProperty("votedFor") == null) {
      throw damaged(meta, "it holds no term and vote");
    }
    if (Long.parseLong(term) < lastTerm) {
      throw damaged(
          meta, "its term is %s, and the log has entries of term %d".formatted(term, lastTerm));
    }
  }

  private long newestSnapshot() throws IOException {
    Path snapshots = group.resolve("sm");
    if (!Files.isDirectory(snapshots)) {
      return -1;
    }
    try (Stream<Path> found = Files.list(snapshots)) {
      return found
          .map(each -> SNAPSHOT.matcher(each.getFileName().toString()))
          .filter(Matcher::matches)
          .mapToLong(each -> Long.parseLong(each.group(1)))
          .max()
          .orElse(-1);
    }
  }
}
