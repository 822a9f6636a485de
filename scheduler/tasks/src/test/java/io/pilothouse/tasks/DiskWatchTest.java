package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When what a container has on the disk is looked at, and what is made of it. */
@Timeout(60)
class DiskWatchTest {
  private static final Resource DISK = Resource.newBuilder().setName("disk").buildPartial();

  /** What is said of a directory, by its name: a number, or what goes wrong. */
  private volatile Map<String, String> says = Map.of();

  private record Looked(String directory, Duration within) {}

  private final BlockingQueue<Looked> looked = new LinkedBlockingQueue<>();
  private final Semaphore changes = new Semaphore(0);
  private final DiskWatch watch = new DiskWatch(this::use, changes::release);

  private OptionalLong use(Path directory, Duration within) throws IOException {
    String name = directory.toString();
    looked.add(new Looked(name, within));
    return switch (says.getOrDefault(name, "0")) {
      case "late" -> OptionalLong.empty();
      case "broken" -> throw new IOException("no du");
      case String number -> OptionalLong.of(Long.parseLong(number));
    };
  }

  private static List<DiskQuota> quotas(String... directories) {
    return List.of(directories).stream()
        .map(each -> new DiskQuota(Path.of(each), 2048, DISK))
        .toList();
  }

  private void watches(Map<String, List<DiskQuota>> wanted) {
    watch.watch(wanted, Duration.ZERO);
  }

  private Looked look() throws InterruptedException {
    return Optional.ofNullable(looked.poll(20, TimeUnit.SECONDS)).orElseThrow();
  }

  @Test
  void whoHasMoreThanItMayIsToldOnce() throws Exception {
    says = Map.of("a", "2049", "b", "2048");
    watches(Map.of("1", quotas("a"), "2", quotas("b")));
    assertThat(changes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();

    Cause cause = watch.excess("1").orElseThrow();

    assertThat(cause)
        .isEqualTo(
            new Cause(
                TaskState.TASK_FAILED,
                Reason.REASON_CONTAINER_LIMITATION_DISK,
                "Disk usage (2049B) exceeds quota (2KB) in a",
                List.of(DISK)));
    assertThat(watch.excess("1")).isEmpty();
    assertThat(watch.excess("2")).isEmpty();
  }

  @Test
  void allDirectoriesOfAContainerAreLookedAtAndTheFirstThatIsTooLargeIsTold() throws Exception {
    says = Map.of("volume", "1000000");
    watches(Map.of("1", quotas("sandbox", "volume")));
    assertThat(changes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    assertThat(watch.excess("1").orElseThrow().words()).endsWith("in volume");
    assertThat(look().directory()).isEqualTo("sandbox");
  }

  @Test
  void ofWhatIsNoMoreWatchedNothingIsTold() throws Exception {
    says = Map.of("a", "5000");
    watches(Map.of("1", quotas("a")));
    assertThat(changes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    watches(Map.of());
    watches(Map.of("1", quotas("b")));
    assertThat(watch.excess("1")).isEmpty();
  }

  @Test
  void oneThatTakesTooLongHasMoreTimeTheNextTimeAndIsNoReasonToEndIt() throws Exception {
    says = Map.of("a", "late");
    Duration before = DiskWatch.FIRST;
    watches(Map.of("1", quotas("a")));
    for (int i = 0; i < 8; i++) {
      Looked next = look();
      assertThat(next.within()).isEqualTo(before);
      Duration doubled = before.multipliedBy(2);
      before = doubled.compareTo(DiskWatch.LONGEST) > 0 ? DiskWatch.LONGEST : doubled;
      while (looked.isEmpty()) {
        watches(Map.of("1", quotas("a")));
        Thread.onSpinWait();
      }
    }
    assertThat(watch.excess("1")).isEmpty();
  }

  @Test
  void oneThatCannotBeLookedAtHoldsUpNoOther() throws Exception {
    says = Map.of("a", "broken", "b", "5000");
    watches(Map.of("1", quotas("a"), "2", quotas("b")));
    assertThat(changes.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
    assertThat(watch.excess("1")).isEmpty();
    assertThat(watch.excess("2")).isPresent();
  }

  @Test
  void nobodyWaitsForALookAndTwoAreUnderWayAtMost() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Semaphore begun = new Semaphore(0);
    Semaphore told = new Semaphore(0);
    DiskWatch slow =
        new DiskWatch(
            (directory, within) -> {
              begun.release();
              go.await();
              return OptionalLong.of(5000);
            },
            told::release);
    Map<String, List<DiskQuota>> all =
        Map.of("1", quotas("a"), "2", quotas("b"), "3", quotas("c"), "4", quotas("d"));
    for (int i = 0; i < 100; i++) {
      slow.watch(all, Duration.ZERO);
    }
    assertThat(begun.tryAcquire(2, 20, TimeUnit.SECONDS)).isTrue();
    slow.watch(all, Duration.ZERO);
    assertThat(begun.availablePermits()).isZero();
    go.countDown();
    assertThat(told.tryAcquire(4, 20, TimeUnit.SECONDS)).isTrue();
    for (String each : all.keySet()) {
      assertThat(slow.excess(each)).isPresent();
    }
  }

  @Test
  void sizesAreWrittenInTheLargestUnitThatNeedsNoFraction() {
    assertThat(DiskQuota.text(0)).isEqualTo("0B");
    assertThat(DiskQuota.text(1025)).isEqualTo("1025B");
    assertThat(DiskQuota.text(10244 << 10)).isEqualTo("10244KB");
    assertThat(DiskQuota.text(10 << 20)).isEqualTo("10MB");
    assertThat(DiskQuota.text(3L << 40)).isEqualTo("3TB");
    assertThat(DiskQuota.text(3L << 50)).isEqualTo("3072TB");
  }
}
