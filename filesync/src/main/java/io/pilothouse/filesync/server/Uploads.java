package io.pilothouse.filesync.server;

import com.sun.net.httpserver.HttpExchange;
import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what is uploaded into a store: whoever uploads asks which chunks are missing, sends these,
 * many in a request, then the index.
 */
final class Uploads {
  private static final Logger log = LoggerFactory.getLogger(Uploads.class);
  private static final int INSUFFICIENT_STORAGE = 507;

  private final ContentStore store;

  Uploads(ContentStore store) {
    this.store = store;
  }

  /** Which of the chunks in the body, a hash a line, are not here, or damaged. */
  ContentHandler.Text missing(HttpExchange exchange, Transfer transfer) throws IOException {
    List<String> hashes = Pack.hashes(Receiving.body(exchange, transfer, Pack.longestRequest()));
    StringBuilder missing = new StringBuilder();
    for (String each : hashes) {
      // looked for first: that it is not there yet says nothing about other contents
      if (!store.hasChunk(each) || !store.isSoundChunk(each)) {
        missing.append(each).append('\n');
      }
    }
    return new ContentHandler.Text(200, missing.toString());
  }

  /**
   * Takes chunks, which are in memory until they are written; the index that names them tells what
   * of them came wrong.
   */
  ContentHandler.Text chunks(HttpExchange exchange, Transfer transfer) throws IOException {
    Map<String, byte[]> chunks;
    try {
      chunks = Pack.chunks(Receiving.stream(exchange, transfer, Pack.longestUpload()));
    } catch (ContentException e) {
      Receiving.drain(exchange, Pack.longestUpload());
      throw e;
    }
    try {
      store.putChunks(chunks);
      return new ContentHandler.Text(201, "stored\n");
    } catch (IOException e) {
      return notStored(chunks.size() + " chunks", e);
    }
  }

  /** Takes an index, or names the chunks that are missing for it. */
  ContentHandler.Text index(HttpExchange exchange, Transfer transfer, String digest)
      throws IOException {
    try {
      List<String> missing =
          store.putIndex(digest, Receiving.stream(exchange, transfer, ContentIndex.MOST_BYTES));
      return missing.isEmpty()
          ? new ContentHandler.Text(201, "stored\n")
          : new ContentHandler.Text(409, String.join("\n", missing) + "\n");
    } catch (ContentException e) {
      throw e;
    } catch (IOException e) {
      return notStored("index " + digest, e);
    }
  }

  private static ContentHandler.Text notStored(String what, IOException e) {
    log.error("cannot store {}", what, e);
    int code = DiskFull.is(e) ? INSUFFICIENT_STORAGE : 500;
    return new ContentHandler.Text(
        code, "cannot store %s here: %s\n".formatted(what, e.getMessage()));
  }
}
