package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.v1.OfferFramework;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How much of frameworks and agents is kept, and what is no name of one. */
class OfferBoundsTest extends OfferRig {
  @Test
  void aRoleIsNoLongerThanThoseOfAFleet() {
    writes(framework("f-1").toBuilder().addRoles("a".repeat(255)).build());

    Refusal refusal =
        refusedFramework(framework("f-2").toBuilder().addRoles("a/".repeat(127) + "bc").build());

    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.INVALID);
    assertThat(refusal.getMessage())
        .matches("role (a/){32}… of framework f-2 has 256 characters; expected at most 255");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a/b", "a b", "a\tb", "a\nb", "a\u0000b", "a\u00a0b", "a\u2028b", "a\u007f"})
  void anIdIsNoPathAndHasNoBlanks(String id) {
    assertThat(refusedFramework(framework("f").toBuilder().setId(id).build()).getMessage())
        .isEqualTo(
            "\"%s\" is no id of a framework; expected 1 to 255 characters, none of them / or a blank"
                .formatted(id));
    assertThat(fleet.isRefused(of(update().addAgents(agent("web-01", id)))).getMessage())
        .contains("is no id of an agent");
  }

  @Test
  void anIdHasAnEnd() {
    writes(framework("f".repeat(255)));
    fleet.sends(of(update().addAgents(agent("web-01", "a".repeat(255)))));

    assertThat(refusedFramework(framework("g".repeat(256))).getMessage())
        .startsWith("\"" + "g".repeat(64) + "…\" is no id of a framework");
    assertThat(fleet.isRefused(of(update().addAgents(agent("web-01", "a".repeat(256))))).getCode())
        .isEqualTo(Refusal.Code.INVALID);
  }

  @Test
  void whatIsSaidOfAFrameworkIsBounded() {
    OfferFramework.Builder large = framework("f-1").toBuilder();
    writes(large.setInfo(ByteString.copyFrom(new byte[64 << 10])).build());

    assertThat(
            refusedFramework(large.setInfo(ByteString.copyFrom(new byte[(64 << 10) + 1])).build())
                .getMessage())
        .isEqualTo("the FrameworkInfo of framework f-1 has 65537 bytes; expected at most 65536");
    assertThat(
            refusedFramework(framework("f-1").toBuilder().setName("n".repeat(70_000)).build())
                .getMessage())
        .startsWith("the name, principal and roles of framework f-1 has 700");
    assertThat(
            refusedFramework(framework("f-1").toBuilder().setFailoverTimeoutMs(-1).build())
                .getMessage())
        .isEqualTo("framework f-1 has -1 ms to fail over; expected 0 or more");
    assertThat(
            fleet
                .isRefused(of(update().addFrameworksEnded(end("f-1", "w".repeat(2001)))))
                .getMessage())
        .isEqualTo("why framework f-1 ended has 2001 characters; expected at most 2000");
  }

  @Test
  void aRecordOfTheTrailIsShortWhateverAFrameworkIsCalled() {
    // a character of two units at the cut
    writes(
        framework("f-1").toBuilder()
            .setName("n".repeat(63) + "\uD83D\uDE80" + "n".repeat(9_000))
            .clearRoles()
            .addAllRoles(IntStream.range(0, 1_000).mapToObj(i -> "role-" + i).toList())
            .build());

    assertThat(records().getLast().getText())
        .hasSizeLessThan(500)
        .startsWith("\"" + "n".repeat(63) + "…\" of physics subscribed in role-0, ")
        .endsWith("and 980 more");
  }

  @Test
  void tenThousandFrameworksAreEnough() {
    for (int from = 0; from < 10_000; from += 2_500) {
      UpdateOffers.Builder many = update();
      IntStream.range(from, from + 2_500)
          .forEach(i -> many.addFrameworks(OfferFramework.newBuilder().setId("f-" + i)));
      fleet.sends(of(many));
    }

    assertThat(refusedFramework(framework("one-more")).getMessage())
        .isEqualTo("there are 10000 frameworks already, and one-more would be one too many");
    writes(framework("f-17"));
    ends("f-18", "to make room");
    writes(framework("one-more"));
    assertThat(fleet.state.indexes().offers.live()).isEqualTo(10_000);
  }

  @Test
  void allFrameworksTogetherFitIntoOneAnswer() {
    ByteString large = ByteString.copyFrom(new byte[64 << 10]);
    UpdateOffers.Builder many = update();
    IntStream.range(0, 511)
        .forEach(
            i -> many.addFrameworks(OfferFramework.newBuilder().setId("f-" + i).setInfo(large)));
    fleet.sends(of(many));

    assertThat(refusedFramework(framework("last").toBuilder().setInfo(large).build()).getMessage())
        .startsWith("with framework last all of them have 335")
        .endsWith("bytes; expected at most 33554432");
    writes(framework("f-3"));
    writes(framework("last").toBuilder().setInfo(large).build());
  }

  @Test
  void theNewestThousandThatEndedAreKept() {
    UpdateOffers.Builder early = update();
    UpdateOffers.Builder late = update();
    for (int i = 0; i < 1_000; i++) {
      String id = "f-%04d".formatted(i);
      early.addFrameworks(framework(id));
      late.addFrameworksEnded(end(id, "over"));
    }
    fleet.sends(of(early));
    fleet.sends(of(late));
    writes(framework("live"));
    fleet.passes(Duration.ofSeconds(1));
    assertThat(fleet.state.offerFramework("f-0000")).isPresent();

    writes(framework("x"), framework("a"));
    ends("x", "later");
    ends("a", "later");

    assertThat(fleet.state.offerFramework("f-0000")).isEmpty();
    assertThat(fleet.state.offerFramework("f-0001")).isEmpty();
    assertThat(fleet.state.offerFramework("f-0002")).isPresent();
    assertThat(fleet.state.offerFramework("a")).isPresent();
    assertThat(fleet.state.offerFramework("live")).isPresent();
    assertThat(fleet.state.offerFrameworks()).hasSize(1_001);
    writes(framework("f-0000"));
  }
}
