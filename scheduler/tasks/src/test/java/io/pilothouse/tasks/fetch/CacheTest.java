package io.pilothouse.tasks.fetch;

import static io.pilothouse.tasks.fetch.Fetched.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.Sha256;
import io.pilothouse.mesos.v1.CommandInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of URIs for the next task. At most 1,000 bytes here. */
class CacheTest {
  @TempDir private Path disk;
  private Fetched fetched;
  private Origin origin;

  @BeforeEach
  void open() throws Exception {
    fetched = new Fetched(disk);
    origin = new Origin();
  }

  @AfterEach
  void close() {
    fetched.close();
    origin.close();
  }

  private CommandInfo.URI.Builder cached(String path) {
    return uri(origin.uri(path)).setCache(true);
  }

  private long downloads(String path) {
    return origin.requests.stream().filter(path::equals).count();
  }

  @Test
  void theSecondTaskAsksOnlyWhetherItIsStillSo() throws Exception {
    origin.has("/x", "one");
    fetched.fetches(cached("/x"));
    assertThat(fetched.fetches(cached("/x")).resolve("x")).hasContent("one");
    assertThat(origin.requests).hasSize(2);
    assertThat(origin.requests.get(1)).startsWith("/x If-None-Match: ");

    origin.has("/x", "other");
    assertThat(fetched.fetches(cached("/x")).resolve("x")).hasContent("other");

    assertThat(fetched.kept()).as("the old one is gone").hasSize(1);
    assertThat(fetched.fetches(uri(origin.uri("/x"))).resolve("x")).hasContent("other");
    assertThat(origin.requests.getLast()).as("without the cache").isEqualTo("/x");
  }

  @Test
  void whatIsKnownByItsChecksumIsNotAskedFor() throws Exception {
    origin.has("/x", "one");
    String one = "#sha256=" + Sha256.hex("one".getBytes(StandardCharsets.UTF_8));
    String other = "#sha256=" + Sha256.hex("other".getBytes(StandardCharsets.UTF_8));
    fetched.fetches(cached("/x" + one));
    fetched.fetches(cached("/x" + one));
    assertThat(origin.requests).containsExactly("/x");

    assertThat(fetched.fails(cached("/x" + other))).contains("expected was");
    assertThat(fetched.fetches(cached("/x" + one)).resolve("x"))
        .as("what is wrong does not replace what is right")
        .hasContent("one");
    assertThat(origin.requests).containsExactly("/x", "/x");

    origin.has("/x", "other");
    assertThat(fetched.fetches(cached("/x" + other)).resolve("x")).hasContent("other");
  }

  @Test
  void aFileOfTheMachineIsReadAgainWhenItChanged() throws Exception {
    Path file = Files.writeString(disk.resolve("f"), "one");
    CommandInfo.URI.Builder uri = uri(file.toString()).setCache(true);
    fetched.fetches(uri);
    List<Path> kept = fetched.kept();
    assertThat(fetched.fetches(uri).resolve("f")).hasContent("one");
    assertThat(fetched.kept()).isEqualTo(kept);

    Files.writeString(file, "two");
    Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));

    assertThat(fetched.fetches(uri).resolve("f")).hasContent("two");
    Files.delete(file);
    assertThat(fetched.fails(uri)).as("who may not have it now does not").contains("no such file");
  }

  @Test
  void thoseWhoWantTheSameAtTheSameTimeShareOneDownload() throws Exception {
    CountDownLatch all = new CountDownLatch(1);
    origin.answers(
        "/x",
        exchange -> {
          all.await();
          exchange.getResponseHeaders().set("ETag", "\"one\"");
          if (exchange.getRequestHeaders().containsKey("If-None-Match")) {
            exchange.sendResponseHeaders(304, -1); // of those who come late
            return;
          }
          exchange.sendResponseHeaders(200, 3);
          exchange.getResponseBody().write("one".getBytes(StandardCharsets.UTF_8));
        });
    CountDownLatch done = new CountDownLatch(5);
    Map<Path, Fetching> under = new LinkedHashMap<>();
    for (int i = 0; i < 5; i++) {
      Path sandbox = Files.createTempDirectory(disk, "sandbox");
      under.put(sandbox, fetched.begin(sandbox, done, cached("/x")));
    }
    all.countDown();

    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    under.forEach(
        (sandbox, each) -> {
          assertThat(each.failure()).isEmpty();
          assertThat(sandbox.resolve("x")).hasContent("one");
        });
    assertThat(downloads("/x")).isEqualTo(1);
    fetched.leavesNothing();
  }

  @Test
  void oneThatIsGivenUpDoesNotTakeTheOthersAlong() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    origin.answers(
        "/x",
        exchange -> {
          asked.countDown();
          go.await();
          exchange.sendResponseHeaders(200, 3);
          exchange.getResponseBody().write("one".getBytes(StandardCharsets.UTF_8));
        });
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);
    Fetching gone = fetched.begin(first, cached("/x"));
    assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
    Fetching stays = fetched.begin(second, cached("/x"));

    gone.cancel();
    assertThat(first.await(20, TimeUnit.SECONDS)).isTrue();
    go.countDown();

    assertThat(second.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(stays.failure()).isEmpty();
  }

  @Test
  void whatWasNotUsedForLongestMakesRoomAndWhatIsTooLargeIsNotKept() throws Exception {
    for (String each : List.of("/a", "/b", "/c")) {
      origin.has(each, each.repeat(200)); // 400 bytes
    }
    origin.has("/large", "x".repeat(1001));
    fetched.fetches(cached("/a"));
    fetched.fetches(cached("/b"));
    for (Path each : fetched.kept()) {
      boolean a = Files.readString(each.resolve("content")).startsWith("/a");
      Files.setLastModifiedTime(each, FileTime.from(Instant.ofEpochSecond(a ? 2 : 1)));
    }

    fetched.fetches(cached("/c"));
    assertThat(fetched.fetches(cached("/large")).resolve("large")).hasSize(1001);

    assertThat(fetched.kept()).hasSize(2);
    fetched.fetches(cached("/a"));
    fetched.fetches(cached("/b"));
    assertThat(downloads("/a")).as("stayed").isEqualTo(1);
    assertThat(downloads("/b")).as("made room").isEqualTo(2);
  }

  @Test
  void theNextAgentHasItAndNothingThatIsHalf() throws Exception {
    origin.has("/x", "one");
    fetched.fetches(cached("/x"));
    Path half = Files.createDirectory(disk.resolve("fetch/cache/half"));
    Files.writeString(half.resolve("content"), "hal");
    Path work = Files.createDirectories(disk.resolve("fetch/work/of-before"));
    Files.writeString(work.resolve("download"), "hal");
    fetched.restarts();

    assertThat(fetched.fetches(cached("/x")).resolve("x")).hasContent("one");

    assertThat(downloads("/x")).isEqualTo(1);
    assertThat(half).doesNotExist();
    assertThat(work).doesNotExist();
  }

  @Test
  void aTaskChangesItsCopyAndNotWhatIsKept() throws Exception {
    origin.has("/x", "one");
    Path first = fetched.fetches(cached("/x").setExecutable(true)).resolve("x");
    Files.writeString(first, "poison");

    Path second = fetched.fetches(cached("/x")).resolve("x");

    assertThat(second).hasContent("one");
    assertThat(Files.isExecutable(second)).isFalse();
    assertThat(Files.getPosixFilePermissions(disk.resolve("fetch"))).hasSize(3);
  }

  @Test
  void anArchiveThatIsKeptIsUnpackedAndNotCopied() throws Exception {
    origin.has("/a.tgz", new Tar().file("f", "in it").gzip());

    fetched.fetches(cached("/a.tgz"));
    Path sandbox = fetched.fetches(cached("/a.tgz"));

    assertThat(sandbox.resolve("f")).hasContent("in it");
    assertThat(sandbox.resolve("a.tgz")).as("as in Mesos").doesNotExist();
  }
}
