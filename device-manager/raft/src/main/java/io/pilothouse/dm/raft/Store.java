package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.Schema;
import io.pilothouse.dm.state.Sharing;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.Table;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The applied state on disk: one column family for each {@link Table}, and in the default one how
 * far the log is applied. What is written survives a crash of the process only once flushed; the
 * Raft log brings the rest again. Not thread-safe: the applying thread owns it.
 */
final class Store implements AutoCloseable {

  /** Raised when an older version could not read what this one writes. */
  private static final byte FORMAT = 1;

  private static final byte[] FORMAT_KEY = "format".getBytes(UTF_8);
  private static final byte[] APPLIED_KEY = "applied".getBytes(UTF_8);

  /** INDEX SCHEMA DIGEST, as text; of the last time that the database was closed or copied. */
  private static final byte[] DIGEST_KEY = "digest".getBytes(UTF_8);

  private final StoreOptions options;
  private final RocksDB db;
  private final List<ColumnFamilyHandle> handles;
  private final Map<Table, ColumnFamilyHandle> tables = new EnumMap<>(Table.class);
  private final WriteOptions unlogged = new WriteOptions().setDisableWAL(true);

  private Store(StoreOptions options, RocksDB db, List<ColumnFamilyHandle> handles) {
    this.options = options;
    this.db = db;
    this.handles = handles;
    for (ColumnFamilyHandle handle : handles) {
      Stream.of(Table.values())
          .filter(table -> isOf(handle, table))
          .forEach(table -> tables.put(table, handle));
    }
  }

  private static boolean isOf(ColumnFamilyHandle handle, Table table) {
    try {
      return new String(handle.getName(), UTF_8).equals(table.storageId());
    } catch (RocksDBException e) {
      throw new IllegalStateException("a table has a name", e);
    }
  }

  /** Opens a database to look at it; nothing in {@code dir} is changed. */
  static Store openReadOnly(Path dir) throws IOException {
    StoreOptions options = new StoreOptions();
    try (Options plain = new Options()) {
      if (!Files.exists(dir.resolve("CURRENT"))) {
        throw new IOException(dir + " holds no database: it has no file CURRENT");
      }
      refuseUnknownTables(dir);
      List<ColumnFamilyDescriptor> families = new ArrayList<>();
      for (byte[] name : RocksDB.listColumnFamilies(plain, dir.toString())) {
        families.add(options.family(name));
      }
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      RocksDB db = RocksDB.openReadOnly(options.database(), dir.toString(), families, handles);
      Store store = new Store(options, db, handles);
      byte @Nullable [] format = db.get(FORMAT_KEY);
      if (format != null && format[0] > FORMAT) {
        store.close();
        throw new IOException(
            "the database %s has format %d, this version reads up to %d"
                .formatted(dir, format[0], FORMAT));
      }
      return store;
    } catch (RocksDBException e) {
      options.close();
      throw new IOException("cannot open the database " + dir + ": " + e.getMessage(), e);
    } catch (IOException e) {
      options.close();
      throw e;
    }
  }

  /** Opens the database in {@code dir}, or makes an empty one. */
  static Store open(Path dir) throws IOException {
    StoreOptions options = new StoreOptions();
    try {
      Files.createDirectories(dir);
      refuseUnknownTables(dir);
      List<ColumnFamilyDescriptor> families = new ArrayList<>();
      families.add(options.family(RocksDB.DEFAULT_COLUMN_FAMILY));
      for (Table table : Table.values()) {
        families.add(options.family(table.storageId().getBytes(UTF_8)));
      }
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      RocksDB db = RocksDB.open(options.database(), dir.toString(), families, handles);
      Store store = new Store(options, db, handles);
      store.checkFormat(dir);
      return store;
    } catch (RocksDBException e) {
      options.close();
      throw new IOException("cannot open the database " + dir + ": " + e.getMessage(), e);
    } catch (IOException e) {
      options.close();
      throw e;
    }
  }

  /** The last entry whose effect the database holds. */
  TermIndex applied() throws IOException {
    try {
      byte @Nullable [] value = db.get(APPLIED_KEY);
      if (value == null) {
        return TermIndex.INITIAL_VALUE;
      }
      ByteBuffer buffer = ByteBuffer.wrap(value);
      return TermIndex.valueOf(buffer.getLong(), buffer.getLong());
    } catch (RocksDBException e) {
      throw new IOException("cannot read the applied index: " + e.getMessage(), e);
    }
  }

  /** All entities, in memory, of a level that this build applies. */
  State load() throws IOException {
    return load(Levels.BUILD);
  }

  /** All entities, in memory, unless rules are in force that are not among these. */
  State load(Levels levels) throws IOException {
    return read(levels).state();
  }

  /** The same, with its digest. */
  LoadedState read(Levels levels) throws IOException {
    UnknownLevelException.require(levels, level(), "the database " + db.getName());
    return LoadedState.of(this::entities);
  }

  private void entities(LoadedState.Sink sink) throws IOException, InterruptedException {
    Sharing sharing = new Sharing();
    for (Map.Entry<Table, ColumnFamilyHandle> kept : tables.entrySet()) {
      Table table = kept.getKey();
      try (RocksIterator each = db.newIterator(kept.getValue())) {
        for (each.seekToFirst(); each.isValid(); each.next()) {
          String key = new String(each.key(), UTF_8);
          Message value = parse(table, key, each.value());
          // one string for a machine's name, and for what it has in common with others
          sink.take(
              value instanceof Machine machine && machine.getName().equals(key)
                  ? new Change(table, machine.getName(), sharing.share(machine))
                  : new Change(table, key, value));
        }
        each.status();
      } catch (RocksDBException e) {
        throw new IOException("cannot read table " + table.storageId() + ": " + e.getMessage(), e);
      }
    }
  }

  /** Looked at first: of a later release's other tables this one may not make sense. */
  private int level() throws IOException {
    try {
      byte @Nullable [] meta = db.get(tables.get(Table.META), Change.ONLY.getBytes(UTF_8));
      return FeatureLevel.of(
          meta == null ? Meta.getDefaultInstance() : (Meta) parse(Table.META, Change.ONLY, meta));
    } catch (RocksDBException e) {
      throw new IOException("cannot read the feature level: " + e.getMessage(), e);
    }
  }

  /** Writes an entry's events and its index in one batch: all of it or nothing is there later. */
  void write(List<Event> events, TermIndex applied) throws IOException {
    try (WriteBatch batch = new WriteBatch()) {
      for (Event event : events) {
        Change change = Change.of(event);
        ColumnFamilyHandle table = tables.get(change.table());
        byte[] key = change.key().getBytes(UTF_8);
        @Nullable Message value = change.value();
        if (value == null) {
          batch.delete(table, key);
        } else {
          batch.put(table, key, value.toByteArray());
        }
      }
      byte[] position =
          ByteBuffer.allocate(16).putLong(applied.getTerm()).putLong(applied.getIndex()).array();
      batch.put(APPLIED_KEY, position);
      db.write(unlogged, batch);
    } catch (RocksDBException e) {
      throw new IOException("cannot write entry " + applied + ": " + e.getMessage(), e);
    }
  }

  /** Notes what the state is at the applied index, for {@link #checkDigest}. */
  void writeDigest(String digest) throws IOException {
    String note = applied().getIndex() + " " + Schema.fingerprint() + " " + digest;
    try {
      db.put(unlogged, DIGEST_KEY, note.getBytes(UTF_8));
    } catch (RocksDBException e) {
      throw new IOException("cannot write the state's digest: " + e.getMessage(), e);
    }
  }

  /**
   * Whether the loaded state is the one that was written. Says nothing when the process ended
   * without a word, or was of another release: then the other replicas are compared with.
   *
   * @throws IOException when it is another one
   */
  void checkDigest(String loaded) throws IOException {
    byte @Nullable [] note;
    try {
      note = db.get(DIGEST_KEY);
    } catch (RocksDBException e) {
      throw new IOException("cannot read the state's digest: " + e.getMessage(), e);
    }
    if (note == null) {
      return;
    }
    String[] parts = new String(note, UTF_8).split(" ", -1);
    boolean speaks =
        parts.length == 3
            && parts[0].equals(Long.toString(applied().getIndex()))
            && parts[1].equals(Schema.fingerprint());
    if (speaks && !parts[2].equals(loaded)) {
      throw new IOException(
          ("the database %s does not hold the state that was written at index %s: digest %s, not"
                  + " %s. Its disk or memory is faulty; put a new replica in the place of this one:"
                  + " `pilot dm replace`")
              .formatted(db.getName(), parts[0], loaded, parts[2]));
    }
  }

  /** Makes all that was written durable, every table at the same index. */
  void flush() throws IOException {
    try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
      db.flush(wait, handles);
    } catch (RocksDBException e) {
      throw new IOException("cannot flush the database: " + e.getMessage(), e);
    }
  }

  /**
   * A durable copy of what is flushed, in a new directory on the same file system.
   *
   * @throws DamagedStoreException when the database is not what was written
   */
  void checkpoint(Path target) throws IOException {
    flush();
    requireSound();
    try (Checkpoint checkpoint = Checkpoint.create(db)) {
      checkpoint.createCheckpoint(target.toString());
    } catch (RocksDBException e) {
      throw new IOException("cannot make the checkpoint " + target + ": " + e.getMessage(), e);
    }
  }

  /**
   * Compares what is on the disk with its checksums. The state is served from memory, so else
   * nobody would look at a file before the next start; and copies of it go to other replicas.
   */
  private void requireSound() throws DamagedStoreException {
    try {
      db.verifyChecksum();
    } catch (RocksDBException e) {
      throw new DamagedStoreException(
          ("the database %s is damaged: %s. Its disk is faulty; put a new replica in the place of"
                  + " this one: `pilot dm replace`")
              .formatted(db.getName(), e.getMessage()),
          e);
    }
  }

  /** Flushes too: RocksDB does so when its own log is off. */
  @Override
  public void close() throws IOException {
    for (ColumnFamilyHandle handle : handles) {
      handle.close();
    }
    unlogged.close();
    try {
      db.closeE();
    } catch (RocksDBException e) {
      throw new IOException("cannot close the database: " + e.getMessage(), e);
    } finally {
      options.close();
    }
  }

  private void checkFormat(Path dir) throws IOException, RocksDBException {
    byte @Nullable [] format = db.get(FORMAT_KEY);
    if (format == null) {
      db.put(unlogged, FORMAT_KEY, new byte[] {FORMAT});
    } else if (format[0] > FORMAT) {
      close();
      throw new IOException(
          ("the database %s has format %d, this version reads up to %d; start the "
                  + "version that wrote it")
              .formatted(dir, format[0], FORMAT));
    }
  }

  private static void refuseUnknownTables(Path dir) throws IOException, RocksDBException {
    if (!Files.exists(dir.resolve("CURRENT"))) {
      return;
    }
    ManifestCheck.check(dir);
    Set<String> known = Stream.of(Table.values()).map(Table::storageId).collect(Collectors.toSet());
    try (Options plain = new Options()) {
      for (byte[] family : RocksDB.listColumnFamilies(plain, dir.toString())) {
        String name = new String(family, UTF_8);
        if (!name.equals("default") && !known.contains(name)) {
          throw new IOException(
              "the database %s has the table '%s' of a newer version; start that version"
                  .formatted(dir, name));
        }
      }
    }
  }

  private static Message parse(Table table, String key, byte[] value) throws IOException {
    try {
      return table.parse(value);
    } catch (InvalidProtocolBufferException e) {
      throw new IOException(
          "table %s, key '%s': %s".formatted(table.storageId(), key, e.getMessage()), e);
    }
  }
}
