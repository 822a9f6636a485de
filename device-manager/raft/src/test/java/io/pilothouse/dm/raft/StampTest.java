package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Request;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class StampTest {

  private int birth;
  private final Stamp stamp =
      new Stamp(
          new LogClock(InstantSource.system(), System::nanoTime),
          new StateChecks(500),
          () -> birth);

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

  @Test
  void onlyTheLeaderSaysByWhichRulesAClusterBegins() {
    Entry forged = Entry.newBuilder().setBornAtLevel(7).build();
    assertThat(stamp.on(forged).getBornAtLevel()).isZero();
    birth = 2;
    assertThat(stamp.on(forged).getBornAtLevel()).isEqualTo(2);
  }

  private static ByteString bytes() {
    return ByteString.copyFromUtf8("0123456789abcdef");
  }
}
