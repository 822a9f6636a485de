package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Route.Outcome;
import io.pilothouse.filesync.client.Route.Source;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a transfer learns of those that it asks. */
class NearestRouteTest {
  private static final List<String> RACK =
      IntStream.range(0, 10).mapToObj(i -> "rack-" + i + ":1").toList();
  private static final List<String> UNIT =
      IntStream.range(0, 16).mapToObj(i -> "unit-" + i + ":1").toList();
  private static final List<String> SERVICE = List.of("deployment-1:1", "deployment-2:1");
  private static final String HASH = chunk(1);

  private final Throttle uplink = Throttle.of(1000);
  private long now = -5_000_000_000L; // the clock's origin is anywhere

  private final List<String> owners = new Owners(RACK).of(HASH, 2);
  private final String self =
      RACK.stream().filter(each -> !owners.contains(each)).findFirst().orElseThrow();
  private final NearestRoute route =
      new NearestRoute(
          new Neighbours(self, UNIT, List.of(), RACK),
          SERVICE,
          List.of(uplink),
          new Random(1),
          () -> now);

  private static String chunk(int number) {
    return Sha256.hex(("chunk " + number).getBytes(StandardCharsets.UTF_8));
  }

  private List<String> asked(String hash) {
    return route.sources(hash).stream().map(Source::address).toList();
  }

  private void answers(String address, Outcome outcome) {
    route.answered(new Source(address, List.of(), true, true), outcome);
  }

  private void passes(Duration time) {
    now += time.toNanos();
  }

  @Test
  void theRackThenTheUnitThenTheService() {
    List<String> expected = new ArrayList<>(owners);
    expected.addAll(new Owners(UNIT).of(HASH, 2));
    assertThat(asked(HASH)).startsWith(expected.toArray(String[]::new));
    assertThat(asked(HASH).subList(4, 6)).containsExactlyInAnyOrderElementsOf(SERVICE);
  }

  @Test
  void whatComesFromOutsideTheRackGoesThroughItsUplink() {
    for (Source each : route.sources(HASH)) {
      assertThat(each.limits())
          .as(each.address())
          .isEqualTo(RACK.contains(each.address()) ? List.of() : List.of(uplink));
    }
  }

  @Test
  void onlyThoseAboveAreWaitedFor() {
    String first = owners.get(0);
    NearestRoute ofOwner =
        new NearestRoute(
            new Neighbours(first, List.of(), List.of(), RACK),
            SERVICE,
            List.of(),
            new Random(1),
            () -> now);
    Source second = ofOwner.sources(HASH).get(2);
    assertThat(second.address()).isEqualTo(owners.get(1));
    assertThat(second.awaited()).as("it waits for this one").isFalse();
    assertThat(route.sources(HASH).get(0).awaited()).isTrue();
  }

  @Test
  void aDeadOneIsAskedSeldom() {
    for (int seconds : List.of(5, 10, 20, 40, 80, 120, 120)) {
      assertThat(asked(HASH)).as("before " + seconds).startsWith(owners.get(0));
      answers(owners.get(0), Outcome.FAILED);
      assertThat(asked(HASH)).startsWith(owners.get(1)).doesNotContain(owners.get(0));
      passes(Duration.ofSeconds(seconds - 1));
      answers(owners.get(0), Outcome.FAILED); // what it was asked before it was left alone
      assertThat(asked(HASH)).as("within " + seconds).doesNotContain(owners.get(0));
      passes(Duration.ofSeconds(1));
    }
  }

  @Test
  void oneThatWasBusyForSomeSecondsIsAskedAgainAsSoonAsItAnswers() {
    for (Outcome alive : List.of(Outcome.SOON, Outcome.BUSY, Outcome.LACKS, Outcome.SENT)) {
      answers(owners.get(0), Outcome.FAILED);
      assertThat(asked(HASH)).doesNotContain(owners.get(0));
      answers(owners.get(0), alive); // another request, that was held meanwhile
      assertThat(asked(HASH)).as(alive.toString()).startsWith(owners.get(0));
      passes(Duration.ofSeconds(200));
    }
  }

  @Test
  void oneThatComesBackIsTrustedAgainOnlyWhenItSends() {
    answers(owners.get(0), Outcome.SENT);
    for (int i = 0; i < 3; i++) {
      answers(owners.get(0), Outcome.FAILED);
    }
    passes(Duration.ofSeconds(5));
    answers(owners.get(0), Outcome.FAILED);
    assertThat(asked(HASH)).as("the first is enough now").doesNotContain(owners.get(0));
    passes(Duration.ofSeconds(10));
    answers(owners.get(0), Outcome.SENT);
    answers(owners.get(0), Outcome.FAILED);
    assertThat(asked(HASH)).startsWith(owners.get(0));
  }

  @Test
  void oneThatBreaksOffNowAndThenIsStillAsked() {
    answers(owners.get(0), Outcome.SENT);
    answers(owners.get(0), Outcome.FAILED);
    answers(owners.get(0), Outcome.FAILED);
    assertThat(asked(HASH)).startsWith(owners.get(0));
    answers(owners.get(0), Outcome.FAILED);
    assertThat(asked(HASH)).doesNotContain(owners.get(0));
  }

  @Test
  void aLiarIsNotAskedAgain() {
    answers(owners.get(0), Outcome.LIED);
    answers(owners.get(0), Outcome.SENT);
    passes(Duration.ofHours(1));
    assertThat(asked(HASH)).doesNotContain(owners.get(0));
  }

  @Test
  void whenAllAreDeadAFewAreTried() {
    RACK.subList(0, 4).forEach(each -> answers(each, Outcome.FAILED));
    passes(Duration.ofSeconds(119));
    for (int i = 0; i < 100; i++) {
      assertThat(asked(chunk(i))).containsExactlyInAnyOrderElementsOf(SERVICE);
    }
    passes(Duration.ofSeconds(1));
    assertThat(asked(HASH)).as("they are tried again").startsWith(owners.get(0), owners.get(1));
    RACK.subList(0, 4).forEach(each -> answers(each, Outcome.FAILED));
    assertThat(asked(HASH)).containsExactlyInAnyOrderElementsOf(SERVICE);
  }

  @Test
  void whenSomeAreDeadTheOthersGoOn() {
    answers(RACK.get(9), Outcome.SENT);
    RACK.subList(0, 9).forEach(each -> answers(each, Outcome.FAILED));
    Set<String> asked = new HashSet<>();
    IntStream.range(0, 100).forEach(i -> asked.addAll(asked(chunk(i))));
    assertThat(asked).contains(RACK.get(9)).doesNotContainAnyElementsOf(RACK.subList(0, 9));
  }

  @Test
  void oneThatWantsSomethingElseIsLeftAloneForAWhile() {
    answers(owners.get(0), Outcome.LACKS);
    answers(owners.get(0), Outcome.LACKS);
    assertThat(asked(HASH)).startsWith(owners.get(0));
    answers(owners.get(0), Outcome.LACKS);
    assertThat(asked(HASH)).doesNotContain(owners.get(0));
    passes(Duration.ofSeconds(6));
    assertThat(asked(HASH)).as("it may have heard of it by now").startsWith(owners.get(0));
  }

  @Test
  void oneThatSaysSoonForEverIsNotWaitedForForEver() {
    answers(owners.get(0), Outcome.SOON);
    passes(Duration.ofSeconds(100));
    answers(owners.get(0), Outcome.SOON);
    assertThat(asked(HASH)).startsWith(owners.get(0));
    passes(Duration.ofSeconds(21));
    assertThat(asked(HASH)).startsWith(owners.get(1)).doesNotContain(owners.get(0));
  }

  @Test
  void patienceBeginsAnewWithWhatItSends() {
    answers(owners.get(0), Outcome.SOON);
    passes(Duration.ofSeconds(100));
    answers(owners.get(0), Outcome.SENT);
    passes(Duration.ofSeconds(21));
    answers(owners.get(0), Outcome.SOON);
    assertThat(asked(HASH)).startsWith(owners.get(0));
  }

  @Test
  void aBusyReplicaComesLastForAWhile() {
    answers(SERVICE.get(0), Outcome.BUSY);
    for (int i = 0; i < 20; i++) {
      assertThat(asked(HASH).subList(4, 6)).containsExactly(SERVICE.get(1), SERVICE.get(0));
    }
    passes(Duration.ofSeconds(6));
    Set<String> first = new HashSet<>();
    IntStream.range(0, 20).forEach(i -> first.add(asked(HASH).get(4)));
    assertThat(first).containsExactlyInAnyOrderElementsOf(SERVICE);
  }

  @Test
  void withoutNeighboursItIsTheServiceAlone() {
    NearestRoute alone =
        new NearestRoute(
            new Neighbours("web-01:7001", List.of(), List.of(), List.of()),
            SERVICE,
            List.of(),
            new Random(1),
            () -> now);
    assertThat(alone.sources(HASH)).extracting(Source::address).hasSameElementsAs(SERVICE);
  }
}
