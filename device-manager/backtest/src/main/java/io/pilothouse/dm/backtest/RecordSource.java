package io.pilothouse.dm.backtest;

import io.pilothouse.dm.record.SegmentReader;
import java.io.IOException;
import java.util.Optional;

/** Segments of a record, oldest first, from the newest that begins before the time asked for. */
interface RecordSource extends AutoCloseable {

  /** The next segment, when the one before was read or given up. */
  Optional<SegmentReader> next() throws IOException, BacktestException;

  /** When the record begins, milliseconds; 0 = nothing is recorded. Known after {@link #next}. */
  long oldest();

  @Override
  void close() throws IOException;
}
