package io.pilothouse.dm.raft;

import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;

/**
 * RocksDB's settings. The state is read from memory, the database only written and loaded at start,
 * so caches are small; write buffers are small because what they hold is lost in a crash and then
 * comes again from the Raft log.
 */
final class StoreOptions implements AutoCloseable {

  private static final long MIB = 1 << 20;

  static {
    // does nothing where DataDir has loaded it already
    RocksDB.loadLibrary();
  }

  private final LRUCache cache = new LRUCache(8 * MIB);
  private final ColumnFamilyOptions family =
      new ColumnFamilyOptions()
          .setWriteBufferSize(8 * MIB)
          .setMaxWriteBufferNumber(2)
          // the default, an eighth of the buffer, would cost 1 MiB for each of 15 families
          .setArenaBlockSize(64 << 10)
          .setTableFormatConfig(new BlockBasedTableConfig().setBlockCache(cache));
  private final DBOptions database =
      new DBOptions()
          .setCreateIfMissing(true)
          .setCreateMissingColumnFamilies(true)
          // without a log of its own, only this keeps the tables and the applied index in step
          .setAtomicFlush(true)
          .setDbWriteBufferSize(32 * MIB)
          .setMaxOpenFiles(256)
          .setMaxBackgroundJobs(2)
          .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
          .setMaxLogFileSize(MIB)
          .setKeepLogFileNum(2)
          .setStatsDumpPeriodSec(0)
          .setStatsPersistPeriodSec(0);

  ColumnFamilyDescriptor family(byte[] name) {
    return new ColumnFamilyDescriptor(name, family);
  }

  DBOptions database() {
    return database;
  }

  @Override
  public void close() {
    database.close();
    family.close();
    cache.close();
  }
}
