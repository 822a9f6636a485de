package io.pilothouse.scheduler.allocator;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.allocator.Allocator.InverseOffer;
import io.pilothouse.scheduler.allocator.Allocator.Unavailability;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Frameworks are asked to leave agents that are to be taken away. */
class InverseOffersTest {
  private static final Unavailability SOON = new Unavailability(60_000, OptionalLong.of(3_600_000));

  private final Cluster cluster = new Cluster();
  private final Allocator allocator = cluster.allocator;

  private void takeAway(String agent) {
    allocator.setUnavailability(agent, Optional.of(SOON));
  }

  private void fwHasOne() {
    cluster.agent("a1", "cpus:2;mem:1024").framework("fw", "*").gives("fw * a1");
    takeAway("a1");
  }

  /** MaintenanceInverseOffers. */
  @Test
  void onlyThoseWithSomethingOnAnAgentAreAskedAndOnce() {
    fwHasOne();
    cluster.agent("a2", "cpus:2;mem:1024").gives("fw * a2");
    cluster.declines(cluster.only(), 86_400_000);
    takeAway("a2");
    assertThat(allocator.inverseOffers(0)).containsExactly(new InverseOffer("fw", "a1", SOON));
    assertThat(allocator.inverseOffers(0)).isEmpty();
  }

  @Test
  void whoAnsweredIsAskedAgainUnlessItRefusedForATime() {
    fwHasOne();
    allocator.inverseOffers(0);
    allocator.answerInverseOffer("fw", "a1", Optional.of(false), OptionalLong.of(5000), 0);
    assertThat(allocator.inverseAnswers("a1")).isEqualTo(Map.of("fw", false));
    assertThat(allocator.inverseOffers(4999)).isEmpty();
    assertThat(allocator.inverseOffers(5000)).hasSize(1);
    allocator.answerInverseOffer("fw", "a1", Optional.of(true), OptionalLong.empty(), 5000);
    assertThat(allocator.inverseAnswers("a1")).isEqualTo(Map.of("fw", true));
  }

  @Test
  void anAnswerToWhatIsNotAskedIsAnOldOne() {
    fwHasOne();
    allocator.answerInverseOffer("fw", "a1", Optional.of(true), OptionalLong.of(5000), 0);
    assertThat(allocator.inverseAnswers("a1")).isEmpty();
    assertThat(allocator.inverseOffers(0)).hasSize(1);
  }

  @Test
  void anotherTimeIsAnotherQuestion() {
    fwHasOne();
    allocator.inverseOffers(0);
    allocator.answerInverseOffer(
        "fw", "a1", Optional.of(true), OptionalLong.of(Cluster.FOREVER), 0);
    takeAway("a1");
    assertThat(allocator.inverseAnswers("a1")).isEmpty();
    assertThat(allocator.inverseOffers(0)).hasSize(1);
    allocator.setUnavailability("a1", Optional.empty());
    assertThat(allocator.inverseOffers(0)).isEmpty();
  }

  @Test
  void whoRevivesOrReconnectsIsAskedAgain() {
    fwHasOne();
    allocator.inverseOffers(0);
    allocator.answerInverseOffer(
        "fw", "a1", Optional.of(true), OptionalLong.of(Cluster.FOREVER), 0);
    assertThat(allocator.inverseOffers(0)).isEmpty();
    allocator.revive("fw", List.of());
    assertThat(allocator.inverseOffers(0)).hasSize(1);
    allocator.deactivateFramework("fw");
    assertThat(allocator.inverseOffers(0)).isEmpty();
    allocator.activateFramework("fw");
    assertThat(allocator.inverseOffers(0)).hasSize(1);
  }
}
