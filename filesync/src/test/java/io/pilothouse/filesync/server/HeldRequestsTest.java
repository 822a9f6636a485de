package io.pilothouse.filesync.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.Coming;
import io.pilothouse.filesync.Hold;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request for what is on its way waits for it, without a slot, where it may be held. */
class HeldRequestsTest {
  private static final int SIZE = 1000;

  @TempDir private Path dir;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Contents.Held> here = new ConcurrentHashMap<>();
  private final List<String> hashes = new ArrayList<>();
  private final List<String> waits = new ArrayList<>();
  private Waiter waiter = (some, most) -> false;
  private boolean tooMany;
  private HttpServer server;

  /** What happens while a request is held. */
  private interface Waiter {
    boolean await(int some, Duration most) throws Exception;
  }

  private final class Machine implements Contents {
    @Override
    public Held chunk(String sha256) {
      return here.getOrDefault(sha256, new Soon());
    }

    @Override
    public Held index(String digest) {
      return here.getOrDefault(digest, new Soon());
    }

    @Override
    public Optional<Coming> await(Collection<String> names) {
      if (tooMany) {
        return Optional.empty();
      }
      return Optional.of(
          new Coming() {
            @Override
            public boolean await(int some, Duration most) {
              waits.add(some + " of " + names.size());
              assertThat(most).isBetween(Duration.ZERO, Hold.LONGEST);
              try {
                return waiter.await(some, most);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            }

            @Override
            public void close() {
              waits.add("closed");
            }
          });
    }

    @Override
    public boolean isSoundChunk(String sha256) {
      return true;
    }

    @Override
    public boolean isSoundIndex(String digest) {
      return true;
    }
  }

  @BeforeEach
  void start() throws IOException {
    for (int i = 0; i < 40; i++) {
      hashes.add(Sha256.hex(Trees.bytes(i, SIZE)));
    }
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        ContentHandler.PATH, new ContentHandler((Contents) new Machine(), Throttle.unlimited(), 1));
    server.start();
  }

  @AfterEach
  void stop() {
    client.close();
    server.stop(0);
    threads.shutdownNow();
  }

  private void comes(int number) throws IOException {
    Path file = Files.write(dir.resolve("chunk-" + number), Trees.bytes(number, SIZE));
    here.put(hashes.get(number), new Contents.At(file, 0, SIZE));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path))
        .timeout(Duration.ofSeconds(20));
  }

  /** How many of so many chunks were sent. */
  private int sent(int chunks, String hold) throws Exception {
    List<String> asked = hashes.subList(0, chunks);
    HttpRequest request =
        request(Pack.PATH)
            .header(Hold.HEADER, hold)
            .POST(BodyPublishers.ofByteArray(Pack.request(asked)))
            .build();
    HttpResponse<byte[]> response = client.send(request, BodyHandlers.ofByteArray());
    assertThat(response.statusCode()).isEqualTo(200);
    ByteBuffer body = ByteBuffer.wrap(response.body());
    int sent = 0;
    for (String each : asked) {
      int size = body.getInt();
      if (size != Pack.SOON) {
        byte[] bytes = new byte[size];
        body.get(bytes);
        assertThat(Sha256.hex(bytes)).isEqualTo(each);
        sent++;
      }
    }
    assertThat(body.hasRemaining()).isFalse();
    return sent;
  }

  @Test
  void isAnsweredWhenAFewHaveCome() throws Exception {
    waiter =
        (some, most) -> {
          for (int i = 0; i < some; i++) {
            comes(i);
          }
          return true;
        };
    assertThat(sent(10, "1000")).isEqualTo(4);
    assertThat(waits).containsExactly("4 of 10", "closed");
  }

  @Test
  void ofManyAQuarterIsWaitedFor() throws Exception {
    comes(0);
    comes(1);
    waiter =
        (some, most) -> {
          comes(waits.size() + 1);
          return true;
        };
    assertThat(sent(40, "1000")).isEqualTo(10);
    assertThat(waits).startsWith("8 of 38", "7 of 38").endsWith("1 of 38", "closed").hasSize(9);
  }

  @Test
  void whatIsHereIsNotWaitedFor() throws Exception {
    for (int i = 0; i < 4; i++) {
      comes(i);
    }
    assertThat(sent(10, "1000")).isEqualTo(4);
    assertThat(waits).isEmpty();
  }

  @Test
  void isAnsweredWhenTheTimeIsUp() throws Exception {
    assertThat(sent(3, "1000")).isZero();
    assertThat(waits).containsExactly("3 of 3", "closed");
  }

  @Test
  void whoDoesNotSayThatItWaitsIsAnsweredAtOnce() throws Exception {
    assertThat(sent(3, "0")).isZero();
    assertThat(sent(3, "for ever")).isZero();
    assertThat(waits).isEmpty();
  }

  @Test
  void whereTooManyWaitItIsAnsweredAtOnce() throws Exception {
    tooMany = true;
    assertThat(sent(3, "1000")).isZero();
  }

  /** The one slot of this machine is free meanwhile. */
  @Test
  void othersAreServedMeanwhile() throws Exception {
    waiter =
        (some, most) -> {
          if (waits.size() == 1) {
            for (int i = 0; i < 4; i++) {
              comes(i);
            }
            waits.add("others got " + sent(4, "0"));
          }
          return true;
        };
    assertThat(sent(10, "1000")).isEqualTo(4);
    assertThat(waits).containsExactly("4 of 10", "others got 4", "closed");
  }

  @Test
  void anIndexIsWaitedForToo() throws Exception {
    waiter =
        (some, most) -> {
          comes(0);
          return true;
        };
    HttpRequest request =
        request("/v1/index/" + hashes.getFirst()).header(Hold.HEADER, "1000").build();
    assertThat(client.send(request, BodyHandlers.ofByteArray()).body())
        .isEqualTo(Trees.bytes(0, SIZE));
    assertThat(waits).containsExactly("1 of 1", "closed");
  }
}
