package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.RecordItem;
import io.pilothouse.api.log.v1.RecordedEntry;
import io.pilothouse.dm.record.SegmentReader;
import io.pilothouse.dm.record.Segments;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.ratis.server.protocol.TermIndex;

/**
 * What was decided after a backup, from the record of a replica that outlived it.
 *
 * @param record a directory of segments
 * @param untilIndex the last entry taken
 * @param untilTime entries stamped later are not taken, milliseconds since 1970
 */
public record RecordReplay(Path record, long untilIndex, long untilTime) {

  /** Applies the entries behind {@code from}, and returns the index of the last one. */
  long onto(Store store, State state, Applier applier, long from) throws IOException {
    long at = from;
    List<Path> segments = Segments.list(record);
    if (segments.isEmpty()) {
      throw new IOException(record + " holds no segments of a record");
    }
    for (int i = 0; i < segments.size(); i++) {
      boolean over = i + 1 < segments.size() && Segments.base(segments.get(i + 1)).getIndex() <= at;
      if (over) {
        continue;
      }
      try (SegmentReader reader = SegmentReader.open(segments.get(i))) {
        for (Optional<RecordItem> item = reader.next(); item.isPresent(); item = reader.next()) {
          if (!item.get().hasEntry() || item.get().getEntry().getIndex() <= at) {
            continue;
          }
          RecordedEntry next = item.get().getEntry();
          if (isBeyond(next)) {
            return at;
          }
          if (next.getIndex() != at + 1) {
            throw new IOException(
                ("the record in %s goes from index %d to %d: what lies between is not there; take"
                        + " the record of another replica, or a later backup")
                    .formatted(record, at, next.getIndex()));
          }
          apply(store, state, applier, next);
          at = next.getIndex();
        }
      }
    }
    return at;
  }

  private boolean isBeyond(RecordedEntry next) {
    return next.getIndex() > untilIndex || (next.hasEntry() && next.getEntry().getAt() > untilTime);
  }

  private static void apply(Store store, State state, Applier applier, RecordedEntry next)
      throws IOException {
    if (next.hasEntry()) {
      Entry entry = next.getEntry();
      Applied applied = applier.apply(state, entry, next.getIndex());
      UnknownLevelException.require(
          applier.levels(), state, "entry %d of the record".formatted(next.getIndex()));
      store.write(applied.events(), TermIndex.valueOf(0, next.getIndex()));
    }
  }
}
