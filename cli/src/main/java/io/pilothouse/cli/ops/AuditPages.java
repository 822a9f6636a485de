package io.pilothouse.cli.ops;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
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
   * Reads all records after an index; after 0: all that there are.
   *
   * @return the hash of the newest, as the server has it
   * @throws CliException when some after the index, or after a page, are not there any more
   */
  <X extends Exception> ByteString read(long after, Sink<X> sink) throws X {
    long since = after;
    while (true) {
      ListEventsReply page =
          dm.apply(ListEventsRequest.newBuilder().setSinceIndex(since).setLimit(PAGE).build());
      requireAll(since, page.getCompactedBelow());
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

  /** The chain does not tell: what is read goes on from the hash of what is gone. */
  private static void requireAll(long since, long compactedBelow) {
    if (since > 0 && compactedBelow > since + 1) {
      throw new CliException(
          ExitCode.FAILED,
          "RECORDS_GONE",
          "records after revision %d are gone: those that are kept begin at revision %d"
              .formatted(since, compactedBelow),
          "export all that there is, without --after; the newest 50,000 are kept, so export before"
              + " more are written");
    }
  }
}
