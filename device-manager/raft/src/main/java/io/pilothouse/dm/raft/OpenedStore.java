package io.pilothouse.dm.raft;

import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.statemachine.SnapshotInfo;

/**
 * A replica's database, and what it holds.
 *
 * @param at the last entry that is in it
 * @param digest of the state, checked against the one that was written with it
 */
record OpenedStore(Store store, TermIndex at, State state, RunningDigest digest) {

  /**
   * Opens the database, from the newest snapshot when that is ahead, and reads the state.
   *
   * @param levels that this build applies
   * @throws UnknownLevelException when it is of rules that this build does not know
   */
  static OpenedStore open(Path db, Optional<SnapshotInfo> newest, Levels levels)
      throws IOException {
    Store store = Store.open(db);
    if (newest.isPresent() && newest.get().getIndex() > store.applied().getIndex()) {
      store.close();
      List<Path> files = newest.get().getFiles().stream().map(FileInfo::getPath).toList();
      DataFiles.restore(files, db);
      store = Store.open(db);
    }
    try {
      LoadedState loaded = store.read(levels);
      store.checkDigest(loaded.digest().hex());
      return new OpenedStore(store, store.applied(), loaded.state(), loaded.digest());
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
  }
}
