package io.pilothouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.scheduler.core.CoreOptions;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DrillTest {
  private static final CoreOptions OPTIONS =
      CoreOptions.of(
          MasterInfo.newBuilder().setId("m").setIp(0).setPort(5050).setHostname("here").build());

  @Test
  void aFleetComesBackAndGoesOn() throws Exception {
    Drill drill = new Drill(OPTIONS, () -> true, 1_000_000);

    assertThat(drill.run()).isTrue();
    long once = drill.bytes();
    assertThat(drill.run()).as("a second time").isTrue();

    assertThat(drill.bytes()).isGreaterThan(once);
    assertThat(drill.said())
        .contains("SUBSCRIBED", "OFFERS", "UPDATE", "REGISTERED", "ACKNOWLEDGE", "LAUNCH")
        .doesNotContain("ERROR", "FAILURE", "SHUTDOWN_FRAMEWORK", "KILL");
  }

  @Test
  void itEndsWhenItIsWantedNoMore() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Drill drill = new Drill(OPTIONS, () -> asked.incrementAndGet() < 5, 1_000_000);

    assertThat(drill.run()).isFalse();

    assertThat(asked).hasValue(5);
    assertThat(drill.said()).containsExactly("REGISTERED");
  }

  @Test
  void agentsComeOverStreamsAndFrameworksOverHttp() throws Exception {
    int all = Drill.AGENTS + Drill.FRAMEWORKS;

    assertThat(WireDrill.run(OPTIONS, () -> true)).isEqualTo(all);
    assertThat(WireDrill.run(OPTIONS, () -> true)).as("a second time").isEqualTo(all);
    assertThat(WireDrill.run(OPTIONS, () -> false)).as("it is not wanted").isZero();
  }
}
