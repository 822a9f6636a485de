package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.Coming;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.Trees;
import io.pilothouse.filesync.client.Route.Source;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.Contents;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A machine asks its neighbour for what that one is just fetching, and is held until it has it. */
final class HandOnTest extends ClientTest {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch open = new CountDownLatch(1);
  private Machine neighbour;
  private Path copy;

  /** Fetches, and hands on what it has, as an agent does. */
  private final class Machine implements Contents {
    private final Fetcher fetcher = fetcher(7);
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private final ContentHandler handler = new ContentHandler(this, Throttle.unlimited(), 16);

    Machine() throws IOException {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setExecutor(threads);
      server.createContext(ContentHandler.PATH, this::handle);
      server.start();
    }

    private void handle(HttpExchange exchange) throws IOException {
      asked.add(exchange.getRequestMethod());
      handler.handle(exchange);
    }

    Source source() {
      return new Source("127.0.0.1:" + server.getAddress().getPort(), List.of(), true, true);
    }

    Future<Fetched> fetches(Source... sources) {
      return threads.submit(() -> fetcher.fetch(digest(), target, bulk(sources)));
    }

    @Override
    public Held chunk(String sha256) throws IOException {
      Optional<ChunkPlaces.Place> place = fetcher.underway().chunk(sha256);
      if (place.isPresent()) {
        return new At(place.get().file(), place.get().offset(), place.get().size());
      }
      if (fetcher.underway().isBringingChunk(sha256)) {
        return new Soon();
      }
      Optional<IndexFile> index = Fetcher.publishedIndex(target);
      if (index.isEmpty()) {
        return new Absent();
      }
      try (ChunkPlaces published = ChunkPlaces.of(target, index.get())) {
        ChunkPlaces.Place found = published.find(sha256).orElseThrow();
        return new At(found.file(), found.offset(), found.size());
      }
    }

    @Override
    public Held index(String digest) throws IOException {
      Path published = Fetcher.indexFile(target);
      Path index = fetcher.underway().index(digest).orElse(published);
      return Files.exists(index) ? new At(index, 0, Files.size(index)) : new Soon();
    }

    @Override
    public Optional<Coming> await(Collection<String> hashes) {
      return fetcher.underway().await(hashes);
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

  private static Transfer bulk(Source... sources) {
    return Transfer.bulk(hash -> Arrays.asList(sources));
  }

  @BeforeEach
  void startNeighbour() throws IOException {
    neighbour = new Machine();
    copy = Files.createDirectories(temporary.resolve("other-disk")).resolve("1.0.0");
  }

  @AfterEach
  void stopNeighbour() {
    open.countDown();
    neighbour.server.stop(0);
    threads.shutdownNow();
  }

  /** The replica answers only when the gate is open. */
  private TestReplica.Fault gate(TestReplica.Fault then, String part) {
    return (exchange, bytes) -> {
      if (exchange.getRequestURI().getPath().contains(part)) {
        try {
          open.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
      return then.answers(exchange, bytes);
    };
  }

  private Future<Fetched> fetchesFrom(Source... sources) {
    return threads.submit(() -> fetcher(3).fetch(digest(), copy, bulk(sources)));
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
      Thread.onSpinWait();
    }
  }

  private void awaitHeld() {
    await(() -> neighbour.fetcher.underway().waiting() > 0);
  }

  private static Fetched result(Future<Fetched> fetch) throws Exception {
    return fetch.get(30, TimeUnit.SECONDS);
  }

  private void assertCopied() throws IOException {
    assertThat(Trees.describe(copy)).isEqualTo(Trees.describe(source));
  }

  @Test
  void isHeldUntilTheNeighbourHasIt() throws Exception {
    one.fault = gate((exchange, bytes) -> false, "/chunks");
    Future<Fetched> first = neighbour.fetches(Source.of(one.address()));
    Future<Fetched> second = fetchesFrom(neighbour.source(), Source.of(two.address()));
    awaitHeld();
    assertThat(two.asked).as("nobody lost patience").isEmpty();
    open.countDown();
    result(first);
    result(second);
    assertCopied();
    // one file may be asked for there, in the moment in which all is published here
    assertThat(two.asked).hasSizeLessThan(2);
  }

  @Test
  void isHeldForTheIndexToo() throws Exception {
    one.fault = gate((exchange, bytes) -> false, "/index");
    Future<Fetched> first = neighbour.fetches(Source.of(one.address()));
    await(() -> neighbour.fetcher.underway().isOf(digest()));
    Future<Fetched> second = fetchesFrom(neighbour.source(), Source.of(two.address()));
    awaitHeld();
    open.countDown();
    result(first);
    result(second);
    assertCopied();
    // a chunk may be asked for there, in the moment in which all of it is published here
    assertThat(two.asked).noneMatch(each -> each.contains("index"));
  }

  @Test
  void wrongBytesAreNotHandedOn() throws Exception {
    one.fault = gate(Faults.flips(), "/chunks");
    Future<Fetched> first = neighbour.fetches(Source.of(one.address()), Source.of(two.address()));
    Future<Fetched> second = fetchesFrom(neighbour.source());
    awaitHeld();
    open.countDown();
    result(first);
    result(second);
    assertCopied();
    assertThat(two.askedChunks).as("where the right ones came from").isNotEmpty();
    assertThat(neighbour.asked).as("nobody doubted what it sent").doesNotContain("HEAD");
  }

  @Test
  void whoIsHeldByOneThatDiesGoesToTheNext() throws Exception {
    one.fault = gate((exchange, bytes) -> false, "/chunks");
    Future<Fetched> first = neighbour.fetches(Source.of(one.address()));
    Future<Fetched> second = fetchesFrom(neighbour.source(), Source.of(two.address()));
    awaitHeld();
    neighbour.server.stop(0);
    result(second);
    assertCopied();
    assertThat(first.isDone()).as("it had nothing to send").isFalse();
    assertThat(two.askedChunks).hasSize(content.index().chunks().size());
  }

  @Test
  void whoIsHeldByOneWhoseTransferFailsGoesToTheNext() throws Exception {
    one.fault = gate(Faults.flips(), "/chunks");
    Future<Fetched> first = neighbour.fetches(Source.of(one.address()));
    Future<Fetched> second = fetchesFrom(neighbour.source(), Source.of(two.address()));
    awaitHeld();
    open.countDown();
    assertThatThrownBy(() -> result(first)).isInstanceOf(ExecutionException.class);
    result(second);
    assertCopied();
    assertThat(two.askedChunks).as("what came damaged to the neighbour").isNotEmpty();
  }

  @Test
  void whoGivesUpIsNotHeldForLong() throws Exception {
    one.fault = gate((exchange, bytes) -> false, "/chunks");
    Future<Fetched> first = neighbour.fetches(Source.of(one.address()));
    Future<Fetched> second = fetchesFrom(neighbour.source());
    awaitHeld();
    second.cancel(true);
    await(() -> neighbour.fetcher.underway().waiting() == 0);
    open.countDown();
    result(first);
    assertThat(Trees.describe(target)).isEqualTo(Trees.describe(source));
  }
}
