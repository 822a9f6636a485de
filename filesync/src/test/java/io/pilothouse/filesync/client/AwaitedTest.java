package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.Trees;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.Contents;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A neighbour that will have it soon is waited for, as long as the route does. */
final class AwaitedTest extends ClientTest {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger soon = new AtomicInteger();
  private HttpServer neighbour;
  private String address = "";

  /** What replica one has, only later. */
  private final class Later implements Contents {
    @Override
    public Held chunk(String sha256) throws IOException {
      asked.incrementAndGet();
      return soon.getAndDecrement() > 0 ? new Soon() : one.store.chunk(sha256);
    }

    @Override
    public Held index(String digest) throws IOException {
      return one.store.index(digest);
    }

    @Override
    public boolean isSoundChunk(String sha256) throws IOException {
      return one.store.isSoundChunk(sha256);
    }

    @Override
    public boolean isSoundIndex(String digest) throws IOException {
      return one.store.isSoundIndex(digest);
    }
  }

  /** First the neighbour, until it was told so often that it will be soon; then replica two. */
  private final class Patient implements Route {
    private final int patience;
    private int waited;

    Patient(int patience) {
      this.patience = patience;
    }

    @Override
    public synchronized List<Source> sources(String hash) {
      Source replica = Source.of(two.address());
      return waited < patience
          ? List.of(new Source(address, List.of(), true, true), replica)
          : List.of(replica);
    }

    @Override
    public synchronized void answered(Source source, Outcome outcome) {
      waited += outcome == Outcome.SOON ? 1 : 0;
    }
  }

  @BeforeEach
  void startNeighbour() throws IOException {
    neighbour = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    neighbour.setExecutor(threads);
    neighbour.createContext(
        ContentHandler.PATH, new ContentHandler((Contents) new Later(), Throttle.unlimited(), 16));
    neighbour.start();
    address = "127.0.0.1:" + neighbour.getAddress().getPort();
  }

  @AfterEach
  void stopNeighbour() {
    neighbour.stop(0);
    threads.shutdownNow();
  }

  private int chunks() {
    return content.index().chunks().size();
  }

  @Test
  void isAskedAgainUntilItSends() throws Exception {
    int often = 4 * chunks(); // more rounds than anybody gets who is not awaited
    soon.set(often);
    fetcher(1).fetch(digest(), target, Transfer.bulk(new Patient(Integer.MAX_VALUE)));
    assertThat(Trees.describe(target)).isEqualTo(Trees.describe(source));
    assertThat(asked).hasValue(often + chunks());
    assertThat(two.asked).as("the replica is not troubled").isEmpty();
  }

  @Test
  void isLeftWhenTheRouteNamesItNoMore() throws Exception {
    soon.set(Integer.MAX_VALUE);
    fetcher(1).fetch(digest(), target, Transfer.bulk(new Patient(3 * chunks())));
    assertThat(Trees.describe(target)).isEqualTo(Trees.describe(source));
    assertThat(asked.get()).isBetween(3 * chunks(), 4 * chunks());
    assertThat(two.askedChunks).hasSize(chunks());
  }

  @Test
  void whoeverIsDownAtLastIsNotWaitedFor() throws Exception {
    soon.set(Integer.MAX_VALUE);
    neighbour.stop(0);
    fetcher(1).fetch(digest(), target, Transfer.bulk(new Patient(Integer.MAX_VALUE)));
    assertThat(Trees.describe(target)).isEqualTo(Trees.describe(source));
    assertThat(two.askedChunks).hasSize(chunks());
  }
}
