package io.pilothouse.kit;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.AcquireLeaseReply;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.client.DmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class LeaseKeeperTest {
  private final AtomicLong now = new AtomicLong(1);
  private final FakeLeases leases = new FakeLeases();
  private final LeaseKeeper keeper =
      new LeaseKeeper(
          leases, "repair", "repair-1", ofSeconds(9), new SimpleMeterRegistry(), now::get);

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void hasNoTokenBeforeTheFirstAnswer() {
    assertThat(keeper.token()).isEmpty();
    assertThat(keeper.describe()).contains("not asked yet");
  }

  @Test
  void holdsItForItsTimeToLiveAndNotLonger() {
    keeper.renew();
    assertThat(keeper.token()).contains(17L);
    assertThat(keeper.revision()).isEqualTo(100);
    pass(ofSeconds(9).minusNanos(1));
    assertThat(keeper.token()).contains(17L);
    pass(Duration.ofNanos(1));
    assertThat(keeper.token()).isEmpty();
  }

  @Test
  void countsFromWhenTheRenewalWasSentNotFromItsAnswer() {
    leases.takes = ofSeconds(4);
    keeper.renew();
    pass(ofSeconds(5).minusNanos(1));
    assertThat(keeper.token()).contains(17L);
    pass(Duration.ofNanos(1));
    assertThat(keeper.token()).isEmpty();
  }

  @Test
  void aRenewalExtendsIt() {
    keeper.renew();
    pass(ofSeconds(3));
    keeper.renew();
    pass(ofSeconds(8));
    assertThat(keeper.token()).contains(17L);
  }

  @Test
  void failedRenewalsLetItRunOut() {
    keeper.renew();
    leases.refusal = new DmException("INTERNAL", "broken", "");
    pass(ofSeconds(3));
    assertThatThrownBy(keeper::renew).hasMessage("broken");
    assertThat(keeper.token()).contains(17L);
    pass(ofSeconds(6));
    assertThat(keeper.token()).isEmpty();
  }

  @Test
  void isGoneAtOnceWhenAnotherHoldsIt() {
    keeper.renew();
    leases.refusal = new DmException("FAILED_PRECONDITION", "repair-2 holds it", "");
    keeper.renew();
    assertThat(keeper.token()).isEmpty();
    assertThat(keeper.describe()).isEqualTo("stands by: repair-2 holds it");
  }

  @Test
  void givesItBackWhenClosed() {
    keeper.renew();
    keeper.close();
    assertThat(leases.released).containsExactly(17L);
    assertThat(keeper.token()).isEmpty();
  }

  @Test
  void standsBackForAsLongAsItIsTold() {
    keeper.renew();
    keeper.standBack(ofSeconds(20));
    assertThat(leases.released).containsExactly(17L);
    assertThat(keeper.token()).isEmpty();
    pass(ofSeconds(20).minusNanos(1));
    keeper.renew();
    assertThat(keeper.token()).isEmpty();
    assertThat(keeper.describe()).isEqualTo("stands by: gave it back, and does not ask for it yet");
    pass(Duration.ofNanos(1));
    keeper.renew();
    assertThat(keeper.token()).contains(17L);
  }

  @Test
  void takesThePlaceOfOneThatHasEnded() {
    List<String> gained = new ArrayList<>();
    keeper.whenGained(() -> gained.add("gained"));
    leases.refusal = new DmException("FAILED_PRECONDITION", "repair-2 holds it", "");
    assertThat(keeper.succeed(16)).isFalse();
    leases.refusal = null;
    assertThat(keeper.succeed(16)).isTrue();
    keeper.renew();
    assertThat(leases.said).as("said once, and not with renewals").containsExactly(16L, 16L, 0L);
    assertThat(gained).hasSize(1);
  }

  @Test
  void succeedsNobodyWhileItStandsBack() {
    keeper.renew();
    keeper.standBack(ofSeconds(20));
    assertThat(keeper.succeed(18)).isFalse();
    assertThat(leases.said).containsExactly(0L);
  }

  @Test
  void givesNothingBackThatItDoesNotHave() {
    keeper.close();
    assertThat(leases.released).isEmpty();
  }

  private final class FakeLeases implements LeaseKeeper.Leases {
    final List<Long> released = new ArrayList<>();
    final List<Long> said = new ArrayList<>();
    Duration takes = Duration.ZERO;
    @Nullable DmException refusal;

    @Override
    public AcquireLeaseReply acquire(
        String role, String holder, Duration ttl, long ended, Duration deadline) {
      said.add(ended);
      pass(takes);
      if (refusal != null) {
        throw refusal;
      }
      return AcquireLeaseReply.newBuilder()
          .setLease(Lease.newBuilder().setRole(role).setHolder(holder).setToken(17))
          .setRevision(100)
          .build();
    }

    @Override
    public void release(String role, String holder, long token) {
      released.add(token);
    }
  }
}
