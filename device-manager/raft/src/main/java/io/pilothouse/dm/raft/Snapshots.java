package io.pilothouse.dm.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.SnapshotRetentionPolicy;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.impl.FileListSnapshotInfo;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Database checkpoints in Ratis' state machine directory, one directory {@code snapshot.TERM_INDEX}
 * each, with an MD5 file beside every file: the form in which Ratis sends and receives them. A
 * directory appears whole, by one rename, or not at all.
 */
final class Snapshots implements StateMachineStorage {

  private static final Logger log = LoggerFactory.getLogger(Snapshots.class);
  private static final Pattern NAME = Pattern.compile("snapshot\\.(\\d+)_(\\d+)");
  private static final String UNFINISHED = "unfinished.";

  private volatile @Nullable Path dir;
  private volatile @Nullable SnapshotInfo latest;

  /** How a checkpoint gets into a directory that does not exist yet. */
  interface Source {
    void checkpoint(Path target) throws IOException;
  }

  @Override
  public void init(RaftStorage storage) throws IOException {
    dir = storage.getStorageDir().getStateMachineDir().toPath();
    Files.createDirectories(dir());
    for (Path each : list(dir())) {
      if (each.getFileName().toString().startsWith(UNFINISHED)) {
        DataFiles.deleteTree(each);
      }
    }
    rescan();
  }

  @Override
  public @Nullable SnapshotInfo getLatestSnapshot() {
    return latest;
  }

  /** Looks again, after Ratis replaced the directory by a received snapshot. */
  Optional<SnapshotInfo> rescan() throws IOException {
    @Nullable SnapshotInfo newest = null;
    for (Path each : newestFirst()) {
      newest = read(each);
      if (newest != null) {
        break;
      }
      log.warn("{} is not a complete snapshot and is left alone", each);
    }
    latest = newest;
    return Optional.ofNullable(newest);
  }

  /** Where the files of a snapshot are. */
  Path directory(SnapshotInfo snapshot) {
    TermIndex at = snapshot.getTermIndex();
    return dir().resolve("snapshot.%d_%d".formatted(at.getTerm(), at.getIndex()));
  }

  /** Takes a snapshot, durable when this returns. */
  void create(TermIndex at, Source source) throws IOException {
    String name = "snapshot.%d_%d".formatted(at.getTerm(), at.getIndex());
    Path unfinished = dir().resolve(UNFINISHED + name);
    DataFiles.deleteTree(unfinished);
    source.checkpoint(unfinished);
    for (Path file : list(unfinished)) {
      MD5FileUtil.computeAndSaveMd5ForFile(file.toFile());
    }
    DataFiles.sync(unfinished);
    Path finished = dir().resolve(name);
    DataFiles.deleteTree(finished);
    Files.move(unfinished, finished);
    DataFiles.sync(dir());
    latest = read(finished);
  }

  @Override
  public void cleanupOldSnapshots(SnapshotRetentionPolicy retention) throws IOException {
    keepNewest(retention.getNumSnapshotsRetained());
  }

  /** Deletes all others. More than one is kept because the last but one may be on its way out. */
  void keepNewest(int kept) throws IOException {
    List<Path> all = newestFirst();
    for (Path old : all.subList(Math.min(kept, all.size()), all.size())) {
      DataFiles.deleteTree(old);
    }
  }

  @Override
  public void format() {
    // Ratis calls it on an empty directory
  }

  private List<Path> newestFirst() throws IOException {
    return list(dir()).stream()
        .filter(path -> NAME.matcher(path.getFileName().toString()).matches())
        .sorted(Comparator.comparing(Snapshots::position).reversed())
        .toList();
  }

  private static TermIndex position(Path snapshot) {
    Matcher name = NAME.matcher(snapshot.getFileName().toString());
    if (!name.matches()) {
      throw new IllegalArgumentException(snapshot.toString());
    }
    return TermIndex.valueOf(Long.parseLong(name.group(1)), Long.parseLong(name.group(2)));
  }

  private static @Nullable SnapshotInfo read(Path snapshot) throws IOException {
    List<FileInfo> files = new ArrayList<>();
    for (Path file : list(snapshot)) {
      if (file.toString().endsWith(MD5FileUtil.MD5_SUFFIX)) {
        continue;
      }
      @Nullable MD5Hash md5 = MD5FileUtil.readStoredMd5ForFile(file.toFile());
      if (md5 == null) {
        return null;
      }
      files.add(new FileInfo(file, md5));
    }
    return files.isEmpty() ? null : new FileListSnapshotInfo(files, position(snapshot));
  }

  private Path dir() {
    @Nullable Path known = dir;
    if (known == null) {
      throw new IllegalStateException("init was not called");
    }
    return known;
  }

  private static List<Path> list(Path dir) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.sorted().toList();
    }
  }
}
