package io.pilothouse.filesync.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.Trees;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many chunks in one answer, of a machine that has some, waits for others, and lacks the rest. */
class PackAnswersTest {
  private static final byte[] BYTES = Trees.bytes(1, 5000);
  private static final String HERE = Sha256.hex(BYTES);
  private static final String COMING = Sha256.hex(new byte[] {1});
  private static final String NOWHERE = Sha256.hex(new byte[] {2});

  @TempDir private Path dir;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Contents.Held> chunks = new HashMap<>();
  private ContentHandler handler;
  private HttpServer server;

  /** What a machine has. */
  private record Machine(Map<String, Held> chunks) implements Contents {
    @Override
    public Held chunk(String sha256) {
      return chunks.getOrDefault(sha256, new Absent());
    }

    @Override
    public Held index(String digest) {
      return new Absent();
    }

    @Override
    public boolean isSoundChunk(String sha256) {
      return chunks.containsKey(sha256);
    }

    @Override
    public boolean isSoundIndex(String digest) {
      return false;
    }
  }

  @BeforeEach
  void start() throws IOException {
    Path file = Files.write(dir.resolve("file"), BYTES);
    chunks.put(HERE, new Contents.At(file, 0, BYTES.length));
    chunks.put(COMING, new Contents.Soon());
    handler = new ContentHandler(new Machine(chunks), Throttle.unlimited(), 4);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(ContentHandler.PATH, handler);
    server.start();
  }

  @AfterEach
  void stop() {
    client.close();
    server.stop(0);
    threads.shutdownNow();
  }

  private HttpResponse<byte[]> ask(String method, byte[] body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + Pack.PATH))
            .timeout(Duration.ofSeconds(20))
            .method(method, BodyPublishers.ofByteArray(body))
            .build();
    return client.send(request, BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> ask(String... hashes) throws Exception {
    return ask("POST", Pack.request(List.of(hashes)));
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  @Test
  void eachChunkIsAnsweredByItsSizeAndBytesOrByWhyItIsNotSent() throws Exception {
    HttpResponse<byte[]> answer = ask(NOWHERE, HERE, COMING, HERE, NOWHERE);
    assertThat(answer.statusCode()).isEqualTo(200);
    ByteBuffer expected = ByteBuffer.allocate(5 * Integer.BYTES + 2 * BYTES.length);
    expected.putInt(Pack.ABSENT);
    expected.putInt(BYTES.length).put(BYTES);
    expected.putInt(Pack.SOON);
    expected.putInt(BYTES.length).put(BYTES);
    expected.putInt(Pack.ABSENT);
    assertThat(answer.body()).isEqualTo(expected.array());
    assertThat(handler.missed()).isEqualTo(2);
  }

  @Test
  void whatIsNotThereAtAllCostsFourBytesAChunk() throws Exception {
    assertThat(ask(NOWHERE).body()).isEqualTo(new byte[] {-1, -1, -1, -1});
    assertThat(ask(COMING).body()).isEqualTo(new byte[] {-1, -1, -1, -2});
    HttpResponse<byte[]> nothing = ask("POST", new byte[0]);
    assertThat(nothing.statusCode()).isEqualTo(200);
    assertThat(nothing.body()).isEmpty();
  }

  @Test
  void asManyAsAllowedAreAnsweredAndOneMoreIsRefused() throws Exception {
    List<String> most = Collections.nCopies(Pack.MOST_CHUNKS, NOWHERE);
    assertThat(ask("POST", Pack.request(most)).body()).hasSize(Pack.MOST_CHUNKS * Integer.BYTES);
    List<String> more = Collections.nCopies(Pack.MOST_CHUNKS + 1, NOWHERE);
    HttpResponse<byte[]> refused = ask("POST", Pack.request(more));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(text(refused)).contains("the body has more than 66560 bytes");
  }

  @Test
  void whatIsNoHashIsRefusedWithItsText() throws Exception {
    for (String odd : List.of("../../etc/passwd", HERE.substring(1), HERE + "0", "Ä")) {
      HttpResponse<byte[]> refused = ask(HERE, odd);
      assertThat(refused.statusCode()).as(odd).isEqualTo(400);
      assertThat(text(refused)).contains("is not a SHA-256: expected one in lower-case hex a line");
    }
    assertThat(handler.servedBytes()).as("nothing was sent").isZero();
  }

  @Test
  void aFileThatHasBecomeShorterBreaksTheAnswerOff() throws Exception {
    Path file = dir.resolve("file");
    chunks.put(HERE, new Contents.At(file, 1000, BYTES.length));
    assertThatThrownBy(() -> ask(COMING, HERE)).isInstanceOf(IOException.class);
    chunks.put(HERE, new Contents.At(file, 0, BYTES.length));
    assertThat(ask(HERE).body()).as("it goes on").hasSize(Integer.BYTES + BYTES.length);
  }

  @Test
  void nothingCanBeUploadedToAMachine() throws Exception {
    HttpResponse<byte[]> refused = ask("PUT", BYTES);
    assertThat(refused.statusCode()).isEqualTo(405);
    assertThat(refused.headers().firstValue("Allow")).hasValue("POST");
  }
}
