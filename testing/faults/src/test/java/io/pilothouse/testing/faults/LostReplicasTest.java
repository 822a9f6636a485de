package io.pilothouse.testing.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two of five packaged replicas are lost with their disks, one of them the leader. */
@Tag("e2e")
@Tag("large")
class LostReplicasTest extends ReplicasCase {
  private static final Duration SHORT = Duration.ofSeconds(5);

  @Test
  void nothingThatWasAcknowledgedIsForgottenAndTheyAreReplaced() throws Exception {
    start(5);
    Node leads = leader().orElseThrow();
    Node other = follower();
    lose(leads);
    lose(other);
    await("another leads", () -> leader().isPresent());

    write(20);
    assertThat(reasons()).containsExactlyElementsOf(reasonsUntil(40));

    Node third = follower();
    third.kill();
    assertThatThrownBy(() -> write(SHORT))
        .as("two of five decide nothing")
        .isInstanceOfAny(DmException.class, UnreachableException.class);
    third.start();
    await("a leader of three", () -> leader().isPresent());
    // what was not acknowledged may have been done or not; a hold can be repeated
    write(1);
    List<String> after = reasons();
    assertThat(after).startsWith(reasonsUntil(40).toArray(String[]::new)).endsWith("w42");

    replace(leads, 6);
    replace(other, 7);
    assertThat(nodes).hasSize(5);
    awaitAgreement();
    assertThat(reasons()).isEqualTo(after);
  }

  private static List<String> reasonsUntil(int last) {
    return IntStream.rangeClosed(1, last).mapToObj("w%d"::formatted).toList();
  }

  /** Of all orders about the machine, oldest first. */
  private List<String> reasons() {
    return client
        .orElseThrow()
        .leader(
            DEADLINE,
            channel ->
                Fixture.stub(channel)
                    .listEvents(
                        ListEventsRequest.newBuilder()
                            .setMachine("m-1")
                            .setKind("OPERATOR")
                            .build()))
        .getItemsList()
        .stream()
        .map(AuditRecord::getReason)
        .toList();
  }

  private static void lose(Node node) throws Exception {
    node.kill();
    try (Stream<Path> files = Files.walk(node.data())) {
      for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
