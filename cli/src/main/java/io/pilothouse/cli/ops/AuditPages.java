package io.pilothouse.cli.ops;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import java.util.function.Function;

/** The whole trail of a Device Manager, page by page, each record with the hash before it. */
final class AuditPages {
  private static final int PAGE = 5_000;

  private final Function<ListEventsRequest, ListEventsReply> dm;

  AuditPages(Function<ListEventsRequest, ListEventsReply> dm) {
    this.dm = dm;
  }

  /** Takes the records, oldest first. */
  interface Sink<X extends Exception> {
    /**
     * One record.
     *
     * @param previous the hash that its own goes on from, as the server has it
     */
    void take(ByteString previous, AuditRecord record) throws X;
  }

  /**
   * Reads all records after an index.
   *
   * @return the hash of the newest, as the server has it
   */
  <X extends Exception> ByteString read(long after, Sink<X> sink) throws X {
    long since = after;
    while (true) {
      ListEventsReply page =
          dm.apply(ListEventsRequest.newBuilder().setSinceIndex(since).setLimit(PAGE).build());
      ByteString previous = page.getChainPrev();
      for (AuditRecord record : page.getItemsList()) {
        sink.take(previous, record);
        previous = record.getHash();
      }
      if (page.getItemsCount() == 0 || previous.equals(page.getChainHead())) {
        return page.getChainHead();
      }
      since = page.getRevision();
    }
  }
}
