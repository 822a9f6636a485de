package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.VersionRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reports, pulls and staging, against a Device Manager and a content source. A jump of the wall
 * clock is not among these tests: an agent takes no clock, and but for the number that its reports
 * start at, it never asks for the time of day, so that no age and no interval can follow a jump.
 * WallClockTest holds it to that. The number goes on above what the leader names as the floor.
 */
@Timeout(60)
class LoopsTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir private Path dir;
  private Rig rig;

  @BeforeEach
  void start() throws IOException {
    rig = new Rig(dir);
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  @Test
  void registersOnceThenReportsAboveTheFloorAtItsIntervalAndAtOnceOnNews() {
    Reporter reporter = rig.reporter();
    reporter.round(HOUR);
    reporter.round(HOUR);
    reporter.changed();
    reporter.round(HOUR);
    reporter.round(Duration.ZERO);
    assertThat(rig.dm.registrations()).hasSize(1);
    assertThat(sequences()).containsExactly(FakeDm.FLOOR + 1, FakeDm.FLOOR + 2, FakeDm.FLOOR + 3);
    assertThat(rig.dm.reports().get(0).getBootId()).isEqualTo("boot-1");
  }

  @Test
  void aLeaderThatDoesNotKnowTheBootIsToldAgainAndThenGetsTheReport() {
    Reporter reporter = rig.reporter();
    reporter.round(HOUR);
    rig.dm.forget();
    reporter.changed();
    reporter.round(HOUR);
    assertThat(rig.dm.registrations()).hasSize(2);
    assertThat(sequences()).hasSize(2).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void newsThatDidNotArriveAreSentAgain() {
    Reporter reporter = rig.reporter();
    reporter.round(HOUR);
    rig.dm.refuse(Status.PERMISSION_DENIED.withDescription("another key"));
    reporter.changed();
    assertThat(reporter.hasReported()).isTrue();
    assertThatThrownBy(() -> reporter.round(HOUR)).hasMessageContaining("another key");
    assertThat(reporter.hasReported()).as("no agent hands over while nobody answers").isFalse();
    rig.dm.refuse(null);
    reporter.round(HOUR);
    assertThat(reporter.hasReported()).isTrue();
    assertThat(rig.dm.reports()).hasSize(2);
  }

  @Test
  void whatIsWantedIsKeptForABootWithoutADeviceManager() throws IOException {
    rig.want(rig.inService());
    Wanted after = rig.wantedAfterRestart();
    assertThat(after.known()).isTrue();
    assertThat(after.get()).isEqualTo(rig.dm.wanted());
  }

  @Test
  void stagesWhatIsWantedAndRemovesWhatIsNotButNeverTheActiveOne() throws Exception {
    VersionRef one = rig.web("1.0.0", "exec sleep 60", "");
    VersionRef two = rig.web("1.1.0", "exec sleep 60", "");
    VersionRef three = rig.web("1.2.0", "exec sleep 60", "");
    rig.want(rig.inService().addStaged(two).addStaged(one));
    rig.staged.round();
    assertThat(rig.staged.versions()).containsExactly(one, two);
    assertThat(rig.news.get()).isEqualTo(2);
    rig.disk.activate(one);
    rig.want(rig.inService().addStaged(three));
    rig.staged.round();
    assertThat(rig.staged.versions()).containsExactly(one, three);
    assertThat(rig.disk.version(two)).doesNotExist();
    rig.want(rig.inService().setInService(false));
    rig.staged.round();
    assertThat(rig.staged.versions()).containsExactly(one, three);
  }

  @Test
  void aVersionThatCannotBeHadHoldsUpNoOtherAndIsSaid() throws Exception {
    VersionRef one = rig.web("1.0.0", "exec sleep 60", "");
    VersionRef nowhere = one.toBuilder().setName("gone").setDigest("ab".repeat(32)).build();
    rig.want(rig.inService().addStaged(nowhere).addStaged(one));
    assertThatThrownBy(() -> rig.staged.round()).hasMessageContaining("cannot stage gone@1.0.0");
    assertThat(rig.staged.versions()).containsExactly(one);
    assertThat(rig.staged.problem()).contains(rig.deployment.address());
    Scrub scrub = rig.scrub();
    assertThat(scrub.finding().fault())
        .as("told before the scrub has read all that there is")
        .isEqualTo("filesync.staging");
    assertThat(rig.news.get()).as("one is here, the other cannot be had").isEqualTo(2);
    rig.want(rig.inService().addStaged(one));
    rig.staged.round();
    assertThat(rig.staged.problem()).isEmpty();
    assertThat(scrub.finding().fault()).isEmpty();
    assertThat(rig.news.get()).isEqualTo(3);
  }

  @Test
  void whatARollBackNeedsComesWhileSomethingLargeIsBeingStaged() throws Exception {
    byte[] bytes = new byte[8 << 20];
    new SplittableRandom(1).nextBytes(bytes);
    VersionRef large = rig.deployment.addBytes("large", "1.0.0", Map.of("data", bytes));
    VersionRef small = rig.web("1.0.0", "exec sleep 60", "");
    rig.deployment.slow(256 << 10);
    rig.want(rig.inService().addStaged(large));
    try (ExecutorService bulk = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> staging =
          bulk.submit(
              () -> {
                rig.staged.round();
                return large;
              });
      Rig.await(() -> rig.fetcher.underway().isBringing(large.getDigest()));
      rig.want(rig.inService().addStaged(large).addStaged(small).addUrgent(small.getDigest()));
      rig.staged.urgentRound();
      assertThat(rig.staged.versions()).containsExactly(small);
      assertThat(staging.isDone()).isFalse();
      rig.deployment.slow(0);
      staging.get();
    }
    assertThat(rig.staged.versions()).containsExactly(large, small);
  }

  @Test
  void aNameThatWouldLeaveTheDiskIsRefused() throws Exception {
    VersionRef one = rig.web("1.0.0", "exec sleep 60", "");
    for (String bad : List.of("../../x", "..", "a/b", "")) {
      rig.want(rig.inService().addStaged(one.toBuilder().setVersion(bad)));
      assertThatThrownBy(() -> rig.staged.round()).hasMessageContaining("\"" + bad + "\"");
    }
  }

  @Test
  void aDirectoryThatWasRemovedOrLostItsIndexIsFetchedAnew() throws Exception {
    VersionRef one = rig.web("1.0.0", "exec sleep 60", "");
    rig.want(rig.inService().addStaged(one));
    rig.staged.round();
    Path manifest = rig.disk.version(one).resolve("manifest.yaml");
    Files.delete(manifest);
    Files.delete(rig.disk.version(one));
    rig.staged.round();
    assertThat(manifest).exists();
    Files.writeString(rig.disk.version(one).resolveSibling("1.0.0.index"), "{ damaged");
    rig.staged.round();
    assertThat(rig.staged.versions()).containsExactly(one);
    Wanted after = rig.wantedAfterRestart();
    Files.writeString(rig.disk.version(one).resolveSibling("1.0.0.index"), "{ damaged");
    Staged staged = rig.stagedAfterRestart(after);
    assertThat(staged.versions()).isEmpty();
    staged.round();
    assertThat(staged.versions()).containsExactly(one);
  }

  @Test
  void anIndexThatRotsInPlaceIsFoundByTheScrubAndFetchedAnew() throws Exception {
    VersionRef one = rig.web("1.0.0", "exec sleep 60", "");
    rig.want(rig.inService().addStaged(one));
    rig.staged.round();
    Path index = rig.disk.version(one).resolveSibling("1.0.0.index");
    byte[] sound = Files.readAllBytes(index);
    Object directory = fileKey(rig.disk.version(one));
    Scrub scrub = rig.scrub();
    // a bit may be lost of any byte: some leave an index that is sound, of something else
    for (int at : new int[] {0, sound.length / 2, sound.length - 8}) {
      byte[] rotten = sound.clone();
      rotten[at] ^= 1;
      StagedIndexesTest.rot(index, rotten);
      rig.staged.round();
      scrub.round();
      assertThat(scrub.finding().fault()).as("byte %d", at).isEqualTo("filesync.corrupt");
      rig.staged.round();
      assertThat(index).hasBinaryContent(sound);
      scrub.round();
      assertThat(scrub.finding().fault()).isEmpty();
      assertThat(fileKey(rig.disk.version(one)))
          .as("a process may be running in there")
          .isEqualTo(directory);
    }
  }

  private static Object fileKey(Path directory) throws IOException {
    return Files.readAttributes(directory, BasicFileAttributes.class).fileKey();
  }

  @Test
  void aChangedByteIsRestoredAndReported() throws Exception {
    VersionRef one = rig.web("1.0.0", "exec sleep 60", "");
    rig.want(rig.inService().addStaged(one));
    rig.staged.round();
    Scrub scrub = rig.scrub();
    scrub.round();
    assertThat(scrub.finding().fault()).isEmpty();
    Path file = rig.disk.version(one).resolve("manifest.yaml");
    String before = Files.readString(file);
    Files.writeString(file, before.replace("sleep", "slEep"));
    int news = rig.news.get();
    scrub.round();
    assertThat(Files.readString(file)).isEqualTo(before);
    assertThat(scrub.finding().fault()).isEqualTo("filesync.repaired");
    assertThat(scrub.finding().text()).contains("web@1.0.0: manifest.yaml").contains("restored");
    assertThat(rig.news.get()).isEqualTo(news + 1);
    scrub.round();
    assertThat(scrub.finding().fault()).as("shown for a while").isEqualTo("filesync.repaired");
  }

  @Test
  void whatCannotBeRestoredIsAnErrorUntilItCan() throws Exception {
    VersionRef one = rig.web("1.0.0", "exec sleep 60", "");
    rig.want(rig.inService().addStaged(one));
    rig.staged.round();
    rig.want(rig.inService().clearDeployments().addStaged(one));
    Files.writeString(rig.disk.version(one).resolve("manifest.yaml"), "changed");
    Scrub scrub = rig.scrub();
    scrub.round();
    assertThat(scrub.finding().fault()).isEqualTo("filesync.corrupt");
    assertThat(scrub.finding().text()).contains("manifest.yaml").contains("none is known");
    rig.want(rig.inService().addStaged(one));
    scrub.round();
    assertThat(scrub.finding().fault()).isEqualTo("filesync.repaired");
  }

  private List<Long> sequences() {
    return rig.dm.reports().stream().map(ReportRequest::getSequence).toList();
  }
}
