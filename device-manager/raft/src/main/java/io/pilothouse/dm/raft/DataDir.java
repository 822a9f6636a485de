package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rocksdb.NativeLibraryLoader;

/**
 * A replica's directory: checks that it belongs to this replica of this cluster, and holds it
 * against other processes.
 *
 * <pre>
 * cluster   whose directory it is: cluster, replica, a random id of the directory itself, and
 *           whether the replica has begun: before, there was nothing that it could lose
 * lock      held while a process uses it; holds its pid
 * raft/     Ratis: log, votes, snapshots
 * db/       RocksDB: the applied state
 * backup/   copies of db/ that are being fetched; emptied at each start
 * divergent why this replica must not start again; absent in a healthy one
 * record/   applied entries of the last weeks, for backtests; nothing here depends on it
 * </pre>
 */
final class DataDir implements AutoCloseable {

  private static final String OWNER = "cluster";
  private static final String BEGUN = "begun";
  private static final String DIVERGENT = "divergent";

  private final Path root;
  private final FileChannel lock;
  private final Map<String, String> owner = new LinkedHashMap<>();

  private DataDir(Path root, FileChannel lock) {
    this.root = root;
    this.lock = lock;
  }

  static DataDir open(ReplicaConfig config) throws ReplicaStartException {
    Path root = config.dataDir().toAbsolutePath().normalize();
    try {
      Files.createDirectories(root);
      FileChannel lock = lock(root);
      try {
        DataDir dir = new DataDir(root, lock);
        dir.checkOwner(config);
        dir.refuseDivergent();
        DataFiles.deleteTree(dir.backup());
        return dir;
      } catch (IOException | ReplicaStartException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (AccessDeniedException e) {
      throw new ReplicaStartException(
          ("data directory %s: no permission to write %s; give this user access or "
                  + "choose another --data")
              .formatted(root, e.getFile()),
          e);
    } catch (IOException e) {
      throw new ReplicaStartException(
          "data directory %s cannot be used (%s); expected a directory that this user can write"
              .formatted(root, e),
          e);
    }
  }

  /** For Ratis; holds a directory for each Raft group. */
  Path raft() {
    return root.resolve("raft");
  }

  /** For RocksDB. */
  Path db() {
    return root.resolve("db");
  }

  /** For copies that are on their way out; not there when there are none. */
  Path backup() {
    return root.resolve("backup");
  }

  Path root() {
    return root;
  }

  /** Whether the replica came to a cluster that ran already. */
  boolean isJoining() {
    return Boolean.parseBoolean(owner.getOrDefault("joined", "false"));
  }

  /** From now on {@code raft/} may hold a vote, and the replica does not start without it. */
  void begin() throws IOException {
    if (!hasBegun()) {
      owner.put(BEGUN, "true");
      writeOwner();
    }
  }

  /** From now on the replica does not start from here. */
  void markDivergent(String why) throws IOException {
    DataFiles.write(root.resolve(DIVERGENT), why + "\n");
  }

  /** For the record. */
  Path record() {
    return root.resolve("record");
  }

  /**
   * Loads RocksDB's native library from here and not from the system's temporary directory, which
   * may be small, or mounted without the right to execute.
   */
  void loadNativeLibrary() throws IOException {
    Path unpack = root.resolve("native");
    Files.createDirectories(unpack);
    NativeLibraryLoader.getInstance().loadLibrary(unpack.toString());
    // mapped by now: nothing of it stays behind, even when the process is killed
    DataFiles.deleteTree(unpack);
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  private static FileChannel lock(Path root) throws IOException, ReplicaStartException {
    Path file = root.resolve("lock");
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    @Nullable FileLock held = null;
    try {
      held = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // this very process uses it already: the same answer as for another
    }
    if (held == null) {
      channel.close();
      throw new ReplicaStartException(
          "data directory %s is in use by the process %s; stop it first or choose another --data"
              .formatted(root, Files.readString(file).strip()));
    }
    channel.truncate(0);
    channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(UTF_8)));
    return channel;
  }

  private void checkOwner(ReplicaConfig config) throws IOException, ReplicaStartException {
    if (Files.exists(root.resolve(OWNER))) {
      readOwner();
      require("cluster", config.cluster(), "--cluster");
      require("replica", config.id(), "--id");
      if (!DataFiles.isEmpty(raft())) {
        return;
      }
      if (hasBegun()) {
        throw new ReplicaStartException(
            "data directory %s has lost raft/, where this replica's votes and log were; %s"
                .formatted(root, RaftCheck.remedy()));
      }
      // a start that failed before: what it was begun with may have been mended since
      seed(config, "was filled by a start with --restore that failed; give --restore again");
      owner.put("joined", String.valueOf(config.origin() instanceof Origin.Join));
      writeOwner();
      return;
    }
    seed(
        config,
        "holds data but no file 'cluster' that says whose; put that file back. A replica that never"
            + " ran takes an empty --data; one that did needs a new id then: `pilot dm replace`");
    owner.put("cluster", config.cluster());
    owner.put("replica", config.id());
    owner.put("directory", UUID.randomUUID().toString());
    owner.put("joined", String.valueOf(config.origin() instanceof Origin.Join));
    owner.put(BEGUN, "false");
    writeOwner();
  }

  /** Puts in what a first start begins with: a restored state, or nothing. */
  private void seed(ReplicaConfig config, String otherwise)
      throws IOException, ReplicaStartException {
    if (config.origin() instanceof Origin.Restored restored && DataFiles.isEmpty(raft())) {
      Restore.seed(restored.dir(), config.cluster(), db());
    } else if (!DataFiles.isEmpty(raft()) || !DataFiles.isEmpty(db())) {
      throw new ReplicaStartException("data directory %s %s".formatted(root, otherwise));
    }
  }

  private boolean hasBegun() {
    return !owner.getOrDefault(BEGUN, "true").equals("false");
  }

  private void readOwner() throws IOException {
    new String(Files.readAllBytes(root.resolve(OWNER)), UTF_8)
        .lines()
        .filter(line -> line.contains("="))
        .map(line -> line.split("=", 2))
        .forEach(pair -> owner.put(pair[0], pair[1]));
  }

  private void writeOwner() throws IOException {
    DataFiles.write(
        root.resolve(OWNER),
        owner.entrySet().stream()
            .map(each -> each.getKey() + "=" + each.getValue() + "\n")
            .collect(Collectors.joining()));
  }

  private void refuseDivergent() throws IOException, ReplicaStartException {
    Path file = root.resolve(DIVERGENT);
    if (Files.exists(file)) {
      throw new ReplicaStartException(
          "data directory %s: %s".formatted(root, Files.readString(file).strip()));
    }
  }

  private static String shown(String found) {
    return found.substring(0, Math.min(100, found.length())).replaceAll("\\p{Cc}", "?");
  }

  private void require(String key, String expected, String flag) throws ReplicaStartException {
    String found = owner.getOrDefault(key, "");
    if (!found.equals(expected)) {
      throw new ReplicaStartException(
          ("data directory %s belongs to %s '%s', not '%s'; start with %s %s or "
                  + "choose another --data")
              .formatted(root, key, shown(found), expected, flag, shown(found)));
    }
  }
}
