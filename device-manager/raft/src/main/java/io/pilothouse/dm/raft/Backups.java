package io.pilothouse.dm.raft;

import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.Schema;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Copies of the database that are fetched piece by piece. A copy is made of links and so is quick;
 * nothing is applied only while it is made. One that nobody has read for a while is removed when
 * the next is asked for, or at the next start.
 */
public final class Backups {

  /** Kept at once; each holds on to files that the database may have left behind. */
  private static final int MOST = 2;

  private static final Duration FORGOTTEN = Duration.ofMinutes(10);

  private record Copy(Path dir, BackupManifest manifest, long touched) {}

  private final ReplicaConfig config;
  private final DataDir dir;
  private final FleetStateMachine machine;
  private final Map<String, Copy> copies = new LinkedHashMap<>();

  /** Copies whose files are being hashed: they count, and hold up nobody who reads another. */
  private int making;

  Backups(ReplicaConfig config, DataDir dir, FleetStateMachine machine) {
    this.config = config;
    this.dir = dir;
    this.machine = machine;
  }

  /** A copy with what it is called while it is here. */
  public record Begun(String id, BackupManifest manifest) {}

  /** Copies the state as it is now; empty when too many copies are being fetched already. */
  public Optional<Begun> begin() throws IOException {
    synchronized (this) {
      forgetOld();
      if (copies.size() + making >= MOST) {
        return Optional.empty();
      }
      making++;
    }
    String id = UUID.randomUUID().toString();
    Path target = dir.backup().resolve(id);
    boolean made = false;
    try {
      Files.createDirectories(dir.backup());
      BackupManifest manifest = manifest(machine.copy(target), target);
      synchronized (this) {
        copies.put(id, new Copy(target, manifest, System.nanoTime()));
      }
      made = true;
      return Optional.of(new Begun(id, manifest));
    } finally {
      synchronized (this) {
        making--;
      }
      if (!made) {
        DataFiles.deleteTree(target);
      }
    }
  }

  private BackupManifest manifest(CopiedState copied, Path target) throws IOException {
    return new BackupManifest(
        BackupManifest.BACKUP,
        config.cluster(),
        config.id(),
        copied.term(),
        copied.index(),
        copied.meta().getNow(),
        copied.digest(),
        Schema.fingerprint(),
        PeerVitals.VERSION,
        FeatureLevel.of(copied.meta()),
        BackupManifest.items(target));
  }

  /**
   * Part of a file of a copy; empty when the copy is not here any more, or has no such file.
   *
   * @return fewer bytes than asked for only at the end
   */
  public Optional<ByteBuffer> read(String id, String file, long offset, int length)
      throws IOException {
    @Nullable Copy copy;
    synchronized (this) {
      copy = copies.get(id);
      if (copy == null
          || copy.manifest().files().stream().noneMatch(each -> each.name().equals(file))) {
        return Optional.empty();
      }
      copies.put(id, new Copy(copy.dir(), copy.manifest(), System.nanoTime()));
    }
    try (FileChannel in = FileChannel.open(copy.dir().resolve(file), StandardOpenOption.READ)) {
      ByteBuffer bytes =
          ByteBuffer.allocate((int) Math.max(0, Math.min(length, in.size() - offset)));
      while (bytes.hasRemaining()) {
        if (in.read(bytes, offset + bytes.position()) < 0) {
          throw new IOException("%s became shorter".formatted(copy.dir().resolve(file)));
        }
      }
      return Optional.of(bytes.flip());
    }
  }

  /** The copy has been fetched, or nobody wants it. */
  public synchronized void end(String id) throws IOException {
    @Nullable Copy copy = copies.remove(id);
    if (copy != null) {
      DataFiles.deleteTree(copy.dir());
    }
  }

  private void forgetOld() throws IOException {
    for (Iterator<Copy> each = copies.values().iterator(); each.hasNext(); ) {
      Copy copy = each.next();
      if (System.nanoTime() - copy.touched() > FORGOTTEN.toNanos()) {
        each.remove();
        DataFiles.deleteTree(copy.dir());
      }
    }
  }
}
