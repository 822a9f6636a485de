package io.pilothouse.dm.backtest;

import io.pilothouse.api.v1.ReadRecordReply;
import io.pilothouse.api.v1.ReadRecordRequest;
import io.pilothouse.client.DmException;
import io.pilothouse.client.LightClient;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.dm.record.SegmentReader;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Segments of a running replica, page by page. A cursor means something to one replica only, so one
 * is asked for all of them: the first that answers.
 */
final class ServerSource implements RecordSource {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final LightClient server;
  private final long from;
  private final long to;

  /** The page at hand; what of it was read is the stream's. */
  private ReadRecordReply page;

  private boolean begun;

  ServerSource(
      List<String> servers, String principal, Optional<TlsDirectory> tls, long from, long to)
      throws BacktestException {
    this.from = from;
    this.to = to;
    Begun begun = begin(servers, principal, tls);
    server = begun.server();
    page = begun.page();
  }

  private record Begun(LightClient server, ReadRecordReply page) {}

  private Begun begin(List<String> servers, String principal, Optional<TlsDirectory> tls)
      throws BacktestException {
    List<String> reasons = new ArrayList<>();
    for (String each : servers) {
      LightClient client = new LightClient(List.of(each), principal, tls);
      try {
        return new Begun(client, ask(client, ""));
      } catch (UnreachableException e) {
        reasons.add(each + ": " + e.getMessage());
      }
    }
    throw new BacktestException(
        BacktestException.UNREACHABLE,
        "UNREACHABLE",
        "no replica of the Device Manager answers (" + String.join("; ", reasons) + ")",
        "start one, or read the record of a stopped one with --record DIR");
  }

  private ReadRecordReply ask(LightClient client, String cursor) {
    return client.call(
        "ReadRecord",
        ReadRecordRequest.newBuilder().setFrom(from).setTo(to).setCursor(cursor).build(),
        ReadRecordReply.parser(),
        PATIENCE);
  }

  @Override
  public Optional<SegmentReader> next() throws BacktestException {
    try {
      if (!begun) {
        begun = true;
      } else {
        String before = page.getSegment();
        while (page.getSegment().equals(before)) {
          if (page.getCursor().isEmpty()) {
            return Optional.empty();
          }
          page = ask(server, page.getCursor());
        }
      }
      return page.getBytes().isEmpty()
          ? Optional.empty()
          : Optional.of(new SegmentReader(page.getSegment(), new Pages(page.getSegment())));
    } catch (UnreachableException e) {
      throw new BacktestException(
          BacktestException.UNREACHABLE,
          "UNREACHABLE",
          "the replica has gone: " + e.getMessage(),
          "run it again");
    }
  }

  @Override
  public long oldest() {
    return page.getOldest();
  }

  @Override
  public void close() {}

  /** The bytes of one segment; ends where the next page is of another. */
  private final class Pages extends InputStream {
    private final String segment;
    private InputStream bytes;

    Pages(String segment) {
      this.segment = segment;
      this.bytes = page.getBytes().newInput();
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = bytes.read(target, offset, length);
      while (count < 0) {
        String cursor = page.getCursor();
        if (!cursor.startsWith(segment + ":")) {
          return -1;
        }
        try {
          page = ask(server, cursor);
        } catch (DmException e) {
          throw new IOException(e.getMessage() + "; " + e.remedy(), e);
        } catch (UnreachableException e) {
          throw new IOException("the replica has gone: " + e.getMessage(), e);
        }
        bytes = page.getBytes().newInput();
        count = bytes.read(target, offset, length);
      }
      return count;
    }
  }
}
