package io.pilothouse.dm.state;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.pilothouse.api.v1.AuditRecord;
import java.util.SortedMap;

/** Where the audit trail's hash chain stands, for whoever verifies it. */
public final class Trail {

  private Trail() {}

  /** The newest record's hash; empty before the first. */
  public static ByteString head(Entities state) {
    return TrailChain.head(state.meta());
  }

  /**
   * The hash that the first record at or after {@code key} goes on from.
   *
   * @param key of {@link Change#auditKey}
   */
  public static ByteString hashBefore(Entities state, String key) {
    SortedMap<String, Message> older = state.table(Table.AUDIT).headMap(key);
    return older.isEmpty()
        ? TrailChain.base(state.meta())
        : ((AuditRecord) older.get(older.lastKey())).getHash();
  }
}
