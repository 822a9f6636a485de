package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.mesos.v1.WeightInfo;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import org.junit.jupiter.api.Test;

/** What operators set of roles. */
class SharesTest {
  private final Stage stage = new Stage();

  private static OfferedResource amount(String name, double amount) {
    return OfferedResource.newBuilder().setName(name).setMilli((long) (amount * 1000)).build();
  }

  private static OfferRole.Builder role(String name) {
    return OfferRole.newBuilder().setName(name);
  }

  private FakeFramework in(String role) {
    return stage.framework("'role':'" + role + "'");
  }

  @Test
  void weightsOrderAndAChangeAndARemovalOfThemCount() {
    stage.roles(role("a").setWeightMilli(3000).build(), role("b").build());
    assertThat(stage.core.picture().weights().getWeightInfosList())
        .containsExactly(WeightInfo.newBuilder().setRole("a").setWeight(3).build());
    assertThat(stage.core.picture().roles().getRolesList())
        .extracting(each -> each.getName() + " " + each.getWeight())
        .as("though nobody is in them")
        .containsExactly("a 3.0", "b 1.0");
    FakeFramework a = in("a");
    FakeFramework b = in("b");
    for (int i = 0; i < 8; i++) {
      stage.agent("m" + i, "cpus:1;mem:100");
    }
    stage.pass(1_000);
    assertThat(a.offers()).hasSize(6);
    assertThat(b.offers()).hasSize(2);
    stage.roles();
    assertThat(stage.core.picture().weights().getWeightInfosCount()).isZero();
    assertThat(stage.core.picture().roles().getRolesList())
        .extracting(each -> each.getName() + " " + each.getWeight())
        .containsExactly("a 1.0", "b 1.0");
  }

  @Test
  void aHigherPriorityIsServedFirst() {
    stage.roles(role("b").setPriority(1).build());
    FakeFramework a = in("a");
    FakeFramework b = in("b");
    stage.agent("m1", "cpus:4;mem:1024");
    stage.agent("m2", "cpus:4;mem:1024");
    stage.pass(1_000);
    assertThat(a.offers()).isEmpty();
    assertThat(b.offers()).hasSize(2);
  }

  @Test
  void aLimitHoldsUntilItIsTakenAway() {
    stage.roles(role("a").addLimit(amount("cpus", 1.5)).build());
    FakeFramework a = in("a");
    stage.agent("m1", "cpus:4;mem:1024");
    stage.pass(1_000);
    assertThat(a.lastOffer().getResources(0).getScalar().getValue()).isEqualTo(1.5);
    stage.roles();
    stage.pass(1_000);
    assertThat(a.offers()).hasSize(2);
    assertThat(a.lastOffer().getResources(0).getScalar().getValue()).isEqualTo(2.5);
    assertThat(stage.core.picture().quota().getStatus().getConfigsCount()).isZero();
  }

  @Test
  void aLimitOfNothingIsOne() {
    stage.roles(role("a").addLimit(amount("cpus", 0)).addLimit(amount("mem", 0)).build());
    FakeFramework a = in("a");
    stage.agent("m1", "cpus:4;mem:1024");
    stage.pass(1_000);
    assertThat(a.offers()).isEmpty();
  }

  @Test
  @SuppressWarnings("deprecation") // tools read the older form
  void sizesCountInMegabytesAndQuotasAreShown() {
    OfferedResource mem =
        OfferedResource.newBuilder().setName("mem").setSizeBytes(512L << 20).build();
    stage.roles(
        role("a").addGuarantee(amount("cpus", 2.5)).addGuarantee(mem).addLimit(mem).build(),
        role("b").setWeightMilli(500).build());
    var status = stage.core.picture().quota().getStatus();
    assertThat(status.getConfigsList()).hasSize(1);
    assertThat(status.getConfigs(0).getRole()).isEqualTo("a");
    assertThat(status.getConfigs(0).getGuaranteesOrThrow("mem").getValue()).isEqualTo(512);
    assertThat(status.getConfigs(0).getGuaranteesOrThrow("cpus").getValue()).isEqualTo(2.5);
    assertThat(status.getConfigs(0).getLimitsMap()).hasSize(1);
    assertThat(status.getInfos(0).getGuaranteeCount()).isEqualTo(2);
    FakeFramework b = in("b");
    stage.agent("m1", "cpus:4;mem:1024");
    stage.pass(1_000);
    assertThat(b.lastOffer().getResources(0).getScalar().getValue())
        .as("what is guaranteed to a is held back")
        .isEqualTo(1.5);
  }

  @Test
  void aRoleThatCannotBeStopsNothingAndStaysAsItWas() {
    OfferRole right = role("a").setWeightMilli(2000).build();
    stage.roles(right);
    stage.roles(
        role("a").addGuarantee(amount("cpus", 2)).addLimit(amount("cpus", 1)).build(),
        role("a b").build(),
        role("c").setWeightMilli(3000).build());
    assertThat(stage.core.picture().weights().getWeightInfosList())
        .extracting(each -> each.getRole() + " " + each.getWeight())
        .containsExactly("a 2.0", "c 3.0");
  }
}
