package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.BuiltInWatchdogs;
import io.pilothouse.watchdog.Counters;
import io.pilothouse.watchdog.checks.Check;
import io.pilothouse.watchdog.checks.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BuiltInsTest {
  private final Counters counters = new Counters(System::nanoTime);
  private final AtomicInteger news = new AtomicInteger();

  @Test
  void everyOneOfTheTableCanBeMade(@TempDir Path dir) throws Exception {
    try (Rig rig = new Rig(dir)) {
      BuiltInChecks checks =
          new BuiltInChecks(
              rig.disk,
              rig.wanted,
              rig.applications(),
              rig.watchdogSets(),
              java.util.Optional.empty());
      for (String name : BuiltInWatchdogs.names(WatchdogSpec.Runner.BUILTIN)) {
        WatchdogSpec spec = spec(name);
        assertThat(checks.make(spec).isPresent()).as(name).isEqualTo(BuiltIns.runs(spec));
      }
      assertThat(checks.make(spec("slow"))).isEmpty();
    }
  }

  @Test
  void oneThatHangsIsUnknownAndIsNotStartedTwiceAndHoldsUpNoOther() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    AtomicInteger starts = new AtomicInteger();
    Check hangs =
        () -> {
          starts.incrementAndGet();
          end.await();
          return Finding.ok("back");
        };
    WatchdogSpec slow = spec("hangs").toBuilder().setEveryMs(1).setTimeoutMs(50).build();
    WatchdogSpec fine = spec("fine");
    try (BuiltIns builtIns =
        builtIns(spec -> spec.equals(slow) ? hangs : () -> Finding.ok("fine"))) {
      Rig.await(
          () -> {
            builtIns.round(List.of(slow, fine), 0);
            return builtIns.said(fine).isPresent()
                && builtIns
                    .said(slow)
                    .filter(each -> each.text().contains("not come back"))
                    .isPresent();
          });
      assertThat(builtIns.said(slow).orElseThrow().kind()).isEqualTo(VerdictKind.UNKNOWN);
      builtIns.round(List.of(slow, fine), 0);
      assertThat(starts.get()).isEqualTo(1);
      end.countDown();
      Rig.await(() -> builtIns.said(slow).filter(each -> each.text().equals("back")).isPresent());
    }
  }

  @Test
  void oneThatIsAskedAnewLooksAtOnceAndForgetsWhatItSawBefore() throws Exception {
    AtomicInteger looks = new AtomicInteger();
    WatchdogSpec hourly = spec("hourly").toBuilder().setEveryMs(3_600_000).build();
    try (BuiltIns builtIns =
        builtIns(spec -> () -> Finding.ok("look " + looks.incrementAndGet()))) {
      builtIns.round(List.of(hourly), 0);
      Rig.await(() -> builtIns.said(hourly).isPresent());
      builtIns.round(List.of(hourly), 7);
      Rig.await(
          () -> {
            builtIns.round(List.of(hourly), 7);
            return builtIns.said(hourly).isPresent();
          });
      assertThat(builtIns.said(hourly).orElseThrow().text()).isEqualTo("look 2");
      assertThat(looks.get()).isEqualTo(2);
    }
  }

  @Test
  void whatOneCannotLookAtAndWhatFailsIsUnknown() throws Exception {
    WatchdogSpec denied = spec("denied");
    WatchdogSpec broken = spec("broken");
    try (BuiltIns builtIns =
        builtIns(
            spec ->
                () -> {
                  if (spec.equals(denied)) {
                    throw new IOException("permission denied");
                  }
                  throw new IllegalStateException("a fault of ours");
                })) {
      builtIns.round(List.of(denied, broken), 0);
      Rig.await(() -> builtIns.said(denied).isPresent() && builtIns.said(broken).isPresent());
      assertThat(builtIns.said(denied).orElseThrow().text()).isEqualTo("permission denied");
      assertThat(builtIns.said(broken).orElseThrow().kind()).isEqualTo(VerdictKind.UNKNOWN);
      assertThat(news.get()).isEqualTo(2);
    }
  }

  @Test
  void wrongArgumentsAreUnknownAndSaid(@TempDir Path dir) throws Exception {
    try (Rig rig = new Rig(dir);
        BuiltIns builtIns =
            new BuiltIns(
                new BuiltInChecks(
                    rig.disk,
                    rig.wanted,
                    rig.applications(),
                    rig.watchdogSets(),
                    java.util.Optional.empty()),
                counters,
                news::incrementAndGet)) {
      WatchdogSpec wrong = spec("drift").toBuilder().addArgs("grease=5m").build();
      builtIns.round(List.of(wrong), 0);
      Rig.await(() -> builtIns.said(wrong).isPresent());
      assertThat(builtIns.said(wrong).orElseThrow().text()).contains("did you mean \"grace\"?");
    }
  }

  @Test
  void aProcessThatCrashesAgainAndAgainIsFoundThoughItServesInBetween(@TempDir Path dir)
      throws Exception {
    try (Rig rig = new Rig(dir)) {
      ApplicationManager applications = rig.applications();
      rig.serve(rig.web("1.0.0", "sleep 0.05; exit 3", ""));
      rig.staged.round();
      CrashLoop loop = new CrashLoop(applications::ends, 2, Duration.ofMinutes(10));
      rig.until(applications, () -> loop.look().kind() == VerdictKind.ERROR);
      assertThat(loop.look().fault()).isEqualTo("process.crash-loop");
      assertThat(loop.look().text())
          .isEqualTo("server ended 2 times within 10 min, the last time it ended with status 3");
      CrashLoop patient = new CrashLoop(applications::ends, 50, Duration.ofMinutes(10));
      assertThat(patient.look().kind()).isEqualTo(VerdictKind.OK);
    }
  }

  @Test
  void oldEndsAreForgotten() {
    CrashLoop.Ends ends =
        new CrashLoop.Ends(
            "web",
            List.of(Duration.ofMinutes(30), Duration.ofMinutes(11), Duration.ofMinutes(1)),
            "ended with status 139");
    CrashLoop loop = new CrashLoop(() -> List.of(ends), 2, Duration.ofMinutes(10));
    assertThat(loop.look().kind()).isEqualTo(VerdictKind.OK);
    assertThat(loop.look().text()).contains("ended 1 times");
  }

  @Test
  void driftIsAnErrorAfterItsGraceAndOnlyWhileItLasts() {
    long[] now = {0};
    VersionRef[] running = {ref("web", "1.0.0")};
    VersionRef[] image = {ref("base", "1.0")};
    String[] set = {""};
    WantedState wanted =
        WantedState.newBuilder()
            .setRunProcesses(true)
            .setActive(ref("web", "1.1.0"))
            .setImage(ref("base", ""))
            .build();
    Drift drift =
        new Drift(
            () -> wanted,
            () -> Optional.of(running[0]),
            () -> Optional.of(image[0]),
            () -> set[0],
            Duration.ofMinutes(10),
            () -> now[0]);
    assertThat(drift.look().kind()).isEqualTo(VerdictKind.OK);
    assertThat(drift.look().text()).contains("not for long");
    now[0] += Duration.ofMinutes(11).toNanos();
    assertThat(drift.look().fault()).isEqualTo("drift.manifest");
    assertThat(drift.look().text()).isEqualTo("runs web@1.0.0, wanted is web@1.1.0 for 11 min");
    running[0] = ref("web", "1.1.0");
    assertThat(drift.look().text()).isEqualTo("as wanted");
    image[0] = ref("other", "1.0");
    drift.look();
    now[0] += Duration.ofMinutes(11).toNanos();
    assertThat(drift.look().fault()).isEqualTo("drift.image");
    set[0] = "watchdog set checks@2 is not run: no such watchdog";
    assertThat(drift.look().fault()).isEqualTo("drift.watchdog-set");
    assertThat(drift.look().text()).isEqualTo(set[0]);
  }

  private static VersionRef ref(String name, String version) {
    return VersionRef.newBuilder().setName(name).setVersion(version).build();
  }

  private BuiltIns builtIns(Function<WatchdogSpec, Check> making) {
    return new BuiltIns(spec -> Optional.of(making.apply(spec)), counters, news::incrementAndGet);
  }

  private static WatchdogSpec spec(String name) {
    return WatchdogSpec.newBuilder()
        .setName(name)
        .setRunner(WatchdogSpec.Runner.BUILTIN)
        .setEveryMs(3_600_000)
        .build();
  }
}
