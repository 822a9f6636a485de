package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.api.v1.HealthCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** People hear of certificates before they end. */
class ExpiringCertificatesTest {

  private final TestClock clock = new TestClock();
  private final ExpiringCertificates certificates = new ExpiringCertificates(clock.clocks());

  private Instant in(Duration time) {
    return clock.clocks().now().plus(time);
  }

  private Optional<HealthCode> code() {
    return certificates.code(Map.of());
  }

  @Test
  void aWarningTwoWeeksBeforeAndAnErrorOnTheLastDay() {
    certificates.seen("satellite/repair-1", in(Duration.ofDays(15)));
    assertThat(code()).isEmpty();

    certificates.seen("satellite/repair-1", in(Duration.ofDays(13)));
    assertThat(code()).hasValueSatisfying(each -> assertThat(each.getSeverity()).isEqualTo("WARN"));
    certificates.seen("machine/web-03", in(Duration.ofHours(23)));

    HealthCode code = code().orElseThrow();
    assertThat(code.getCode()).isEqualTo("CERTIFICATE_EXPIRES");
    assertThat(code.getSeverity()).isEqualTo("ERR");
    assertThat(code.getCount()).isEqualTo(2);
    assertThat(code.getScope()).as("whose ends first").isEqualTo("machine/web-03");
    assertThat(code.getText()).contains("machine/web-03 at", "satellite/repair-1 at");
  }

  @Test
  void itEndsWithTheNextConnectionAfterTheRenewal() {
    certificates.seen("satellite/repair-1", in(Duration.ofDays(3)));
    certificates.seen("satellite/repair-1", in(Duration.ofDays(30)));
    assertThat(code()).isEmpty();
  }

  @Test
  void aProgramThatIsGoneIsForgotten() {
    certificates.seen("machine/web-03", in(Duration.ofDays(3)));
    clock.pass(Duration.ofHours(3));
    assertThat(code()).isEmpty();
  }

  @Test
  void theReplicasOwnCount() {
    ReplicaVitals soon =
        ReplicaVitals.newBuilder()
            .setCertificateNotAfter(in(Duration.ofDays(2)).toEpochMilli())
            .build();
    assertThat(certificates.code(Map.of("dm-1", soon, "dm-2", ReplicaVitals.getDefaultInstance())))
        .hasValueSatisfying(
            each -> {
              assertThat(each.getScope()).isEqualTo("dm/dm-1");
              assertThat(each.getCount()).isEqualTo(1);
            });
  }

  @Test
  void aFleetWhoseCertificatesAllEndIsOneLine() {
    for (int i = 0; i < 20_000; i++) {
      certificates.seen("machine/m-" + i, in(Duration.ofDays(2)));
    }
    HealthCode code = code().orElseThrow();
    assertThat(code.getCount()).isEqualTo(10_000);
    assertThat(code.getText()).startsWith("10000 certificates end, the first of machine/m-");
    assertThat(code.getText().length()).isLessThan(300);
  }
}
