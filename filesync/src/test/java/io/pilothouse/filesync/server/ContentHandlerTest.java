package io.pilothouse.filesync.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.TransferClass;
import io.pilothouse.filesync.Trees;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ContentHandlerTest {
  private static final byte[] BYTES = Trees.bytes(1, 200_000);
  private static final String CHUNK = "/v1/chunks/" + Sha256.hex(BYTES);

  @TempDir Path temporary;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicLong now = new AtomicLong();

  /** Of bulk transfers three. */
  private final Transfers inMemory = new Transfers(4, Duration.ofSeconds(30), now::get);

  private ContentStore store;
  private ContentHandler handler;
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    store = new ContentStore(temporary.resolve("store"));
    serve(1);
  }

  private void serve(int atOnce) throws IOException {
    Transfers transfers = new Transfers(atOnce, Duration.ofSeconds(30), now::get);
    handler = new ContentHandler(store, Throttle.unlimited(), transfers, inMemory);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(ContentHandler.PATH, handler);
    server.start();
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.stop(0);
    threads.shutdownNow();
    store.close();
  }

  private HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path))
            .timeout(Duration.ofSeconds(20))
            .method(
                method,
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> upload(byte[]... chunks) throws Exception {
    return send("PUT", Pack.PATH, Pack.upload(List.of(chunks)));
  }

  private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    return send("GET", path, new byte[0], headers);
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  @Test
  void putsAndGetsAChunk() throws Exception {
    assertThat(send("HEAD", CHUNK, new byte[0]).statusCode()).isEqualTo(404);
    assertThat(get(CHUNK).statusCode()).isEqualTo(404);
    assertThat(upload(BYTES).statusCode()).isEqualTo(201);
    assertThat(get(CHUNK).body()).isEqualTo(BYTES);
    HttpResponse<byte[]> head = send("HEAD", CHUNK, new byte[0]);
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValue("Content-Length")).hasValue("200000");
    assertThat(handler.servedBytes()).isEqualTo(200_000);
  }

  @Test
  void goesOnInTheMiddle() throws Exception {
    store.putChunk(Sha256.hex(BYTES), BYTES);
    HttpResponse<byte[]> rest = get(CHUNK, "Range", "bytes=199990-");
    assertThat(rest.statusCode()).isEqualTo(206);
    assertThat(rest.body()).hasSize(10).endsWith(BYTES[199_999]);
    assertThat(rest.headers().firstValue("Content-Range")).hasValue("bytes 199990-199999/200000");
    for (String odd : new String[] {"bytes=200000-", "bytes=1-5", "bytes=-5", "lines=1-", "x"}) {
      HttpResponse<byte[]> whole = get(CHUNK, "Range", odd);
      assertThat(whole.statusCode()).as(odd).isEqualTo(200);
      assertThat(whole.body()).as(odd).isEqualTo(BYTES);
    }
  }

  @Test
  void anIndexIsRefusedUntilItsChunksAreThere() throws Exception {
    Packed packed = Packer.pack(Trees.service(temporary.resolve("source")));
    String index = "/v1/index/" + packed.index().digest();
    HttpResponse<byte[]> refused = send("PUT", index, packed.index().toBytes());
    assertThat(refused.statusCode()).isEqualTo(409);
    for (ContentIndex.Chunk chunk : packed.index().chunks()) {
      assertThat(text(refused)).contains(chunk.sha256() + "\n");
      upload(packed.read(chunk));
    }
    assertThat(send("PUT", index, packed.index().toBytes()).statusCode()).isEqualTo(201);
    assertThat(get(index).body()).isEqualTo(packed.index().toBytes());
  }

  @Test
  void saysWhichChunksAreMissingOrDamaged() throws Exception {
    byte[] other = Trees.bytes(2, 3000);
    upload(BYTES, other);
    Path file = temporary.resolve("store/chunks");
    file = file.resolve(Sha256.hex(other).substring(0, 2)).resolve(Sha256.hex(other).substring(2));
    Files.write(file, new byte[3000]);
    String never = Sha256.hex(new byte[1]);
    byte[] hashes = Pack.request(List.of(Sha256.hex(BYTES), never, Sha256.hex(other)));
    HttpResponse<byte[]> missing = send("POST", Pack.MISSING_PATH, hashes);
    assertThat(missing.statusCode()).isEqualTo(200);
    assertThat(text(missing)).isEqualTo(never + "\n" + Sha256.hex(other) + "\n");
    byte[] all = Pack.request(List.of(Sha256.hex(BYTES)));
    assertThat(send("POST", Pack.MISSING_PATH, all).body()).isEmpty();
  }

  @Test
  void badRequestsAreRefused() throws Exception {
    HttpResponse<byte[]> wrong = send("PUT", Pack.PATH, new byte[] {0, 0, 0, 9, 1});
    assertThat(wrong.statusCode()).isEqualTo(400);
    assertThat(text(wrong)).contains("at byte 4 there is no chunk");
    HttpResponse<byte[]> odd = send("POST", Pack.MISSING_PATH, new byte[] {'x', '\n'});
    assertThat(odd.statusCode()).isEqualTo(400);
    assertThat(text(odd)).contains("\"x\" is not a SHA-256");
    assertThat(send("PUT", CHUNK, BYTES).statusCode()).as("one by one").isEqualTo(405);
    assertThat(get("/v1/chunks/xyz").statusCode()).isEqualTo(404);
    assertThat(get("/v1/chunks/../../etc/passwd").statusCode()).isEqualTo(404);
    assertThat(get("/v1/other/" + Sha256.hex(BYTES)).statusCode()).isEqualTo(404);
    assertThat(send("DELETE", CHUNK, new byte[0]).statusCode()).isEqualTo(405);
    byte[] largest = new byte[ContentIndex.LARGEST_CHUNK];
    HttpResponse<byte[]> large = upload(largest, largest, largest, largest, largest);
    assertThat(large.statusCode()).isEqualTo(400);
    assertThat(text(large)).contains("more than %d bytes".formatted(Pack.longestUpload()));
  }

  @Test
  void aDiskThatTakesNothingIsSaidSo() throws Exception {
    Path incoming = temporary.resolve("store/incoming");
    Files.delete(incoming);
    Files.writeString(incoming, "not a directory");
    HttpResponse<byte[]> failed = upload(BYTES);
    assertThat(failed.statusCode()).isEqualTo(500);
    assertThat(text(failed)).contains("cannot store 1 chunks here");
  }

  /** A peer that takes a slot, gets headers and reads no more, as one without power. */
  private Socket stalled() throws Exception {
    byte[] large = Trees.bytes(3, 4 << 20);
    store.putChunk(Sha256.hex(large), large);
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.connect(server.getAddress());
    String request = "GET /v1/chunks/" + Sha256.hex(large) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    assertThat(socket.getInputStream().read()).isEqualTo('H');
    return socket;
  }

  @Test
  void shedsWhatIsTooMuch() throws Exception {
    try (Socket peer = stalled()) {
      HttpResponse<byte[]> busy = get(CHUNK);
      assertThat(busy.statusCode()).isEqualTo(503);
      assertThat(busy.headers().firstValue("Retry-After")).hasValue("1");
      assertThat(upload(BYTES).statusCode()).isEqualTo(503);
      assertThat(handler.shedRequests()).isEqualTo(2);
      assertThat(peer.isConnected()).isTrue();
    }
  }

  @Test
  void bulkIsShedBeforeUrgent() throws Exception {
    server.stop(0);
    serve(4);
    store.putChunk(Sha256.hex(BYTES), BYTES);
    try (Socket one = stalled();
        Socket two = stalled();
        Socket three = stalled()) {
      assertThat(List.of(one, two, three)).allMatch(Socket::isConnected);
      assertThat(get(CHUNK).statusCode()).isEqualTo(503);
      assertThat(get(CHUNK, "Pilot-Transfer", "bulk").statusCode()).isEqualTo(503);
      HttpResponse<byte[]> urgent = get(CHUNK, "Pilot-Transfer", "urgent");
      assertThat(urgent.statusCode()).isEqualTo(200);
      assertThat(urgent.body()).isEqualTo(BYTES);
    }
  }

  @Test
  void chunksAreSentIntoMemoryAFewAtATimeAndTheNextWaitsWithoutASlot() throws Exception {
    List<Transfer> others = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      others.add(inMemory.enter(TransferClass.BULK).orElseThrow());
    }
    Future<HttpResponse<byte[]>> waits = threads.submit(() -> upload(BYTES));
    for (int i = 0; i < 2000 && inMemory.held() == 0; i++) {
      new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS);
    }
    assertThat(inMemory.held()).isEqualTo(1);
    assertThat(get(CHUNK).statusCode()).as("there is but one slot").isEqualTo(404);
    others.getFirst().close();
    assertThat(waits.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
    assertThat(get(CHUNK).body()).isEqualTo(BYTES);
  }

  @Test
  void aDiskThatIsAlmostFullTakesNothingAndServesOn() throws Exception {
    store.putChunk(Sha256.hex(BYTES), BYTES);
    byte[] other = Trees.bytes(2, 10);
    String index = "/v1/index/" + Sha256.hex(other);
    store.keepFree(Long.MAX_VALUE / 2);
    for (HttpResponse<byte[]> refused :
        List.of(send("PUT", Pack.PATH, Pack.upload(List.of(other))), send("PUT", index, other))) {
      assertThat(refused.statusCode()).isEqualTo(507);
      assertThat(text(refused))
          .contains("here: the disk is almost full: ")
          .contains("MiB are kept free (--keep-free)");
    }
    assertThat(get(CHUNK).body()).isEqualTo(BYTES);
    assertThat(store.hasChunk(Sha256.hex(other))).isFalse();
    store.keepFree(0);
    assertThat(send("PUT", Pack.PATH, Pack.upload(List.of(other))).statusCode()).isEqualTo(201);
  }

  @Test
  void aDeadPeerLosesItsSlotWhenAnotherNeedsIt() throws Exception {
    store.putChunk(Sha256.hex(BYTES), BYTES);
    try (Socket peer = stalled()) {
      assertThat(get(CHUNK).statusCode()).isEqualTo(503);
      awaitStall();
      assertThat(get(CHUNK).statusCode()).as("30 s have not passed").isEqualTo(503);
      now.addAndGet(Duration.ofSeconds(31).toNanos());
      int code = 503;
      for (int i = 0; i < 200 && code == 503; i++) {
        code = get(CHUNK).statusCode();
        new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS);
      }
      assertThat(code).isEqualTo(200);
      InputStream in = peer.getInputStream();
      assertThat(in.readAllBytes().length).as("broken off").isLessThan(4 << 20);
    }
  }

  /** Until the sockets' buffers are full and the write waits, no more bytes are served. */
  private void awaitStall() throws InterruptedException {
    long before = -1;
    for (int i = 0; i < 200 && before != handler.servedBytes(); i++) {
      before = handler.servedBytes();
      new CountDownLatch(1).await(50, TimeUnit.MILLISECONDS);
    }
  }
}
