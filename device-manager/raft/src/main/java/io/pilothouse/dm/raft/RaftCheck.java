package io.pilothouse.dm.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Looks at {@code raft/} before Ratis does, and refuses what has changed since it was written: a
 * replica that has lost a part of its log, or its vote, can make others lose what was acknowledged.
 * What a crash leaves is none of that, and is put in order.
 */
final class RaftCheck {
  private static final Pattern SNAPSHOT = Pattern.compile("snapshot\\.\\d+_(\\d{1,18})");

  private final Path group;
  private final RaftSeen seen;
  private final LogMend mend;

  private RaftCheck(Path group, RaftSeen seen) {
    this.group = group;
    this.seen = seen;
    this.mend = new LogMend(group.resolve("current"));
  }

  /** The file with term and vote. */
  static Path meta(Path group) {
    return group.resolve(RaftMeta.FILE);
  }

  /** Where Ratis keeps a group. */
  static Path group(DataDir dir, String cluster) {
    return dir.raft().resolve(RaftNode.group(cluster).getUuid().toString());
  }

  /**
   * Refuses a damaged directory, and one that is gone; says nothing of one that never was.
   *
   * @param group of this cluster in {@code raft/}
   */
  static void require(Path root, Path group) throws ReplicaStartException {
    try {
      RaftSeen seen = RaftSeen.in(root);
      if (Files.isDirectory(group.resolve("current"))) {
        new RaftCheck(group, seen).require();
      } else if (!seen.equals(RaftSeen.NOTHING)) {
        throw new ReplicaStartException(
            "%s is gone, and with it this replica's log and vote, which %s tells of; %s"
                .formatted(group.resolve("current"), root.resolve(RaftSeen.NAME), remedy()));
      }
    } catch (IOException e) {
      throw new ReplicaStartException(
          "%s cannot be read: %s; %s".formatted(group, e.getMessage(), remedy()), e);
    }
  }

  /** What becomes of a replica that has lost a part of its log, or its vote. */
  static String remedy() {
    return "what this replica acknowledged or voted may be lost: do not start it from here again."
        + " While a majority of the others is up, put a new one in its place: `pilot dm replace`";
  }

  private static ReplicaStartException damaged(Path file, String why) {
    return new ReplicaStartException("%s is damaged: %s; %s".formatted(file, why, remedy()));
  }

  private void require() throws IOException, ReplicaStartException {
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
    long snapshot = newestSnapshot();
    for (int i = 0; i < segments.size(); i++) {
      Path segment = segments.get(i);
      long first = LogFiles.first(segment);
      if (next >= 0 && first != next) {
        if (first < next || first - 1 > snapshot) {
          throw damaged(segment, "the one before it ends at index %d".formatted(next - 1));
        }
        mend.purge(segments.subList(0, i), snapshot);
      }
      LogFrames.Held held = LogFrames.read(segment, first, LogFiles.last(segment));
      next = first + held.entries();
      if (!endsWell(segment, first, held, i == segments.size() - 1)) {
        String committed =
            next - 1 < seen.committed()
                ? ", and held %d, which was committed".formatted(seen.committed())
                : "";
        throw damaged(segment, "after index %d: %s%s".formatted(next - 1, held.why(), committed));
      }
      lastTerm = held.entries() > 0 ? held.term() : lastTerm;
    }
    requireTerm(meta, lastTerm);
    long reached = Math.max(next - 1, snapshot);
    if (reached < seen.committed()) {
      throw damaged(
          group.resolve("current"),
          "the log ends at index %d, and held %d, which was committed"
              .formatted(reached, seen.committed()));
    }
    mend.finish();
  }

  /** Whether a segment ends as it should, or once what a crash interrupted is finished. */
  private boolean endsWell(Path segment, long first, LogFrames.Held held, boolean isLast) {
    long reached = first + held.entries() - 1;
    // what is noted as committed was synced before, so no crash has cut it
    boolean isLater = isLast && reached >= seen.committed();
    boolean mends =
        switch (held.end()) {
          case SOUND, DAMAGED -> false;
          // a segment is synced before it is closed
          case CUT -> isLater && LogFiles.last(segment).isEmpty();
          // what gives way to another leader's entries is cut off first, and renamed then
          case SHORT -> isLater && seen.committed() >= 0 && held.entries() > 0;
        };
    if (mends && held.end() == LogFrames.End.CUT) {
      mend.cut(segment, held);
    } else if (mends) {
      mend.rename(segment, first, held);
    }
    return mends || held.end() == LogFrames.End.SOUND;
  }

  /** Whoever has an entry of a term has heard of that term. */
  private static void requireTerm(Path meta, long lastTerm)
      throws IOException, ReplicaStartException {
    RaftMeta held;
    try {
      held = RaftMeta.read(meta);
    } catch (IOException e) {
      throw damaged(meta, String.valueOf(e.getMessage()));
    }
    if (held.term() < lastTerm) {
      throw damaged(
          meta,
          "its term is %d, and the log has entries of term %d".formatted(held.term(), lastTerm));
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
