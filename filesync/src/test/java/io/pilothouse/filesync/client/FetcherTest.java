package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Trees;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class FetcherTest extends ClientTest {
  private static final long MIB = 1 << 20;

  private void assertPublished() throws Exception {
    assertThat(Trees.describe(target)).isEqualTo(Trees.describe(source));
    assertThat(Fetcher.published(target)).contains(content.index());
    assertThat(onDisk()).containsExactly("1.0.0", "1.0.0.index");
  }

  private void assertNothingPublished() throws Exception {
    assertThat(target).doesNotExist();
    assertThat(Fetcher.published(target)).isEmpty();
  }

  @Test
  void bringsFilesModesAndLinks() throws Exception {
    long bytes = content.index().chunks().stream().mapToLong(ContentIndex.Chunk::size).sum();
    assertThat(fetcher(1).fetch(digest(), target, both())).isEqualTo(new Fetched(digest(), bytes));
    assertPublished();
  }

  /** A chunk may be shorter than the number that tells its length. */
  @Test
  void aFileOfThreeBytesComesToo() throws Exception {
    Path small = Files.createDirectories(temporary.resolve("small"));
    Files.writeString(small.resolve("healthz"), "ok\n");
    Packed packed = one.holds(small);

    fetcher(1).fetch(packed.index().digest(), target, List.of(one.address()));

    assertThat(target.resolve("healthz")).hasContent("ok\n");
  }

  @Test
  void whatIsThereIsNotFetchedAgain() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    one.forget();
    two.forget();
    fetcher(1).fetch(digest(), target, both());
    assertThat(one.asked).isEmpty();
    assertThat(two.asked).isEmpty();
  }

  @Test
  void spreadsOverTheSources() throws Exception {
    for (int seed = 0; seed < 4; seed++) {
      fetcher(seed).fetch(digest(), disk.resolve("d" + seed + "/v"), both());
    }
    assertThat(one.askedChunks).hasSizeGreaterThan(4);
    assertThat(two.askedChunks).hasSizeGreaterThan(4);
  }

  @Test
  void goesOnWhereConnectionsWereCut() throws Exception {
    one.fault = Faults.cuts(7);
    two.fault = Faults.cuts(8);
    Fetcher fetcher = fetcher(1);
    int calls = 0;
    for (boolean done = false; !done; calls++) {
      assertThat(calls).isLessThan(100);
      try {
        fetcher.fetch(digest(), target, both());
        done = true;
      } catch (ContentException e) {
        assertThat(e).hasMessageContaining("Premature EOF");
        assertNothingPublished();
      }
    }
    assertPublished();
    assertThat(one.askedFor(" bytes=")).as("requests that went on in the middle").isPositive();
  }

  @Test
  void aSourceWithAFlippedBitIsLeftForAnother() throws Exception {
    one.fault = Faults.flips();
    for (int seed = 0; seed < 5; seed++) {
      DurableFiles.deleteTree(disk);
      fetcher(seed).fetch(digest(), target, both());
      assertPublished();
    }
    // asked by chance, then last for the rest of the transfer
    assertThat(one.askedFor("POST")).isBetween(1L, 5L);
    assertThat(one.askedFor("HEAD /v1/chunks/")).as("was told").isEqualTo(one.askedFor("POST"));
  }

  @Test
  void theWrongBytesOfOneAreNotBlamedOnTheOther() throws Exception {
    one.fault = Faults.flipsAndCuts();
    for (int seed = 0; seed < 5; seed++) {
      DurableFiles.deleteTree(disk);
      fetcher(seed).fetch(digest(), target, both());
      assertPublished();
    }
  }

  @Test
  void nothingIsPublishedWhenAllLie() throws Exception {
    one.fault = Faults.flips();
    two.fault = Faults.flips();
    assertThatThrownBy(() -> fetcher(1).fetch(digest(), target, both()))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("no source has a sound copy of chunk ")
        .hasMessageContaining(one.address() + ": it sent wrong bytes")
        .hasMessageContaining(two.address() + ": it sent wrong bytes");
    assertNothingPublished();
  }

  @Test
  void anotherIndexIsNotTaken() throws Exception {
    Packed other = one.holds(Trees.random(temporary.resolve("other"), 3));
    one.fault = Faults.lies(other.index().toBytes());
    assertThatThrownBy(() -> fetcher(1).fetch(digest(), target, List.of(one.address())))
        .hasMessageContaining("index " + digest())
        .hasMessageContaining("it sent wrong bytes");
    assertNothingPublished();
    fetcher(1).fetch(digest(), target, both());
    assertPublished();
  }

  @Test
  void moreThanWasAskedForIsRefused() throws Exception {
    one.fault = Faults.neverEnds();
    assertThatThrownBy(() -> fetcher(1).fetch(digest(), target, List.of(one.address())))
        .hasMessageContaining("it sent 0 bytes as a chunk of ");
    assertNothingPublished();
    fetcher(1).fetch(digest(), target, both());
    assertPublished();
  }

  @Test
  void aSourceThatCannotGoOnSendsAllOfItAgain() throws Exception {
    one.fault = Faults.cuts(1);
    assertThatThrownBy(() -> fetcher(1).fetch(digest(), target, List.of(one.address())))
        .isInstanceOf(ContentException.class);
    one.fault = Faults.ignoresRanges();
    fetcher(1).fetch(digest(), target, List.of(one.address()));
    assertPublished();
  }

  @Test
  void busySourcesAreAskedAgainAfterAWhile() throws Exception {
    one.fault = Faults.busy();
    two.fault = Faults.busy();
    assertThatThrownBy(() -> fetcher(1).fetch(digest(), target, both()))
        .hasMessageContaining("busy");
    assertThat(slept).hasSize(5);
    assertThat(slept).allMatch(each -> each.toMillis() >= 10 && each.toMillis() <= 15);
    two.fault = (exchange, bytes) -> false;
    fetcher(1).fetch(digest(), target, both());
    assertPublished();
  }

  @Test
  void deadSilentAndWrongSourcesAreSkipped() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      List<String> sources =
          List.of(nobody(), "127.0.0.1:" + silent.getLocalPort(), "not an address", two.address());
      Patience little =
          new Patience(
              SHORT.connect(),
              Duration.ofMillis(700),
              SHORT.neighbour(),
              SHORT.whole(),
              SHORT.busy());
      new Fetcher(network(4, little), WritePoints.NONE).fetch(digest(), target, sources);
      assertPublished();
    }
  }

  @Test
  void aSourceThatDripsIsLeft() throws Exception {
    one.fault = Faults.drips();
    Patience little =
        new Patience(
            SHORT.connect(), SHORT.read(), SHORT.neighbour(), Duration.ofMillis(50), SHORT.busy());
    Fetcher fetcher = new Fetcher(network(4, little), WritePoints.NONE);
    assertThatThrownBy(() -> fetcher.fetch(digest(), target, List.of(one.address())))
        .hasMessageContaining("bytes came in");
    fetcher(4).fetch(digest(), target, List.of(two.address()));
    assertPublished();
  }

  @Test
  void withoutSourcesItSaysSo() throws Exception {
    assertThatThrownBy(() -> fetcher(1).fetch(digest(), target, List.of()))
        .hasMessageContaining("no source has a sound copy of index " + digest())
        .hasMessageContaining("none is known");
    String nobody = nobody();
    assertThatThrownBy(() -> fetcher(1).fetch("0".repeat(64), target, List.of(nobody)))
        .hasMessageContaining(nobody)
        .hasMessageContaining("refused");
    assertThatThrownBy(() -> fetcher(1).fetch("0".repeat(64), target, List.of(two.address())))
        .hasMessageContaining("404");
    assertNothingPublished();
  }

  @Test
  void chunksOfOtherVersionsAreReused() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    Trees.file(source.resolve("manifest.yaml"), 0644, Trees.bytes(5, 900));
    Packed next = one.holds(source);
    one.forget();
    Path second = disk.resolve("1.1.0");
    fetcher(1).fetch(next.index().digest(), second, List.of(one.address()));
    assertThat(Trees.describe(second)).isEqualTo(Trees.describe(source));
    assertThat(one.askedChunks).hasSize(1);
  }

  @Test
  void damagedChunksOfOtherVersionsAreNot() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    byte[] web = Files.readAllBytes(target.resolve("bin/web"));
    web[5] ^= 1;
    Files.write(target.resolve("bin/web"), web);
    one.forget();
    Path second = disk.resolve("copy");
    fetcher(1).fetch(digest(), second, List.of(one.address()));
    assertThat(Trees.describe(second)).isEqualTo(Trees.describe(source));
    assertThat(one.askedChunks).hasSize(1);
  }

  /** A process may be running in there. */
  @Test
  void aDamagedIndexIsReplacedAndTheDirectoryStaysTheSame() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    Object directory = Files.readAttributes(target, BasicFileAttributes.class).fileKey();
    Path index = Fetcher.indexFile(target);
    String sound = Files.readString(index);
    int hash = sound.indexOf("\"sha256\":\"") + 10;
    String ofSomethingElse =
        sound.substring(0, hash)
            + (sound.charAt(hash) == '0' ? '1' : '0')
            + sound.substring(hash + 1);
    for (String damaged : List.of("{\"format\":1,\"files\":[", "", ofSomethingElse)) {
      Files.writeString(index, damaged);
      assertThat(Fetcher.publishedDigest(target).isPresent()).isEqualTo(damaged.length() > hash);
      one.forget();
      fetcher(1).fetch(digest(), target, List.of(one.address()));
      assertPublished();
      assertThat(one.asked).containsExactly("GET /v1/index/" + digest());
      assertThat(Files.readAttributes(target, BasicFileAttributes.class).fileKey())
          .isEqualTo(directory);
    }
  }

  @Test
  void whereAFileIsDamagedTooTheRestIsUsed() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    Files.delete(Fetcher.indexFile(target));
    Files.writeString(target.resolve("manifest.yaml"), "changed");
    one.forget();
    fetcher(1).fetch(digest(), target, List.of(one.address()));
    assertPublished();
    assertThat(one.askedChunks).hasSize(1);
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeAnythingOfItIsWritten() throws Exception {
    DiskRoom room = new DiskRoom(place -> new DiskRoom.Space(100 * MIB, 5 * MIB));
    assertThatThrownBy(
            () -> new Fetcher(network(1), WritePoints.NONE, room).fetch(digest(), target, both()))
        .isInstanceOf(ContentException.class)
        .hasMessage(
            "the disk is full: %s was not changed; free some space (it takes 2 MiB, 5 MiB are free,"
                    .formatted(target)
                + " of which 5 MiB have to stay free)");
    assertThat(one.askedChunks).isEmpty();
    assertThat(two.askedChunks).isEmpty();
    assertThat(onDisk()).isEmpty();
  }

  @Test
  void whereOthersTakeTheRoomMeanwhileItStops() throws Exception {
    Packed large = one.holds(large());
    AtomicInteger looks = new AtomicInteger();
    DiskRoom room =
        new DiskRoom(
            place -> new DiskRoom.Space(100 * MIB, looks.getAndIncrement() == 0 ? 30 * MIB : MIB));
    assertThatThrownBy(
            () ->
                new Fetcher(network(1), WritePoints.NONE, room)
                    .fetch(large.index().digest(), target, List.of(one.address())))
        .hasMessageContaining("(1 MiB are left, and 5 MiB have to stay free)");
    assertThat(onDisk()).isEmpty();
  }

  private Path large() throws Exception {
    Path large = Files.createDirectories(temporary.resolve("large"));
    Trees.file(large.resolve("data"), 0644, Trees.bytes(9, (int) (12 * MIB)));
    return large;
  }

  @Test
  void holesTakeNoRoom() throws Exception {
    Path image = Files.createDirectories(temporary.resolve("image"));
    Trees.file(image.resolve("disk.img"), 0644, new byte[(int) (64 * MIB)]);
    Packed packed = one.holds(image);
    DiskRoom room = new DiskRoom(place -> new DiskRoom.Space(100 * MIB, 6 * MIB));
    new Fetcher(network(1), WritePoints.NONE, room)
        .fetch(packed.index().digest(), target, List.of(one.address()));
    assertThat(Files.size(target.resolve("disk.img"))).isEqualTo(64 * MIB);
  }

  @Test
  void chunksThatAPowerLossEmptiedAreFetchedAgain() throws Exception {
    Path chunks = Files.createDirectories(disk.resolve(".1.0.0.work/chunks"));
    for (ContentIndex.Chunk chunk : content.index().chunks()) {
      Files.write(chunks.resolve(chunk.sha256()), new byte[3]);
    }
    fetcher(1).fetch(digest(), target, both());
    assertPublished();
  }

  @Test
  void anotherContentTakesTheOldOnesPlace() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    Path other = Trees.random(temporary.resolve("other"), 3);
    Packed next = one.holds(other);
    assertThatThrownBy(
            () -> fetcher(1).fetch(next.index().digest(), target, List.of(two.address())))
        .hasMessageContaining("404");
    assertThat(Fetcher.published(target)).contains(content.index());
    fetcher(1).fetch(next.index().digest(), target, List.of(one.address()));
    assertThat(Trees.describe(target)).isEqualTo(Trees.describe(other));
    assertThat(Fetcher.published(target)).contains(next.index());
    assertThat(onDisk()).containsExactly("1.0.0", "1.0.0.index");
  }

  @Test
  void removedIsRemoved() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    Fetcher.remove(target);
    assertThat(onDisk()).isEmpty();
    Fetcher.remove(target);
  }

  @Test
  void manyThreadsFetchOneContentOnce() throws Exception {
    Fetcher fetcher = fetcher(1);
    List<Future<Fetched>> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 8; i++) {
        Path place = i % 2 == 0 ? target : disk.resolve("copy");
        results.add(threads.submit(() -> fetcher.fetch(digest(), place, both())));
      }
      for (Future<Fetched> each : results) {
        assertThat(each.get(30, TimeUnit.SECONDS).digest()).isEqualTo(digest());
      }
    }
    assertThat(one.askedChunks.size() + two.askedChunks.size())
        .isEqualTo(content.index().chunks().size());
    assertThat(Trees.describe(disk.resolve("copy"))).isEqualTo(Trees.describe(source));
  }

  @Test
  void threadsFetchDifferentContentsAtOnce() throws Exception {
    List<Packed> packed = new ArrayList<>();
    for (int seed = 0; seed < 4; seed++) {
      packed.add(one.holds(Trees.random(temporary.resolve("r" + seed), seed)));
    }
    Fetcher fetcher = fetcher(1);
    List<Future<Fetched>> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Packed each : packed) {
        String digest = each.index().digest();
        Path place = disk.resolve(digest);
        results.add(threads.submit(() -> fetcher.fetch(digest, place, List.of(one.address()))));
      }
      for (Future<Fetched> each : results) {
        each.get(30, TimeUnit.SECONDS);
      }
    }
    for (Packed each : packed) {
      assertThat(Packer.pack(disk.resolve(each.index().digest())).index()).isEqualTo(each.index());
    }
  }
}
