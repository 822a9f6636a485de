package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.Test;

class RefusalsTest {

  @Test
  void aRemedyWithLineBreaksStillFitsATrailer() {
    Metadata trailers =
        Refusals.of(Status.Code.ABORTED, "no", "first\nsecond → third").getTrailers();

    assertThat(trailers.get(Refusals.REMEDY)).isEqualTo("first second ? third");
  }

  @Test
  void aFaultOfOurOwnIsNeverANullMessage() {
    StatusRuntimeException fault = Refusals.of(new NullPointerException());

    assertThat(fault.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(fault.getStatus().getDescription()).contains("NullPointerException");
  }
}
