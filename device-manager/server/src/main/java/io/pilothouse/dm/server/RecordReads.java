package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.v1.ReadRecordReply;
import io.pilothouse.api.v1.ReadRecordRequest;
import io.pilothouse.dm.record.RecordPages;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/**
 * The record of the applied log, in pages. Any replica answers with its own: a cursor means nothing
 * to another.
 */
final class RecordReads {

  /** The record lies on the disk of the log: backtests must not be noticed there. */
  private static final int MOST_READERS = 2;

  private final Ledger ledger;
  private final Semaphore readers = new Semaphore(MOST_READERS);

  RecordReads(Ledger ledger) {
    this.ledger = ledger;
  }

  ReadRecordReply read(ReadRecordRequest request) {
    if (request.getFrom() < 0 || request.getTo() < 0) {
      throw Refusals.of(
          Status.Code.INVALID_ARGUMENT,
          "from %d, to %d; expected milliseconds since the epoch"
              .formatted(request.getFrom(), request.getTo()),
          "0 stands for the oldest kept and for now");
    }
    if (request.getTo() != 0 && request.getTo() < request.getFrom()) {
      throw Refusals.of(
          Status.Code.INVALID_ARGUMENT,
          "to (%d) is before from (%d)".formatted(request.getTo(), request.getFrom()),
          "give the earlier time as from");
    }
    if (!readers.tryAcquire()) {
      throw Refusals.of(
          Status.Code.RESOURCE_EXHAUSTED,
          "%d calls read the record here already".formatted(MOST_READERS),
          "retry in a second, or ask another replica from the beginning");
    }
    try {
      return page(request);
    } finally {
      readers.release();
    }
  }

  private ReadRecordReply page(ReadRecordRequest request) {
    RecordPages pages = ledger.record();
    try {
      RecordPages.Page page =
          request.getCursor().isEmpty()
              ? pages.first(request.getFrom())
              : pages.next(request.getCursor(), request.getTo());
      return ReadRecordReply.newBuilder()
          .setBytes(page.bytes())
          .setCursor(page.cursor())
          .setOldest(page.oldest())
          .setSegment(page.segment())
          .setOffset(page.offset())
          .build();
    } catch (RecordPages.NoSuchPlaceException e) {
      throw Refusals.of(
          Status.Code.OUT_OF_RANGE,
          String.valueOf(e.getMessage()),
          "begin again without a cursor; cursors are of one replica");
    } catch (IOException e) {
      throw Refusals.of(
          Status.Code.DATA_LOSS,
          "the record cannot be read: " + e.getMessage(),
          "ask another replica, which has a record of its own");
    }
  }
}
