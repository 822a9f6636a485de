package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.client.Batches.Batch;
import io.pilothouse.filesync.client.Route.Outcome;
import io.pilothouse.filesync.client.Route.Source;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How many requests run at a time, to whom, and for what. */
class BatchesTest {
  private static final Source SERVICE = Source.of("service:1");

  private final Map<String, List<Source>> sources = new HashMap<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private static Source neighbour(int number) {
    return new Source("n" + number + ":1", List.of(), true, true);
  }

  private static List<Want> wants(int count, int bytes) {
    return IntStream.range(0, count)
        .mapToObj(i -> Sha256.hex(("chunk " + i).getBytes(StandardCharsets.UTF_8)))
        .map(hash -> new Want(new Chunk(hash, bytes)))
        .toList();
  }

  private Batches batches(List<Want> wants, boolean alone) {
    Batches batches =
        new Batches(hash -> sources.getOrDefault(hash, List.of(SERVICE)), chunk -> alone);
    batches.add(wants);
    return batches;
  }

  private Future<Batch> next(Batches batches) {
    return threads.submit(batches::next);
  }

  private static Batch result(Future<Batch> next) throws Exception {
    return next.get(20, TimeUnit.SECONDS);
  }

  private static List<Batch> take(Batches batches, int count) throws Exception {
    List<Batch> taken = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      taken.add(batches.next());
    }
    return taken;
  }

  @Test
  void aRequestHasAsManyChunksAsFit() throws Exception {
    Batches batches = batches(wants(40, 256 << 10), false);
    assertThat(take(batches, 3)).extracting(each -> each.wants().size()).containsExactly(16, 16, 8);
  }

  @Test
  void whatBeganIsAskedForAlone() throws Exception {
    Batches batches = batches(wants(3, 100), true);
    assertThat(take(batches, 3)).allMatch(each -> each.wants().size() == 1);
  }

  @Test
  void theServiceIsAskedByAFewAtATime() throws Exception {
    Batches batches = batches(wants(20, 100), true);
    List<Batch> taken = take(batches, Batches.DIRECT);
    Future<Batch> next = next(batches);
    assertThat(next.isDone()).isFalse();
    batches.over(taken.getFirst());
    Batch own = batches.next();
    assertThat(own).as("whose request is over takes the next").isNotNull();
    batches.over(own);
    batches.putBack(SERVICE, own.wants(), Outcome.FAILED, "cut", Duration.ZERO);
    assertThat(result(next).wants()).isEqualTo(own.wants());
  }

  @Test
  void aNeighbourIsAskedTwiceAtATimeAndManyAtOnce() throws Exception {
    List<Want> wants = wants(120, 100);
    for (int i = 0; i < wants.size(); i++) {
      sources.put(wants.get(i).chunk.sha256(), List.of(neighbour(i % 40)));
    }
    Batches batches = batches(wants, true);
    Map<String, Integer> asked = new HashMap<>();
    take(batches, 80).forEach(each -> asked.merge(each.source().address(), 1, Integer::sum));
    assertThat(asked).hasSize(40).allSatisfy((who, count) -> assertThat(count).isEqualTo(2));
    assertThat(next(batches).isDone()).isFalse();
  }

  @Test
  void fewAreAskedUntilOneIsKnownToLive() throws Exception {
    List<Want> wants = wants(40, 100);
    AtomicBoolean lives = new AtomicBoolean();
    Route route =
        new Route() {
          @Override
          public List<Source> sources(String hash) {
            return List.of(neighbour(Integer.parseInt(hash.substring(0, 4), 16)));
          }

          @Override
          public boolean hasLiveNeighbour() {
            return lives.get();
          }
        };
    Batches batches = new Batches(route, chunk -> true);
    batches.add(wants);
    List<Batch> taken = take(batches, Batches.DIRECT);
    Future<Batch> next = next(batches);
    assertThat(next.isDone()).isFalse();
    lives.set(true);
    batches.putBack(
        taken.getFirst().source(), taken.getFirst().wants(), Outcome.SOON, "", Duration.ZERO);
    assertThat(result(next)).isNotNull();
    assertThat(take(batches, 20)).hasSize(20);
  }

  /** A neighbour's requests are no reason to wait with those to the service. */
  @Test
  void heldOnesDoNotCountAsDirectOnes() throws Exception {
    List<Want> wants = wants(30, 100);
    wants.subList(0, 10).forEach(each -> sources.put(each.chunk.sha256(), List.of(neighbour(1))));
    List<Batch> taken = take(batches(wants, true), 2 + Batches.DIRECT);
    assertThat(taken.stream().filter(each -> each.source().equals(SERVICE)))
        .hasSize(Batches.DIRECT);
  }

  @Test
  void whatComesSoonIsAskedForAgainAfterWhatOthersHave() throws Exception {
    List<Want> wants = wants(4, 100);
    sources.put(wants.get(0).chunk.sha256(), List.of(neighbour(1)));
    sources.put(wants.get(1).chunk.sha256(), List.of(neighbour(1)));
    sources.put(wants.get(2).chunk.sha256(), List.of(neighbour(2)));
    sources.put(wants.get(3).chunk.sha256(), List.of(neighbour(3)));
    Batches batches = batches(wants, false);
    Batch first = batches.next();
    assertThat(first.wants()).isEqualTo(wants.subList(0, 2));
    batches.putBack(first.source(), first.wants(), Outcome.SOON, "soon", Duration.ZERO);
    batches.over(first);
    assertThat(take(batches, 3))
        .extracting(each -> each.source().address())
        .containsExactly("n2:1", "n3:1", "n1:1");
  }

  @Test
  void aPauseIsWaitedFor() throws Exception {
    List<Want> wants = wants(1, 100);
    Batches batches = batches(wants, false);
    Batch batch = batches.next();
    batches.over(batch);
    batches.putBack(SERVICE, wants, Outcome.BUSY, "busy", Duration.ofMillis(20));
    long notBefore = wants.getFirst().notBefore;
    assertThat(batches.next().wants()).isEqualTo(wants);
    assertThat(System.nanoTime() - notBefore).isNotNegative();
  }

  @Test
  void threadsEndWhenTheLastOneCame() throws Exception {
    Batches batches = batches(wants(2, 100), true);
    take(batches, 2);
    Future<Batch> next = next(batches);
    batches.came();
    batches.came();
    assertThat(result(next)).isNull();
  }

  @Test
  void threadsEndWhenOneIsStopped() throws Exception {
    Batches batches = batches(wants(2, 100), true);
    take(batches, 2);
    Future<Batch> next = next(batches);
    batches.stop();
    assertThat(result(next)).isNull();
  }

  @Test
  void whoHasNobodyLeftSaysWhoWasAsked() {
    List<Want> wants = wants(1, 100);
    sources.put(wants.getFirst().chunk.sha256(), List.of());
    assertThatThrownBy(batches(wants, false)::next)
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("no source has a sound copy of chunk")
        .hasMessageContaining("none is known");
  }

  /** A neighbour that was left alone is back, and nothing else has happened. */
  @Test
  void whoComesBackIsAskedForWhatHasWaitedSinceBefore() throws Exception {
    AtomicLong now = new AtomicLong();
    AtomicBoolean back = new AtomicBoolean();
    List<Want> wants = wants(3, 1000);
    wants.forEach(
        each -> sources.put(each.chunk.sha256(), List.of(Source.of("r" + sources.size() + ":1"))));
    Route route = hash -> back.get() ? List.of(neighbour(1)) : sources.get(hash);
    Batches batches = new Batches(route, chunk -> false, now::get);
    batches.add(wants);
    assertThat(batches.next().source().address()).isEqualTo("r0:1");
    back.set(true);
    now.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertThat(batches.next().source().address()).as("who was found before").isEqualTo("r1:1");
    now.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertThat(batches.next().source()).isEqualTo(neighbour(1));
  }
}
