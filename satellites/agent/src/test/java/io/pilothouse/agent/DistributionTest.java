package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.client.Fetcher;
import io.pilothouse.filesync.server.Contents;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Machines of a rack bring a version together, whatever happens to some of them. */
@Timeout(120)
class DistributionTest {
  private static final int FILES = 48;
  private static final int SIZE = 64 << 10;
  private static final long COPY = (long) FILES * SIZE;

  @TempDir Path dir;
  private Rack rack;
  private VersionRef version;

  @BeforeEach
  void start() throws Exception {
    rack = new Rack(dir);
    version = rack.version("1.0", FILES, SIZE);
  }

  @AfterEach
  void stop() throws Exception {
    rack.close();
  }

  private static void holds(Rack.Member member, VersionRef version) {
    assertThat(member.staged.versions()).as(member.disk.toString()).contains(version);
  }

  @Test
  void aRackTakesAboutOneCopyFromTheService() throws Exception {
    rack.add(8);
    rack.want(version);
    Rack.await(rack.stage(rack.members));
    rack.members.forEach(each -> holds(each, version));
    assertThat(rack.deployment.served()).isBetween(COPY, 2 * COPY);
    assertThat(rack.members).as("each hands on its share").allMatch(each -> each.asked.get() > 0);
  }

  @Test
  void ownersThatDieInTheMiddleCostLittle() throws Exception {
    rack.add(8);
    rack.want(version);
    rack.deployment.slow(COPY / 2);
    List<Rack.Member> dying = rack.members.subList(0, 2);
    List<Rack.Member> others = rack.members.subList(2, 8);
    rack.stage(dying);
    List<Future<?>> rounds = rack.stage(others);
    Rig.await(() -> rack.deployment.served() > COPY / 4);
    dying.forEach(Rack.Member::dies);
    rack.deployment.slow(0);
    Rack.await(rounds);
    others.forEach(each -> holds(each, version));
    assertThat(rack.deployment.served()).isLessThanOrEqualTo(3 * COPY);
  }

  @Test
  void withoutAnyReplicaThoseWhoHaveItHandItOn() throws Exception {
    rack.add(4);
    rack.want(version);
    Rack.await(rack.stage(rack.members));
    rack.deployment.goes();
    Rack.Member late = rack.add("late");
    rack.want(version);
    Rack.await(rack.stage(List.of(late)));
    holds(late, version);
  }

  @Test
  void aFlippedBitAtANeighbourIsFoundAndTheChunkIsFetchedElsewhere() throws Exception {
    rack.add(2);
    rack.want(version);
    Rack.await(rack.stage(rack.members));
    for (int i = 0; i < FILES; i++) {
      Path file = rack.members.get(0).file(version, "file-" + i);
      byte[] bytes = Files.readAllBytes(file);
      bytes[SIZE / 2] ^= 1;
      Files.write(file, bytes);
    }
    Rack.Member late = rack.add("late");
    rack.want(version);
    Rack.await(rack.stage(List.of(late)));
    holds(late, version);
    for (int i = 0; i < FILES; i++) {
      assertThat(Files.readAllBytes(late.file(version, "file-" + i)))
          .isEqualTo(Files.readAllBytes(rack.members.get(1).file(version, "file-" + i)));
    }
  }

  @Test
  void whenEveryNeighbourIsDeadAFewAreTriedAndThenTheService() throws Exception {
    try (SilentPeers silent = new SilentPeers(20)) {
      rack.add(1);
      rack.want(version, silent.addresses());
      Rack.await(rack.stage(rack.members));
      holds(rack.members.get(0), version);
      // two for the index, a first owner for each of eight requests, those asked meanwhile
      assertThat(silent.asked()).isBetween(4, 14);
    }
  }

  @Test
  void whatADirectoryHoldsIsServedByHash() throws Exception {
    rack.add(1);
    rack.want(version);
    Rack.await(rack.stage(rack.members));
    Rack.Member member = rack.members.get(0);
    ContentIndex index = Fetcher.published(member.disk.version(version)).orElseThrow();
    for (ContentIndex.Chunk chunk : index.chunks()) {
      assertThat(member.distribution.holdings().isSoundChunk(chunk.sha256())).isTrue();
    }
    String damaged = index.files().get(3).chunks().get(0).sha256();
    Files.write(member.file(version, index.files().get(3).path()), new byte[SIZE]);
    assertThat(member.distribution.holdings().isSoundChunk(damaged)).isFalse();
    assertThat(member.distribution.holdings().chunk(damaged))
        .as("not handed out again")
        .isInstanceOf(Contents.Absent.class);
    member.distribution.repaired();
    assertThat(member.distribution.holdings().chunk(damaged)).isInstanceOf(Contents.At.class);
  }
}
