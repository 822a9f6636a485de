package io.pilothouse.manifests.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What somebody probably meant. */
class NearTest {

  @ParameterizedTest
  @CsvSource({
    "web-03,web-03", // the name itself
    "wbe-03,web-03", // two neighbours swapped
    "web-3,web-03", // one missing
    "web--03,web-03", // one too many
    "wob-03,web-03", // one other
  })
  void aSlipOfThePenIsFound(String typed, String meant) {
    assertThat(Near.nearest(typed, List.of("db-01", "web-03", "cache-9"))).contains(meant);
  }

  @Test
  void theNearestIsTakenAndOfEqualsTheFirst() {
    assertThat(Near.nearest("web-05", List.of("web-99", "web-01", "web-02"))).contains("web-01");
  }

  @ParameterizedTest
  @CsvSource({"a,xyz", "ab,xy", "web,database-primary", "web-03,wxyz-99"})
  void whatIsFarIsNoHint(String typed, String known) {
    assertThat(Near.nearest(typed, List.of(known))).isEmpty();
    assertThat(Near.hint(typed, List.of(known))).isEmpty();
  }

  @Test
  void theHintQuotesIt() {
    assertThat(Near.hint("wbe", List.of("web"))).isEqualTo(" (did you mean \"web\"?)");
    assertThat(Near.hint("web", List.of())).isEmpty();
  }
}
