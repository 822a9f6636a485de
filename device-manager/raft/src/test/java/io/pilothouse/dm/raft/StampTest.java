package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Request;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class StampTest {

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.ofEpochMilli(1000));
  private final Stamp stamp = new Stamp((InstantSource) now::get);

  @Test
  void aClockThatIsSetBackDoesNotTurnTimeBack() {
    assertThat(stamp.on(Entry.getDefaultInstance()).getAt()).isEqualTo(1000);
    now.set(Instant.ofEpochMilli(400));
    assertThat(stamp.on(Entry.getDefaultInstance()).getAt()).isEqualTo(1000);
    now.set(Instant.ofEpochMilli(1001));
    assertThat(stamp.on(Entry.getDefaultInstance()).getAt()).isEqualTo(1001);
  }

  @Test
  void eachRequestGetsRandomnessOfItsOwnWhateverTheSenderPutThere() {
    Request forged = LeaseLedger.put("a").toBuilder().setEntropy(bytes()).build();
    Entry stamped = stamp.on(Entry.newBuilder().addRequests(forged).addRequests(forged).build());

    assertThat(stamped.getRequestsList())
        .extracting(Request::getEntropy)
        .doesNotHaveDuplicates()
        .doesNotContain(bytes())
        .allMatch(entropy -> entropy.size() == 16);
    assertThat(stamped.getRequests(0).toBuilder().clearEntropy().build())
        .isEqualTo(LeaseLedger.put("a"));
  }

  private static ByteString bytes() {
    return ByteString.copyFromUtf8("0123456789abcdef");
  }
}
