package io.pilothouse.filesync.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.RawCall;
import io.pilothouse.testing.fuzz.Summary;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests from anyone: each is answered or its connection closed, and the store stays sound. */
class ContentHandlerFuzzTest {
  private static final byte[] BYTES = "the bytes of a chunk".getBytes(ISO_8859_1);
  private static final String HASH = Sha256.hex(BYTES);

  private static byte[] request(String head, byte[] body) {
    byte[] start =
        (head + "\r\nHost: x\r\nConnection: close\r\nContent-Length: " + body.length + "\r\n\r\n")
            .getBytes(ISO_8859_1);
    byte[] all = new byte[start.length + body.length];
    System.arraycopy(start, 0, all, 0, start.length);
    System.arraycopy(body, 0, all, start.length, body.length);
    return all;
  }

  @Test
  void noRequestFails(@TempDir Path dir) throws IOException {
    ContentIndex index =
        new ContentIndex(
            List.of(
                new FileEntry("a", 0644, BYTES.length, List.of(new Chunk(HASH, BYTES.length)))));
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    try (ContentStore store = new ContentStore(dir);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      store.putChunks(Map.of(HASH, BYTES));
      store.putIndex(index.digest(), index.toBytes());
      ContentHandler handler = new ContentHandler(store, Throttle.unlimited(), 16);
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setExecutor(threads);
      server.createContext(
          ContentHandler.PATH,
          exchange -> {
            try {
              handler.handle(exchange);
            } catch (RuntimeException e) {
              failure.set(e);
              throw e;
            }
          });
      server.start();
      try {
        int port = server.getAddress().getPort();
        Summary summary =
            Fuzz.of("content-requests")
                .sound(request("GET /v1/chunks/" + HASH + " HTTP/1.1", new byte[0]))
                .sound(
                    request(
                        "GET /v1/index/" + index.digest() + " HTTP/1.1\r\nRange: bytes=3-",
                        new byte[0]))
                .sound(request("HEAD /v1/chunks/" + HASH + " HTTP/1.1", new byte[0]))
                .sound(
                    request(
                        "POST /v1/chunks HTTP/1.1", Pack.request(List.of(HASH, "a".repeat(64)))))
                .sound(request("POST /v1/missing HTTP/1.1", Pack.request(List.of(HASH))))
                .sound(request("PUT /v1/chunks HTTP/1.1", Pack.upload(List.of(BYTES))))
                .sound(request("PUT /v1/index/" + index.digest() + " HTTP/1.1", index.toBytes()))
                .tokens("\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: -1\r\n", "\0")
                .tokens("/../", "%2e%2e%2f", "%00", "?x=", "#", "http://x:y", "*", " HTTP/1.0")
                .tokens(
                    "Range: bytes=999999999999999999-\r\n", "Expect: 100-continue\r\n", "DELETE")
                .inputs(500)
                .run(
                    input -> {
                      int status = RawCall.status(RawCall.of(port, input));
                      RuntimeException failed = failure.getAndSet(null);
                      if (failed != null) {
                        throw failed;
                      }
                      assertThat(status).as("status").isNotEqualTo(500);
                      return status >= 200 && status < 300;
                    });
        assertThat(summary.refused()).as(summary.toString()).isPositive();
        assertThat(store.chunkBytes(HASH))
            .hasValueSatisfying(each -> assertThat(each).isEqualTo(BYTES));
        assertThat(store.isSoundIndex(index.digest())).isTrue();
      } finally {
        server.stop(0);
      }
    }
  }
}
