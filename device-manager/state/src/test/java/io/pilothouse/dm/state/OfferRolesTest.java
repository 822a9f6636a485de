package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Roles of frameworks: how they are applied, shown and refused. */
class OfferRolesTest {
  private static final OfferRole ADS =
      OfferRole.newBuilder()
          .setName("ads/Prod")
          .setWeightMilli(2500)
          .setPriority(-1)
          .addGuarantee(cpus(4000))
          .addLimit(cpus(8000))
          .addLimit(OfferedResource.newBuilder().setName("gpus"))
          .build();

  private final FleetScenario fleet = FleetScenario.inService(OffersTest.offering());

  private static OfferedResource cpus(long milli) {
    return OfferedResource.newBuilder().setName("cpus").setMilli(milli).build();
  }

  private static Fleet with(OfferRole... roles) {
    return OffersTest.offering().toBuilder().addAllOfferRoles(List.of(roles)).build();
  }

  private static OfferRole.Builder role(String name) {
    return OfferRole.newBuilder().setName(name);
  }

  @Test
  void aRoleIsAPartOfTheFleetAndOfNoMachine() {
    assertThat(fleet.apply(with(ADS))).containsExactly("add role/ads/Prod");

    assertThat(fleet.state.fleet().getOfferRolesList()).containsExactly(ADS);
    assertThat(fleet.apply(with(ADS))).isEmpty();
  }

  @Test
  void aChangeIsShownAsItIsWritten() {
    fleet.apply(with(ADS));
    OfferRole other =
        ADS.toBuilder()
            .clearWeightMilli()
            .clearPriority()
            .setGuarantee(0, cpus(4500))
            .addGuarantee(OfferedResource.newBuilder().setName("mem").setSizeBytes(8L << 30))
            .clearLimit()
            .build();

    assertThat(FleetDiff.of(fleet.state, with(other)))
        .filteredOn(each -> each.getObject().startsWith("role/"))
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.getLinesList())
                  .containsExactly(
                      "weight: 2.5 -> 1",
                      "priority: -1 -> 0",
                      "guarantee: cpus 4 -> cpus 4.5, mem 8GiB",
                      "limit: cpus 8, gpus 0 -> (none)");
              assertThat(each.getEffect()).isEqualTo("what is offered next; nothing is taken back");
            });
    assertThat(fleet.apply(with(other)))
        .containsExactly(
            "change role/ads/Prod: weight: 2.5 -> 1; priority: -1 -> 0; guarantee: cpus 4 -> cpus"
                + " 4.5, mem 8GiB; limit: cpus 8, gpus 0 -> (none)");
  }

  @Test
  void oneThatIsTakenAwayHasTheSharesOfAnyOther() {
    fleet.apply(with(ADS));

    FleetChange removed =
        FleetDiff.of(fleet.state, OffersTest.offering()).stream()
            .filter(each -> each.getObject().equals("role/ads/Prod"))
            .findFirst()
            .orElseThrow();

    assertThat(removed.getVerb()).isEqualTo("remove");
    assertThat(removed.getEffect())
        .isEqualTo("what is offered next: weight 1, no guarantee and no limit");
  }

  @Test
  void whatNoSchedulerCouldShareByIsRefused() {
    assertThat(
            fleet
                .refuses(
                    with(
                        role("a//b").build(),
                        role("c").setWeightMilli(-5).build(),
                        role("d").setPriority(2_000_000).build(),
                        role("e").addGuarantee(cpus(2)).addLimit(cpus(1)).build(),
                        role("f").build(),
                        role("f").build()))
                .getMessage())
        .contains(
            "role \"a//b\" is no role",
            "role c: weight: 4294967291 thousandths; expected a number above 0",
            "role d: priority: 2000000; expected -1000000 to 1000000",
            "role e: limit: cpus 0.001 is below the guarantee of cpus 0.002",
            "role \"f\" is there twice");
    assertThat(
            fleet
                .refuses(
                    with(
                        role("a").addGuarantee(cpus(5000)).build(),
                        role("a/b").addGuarantee(cpus(3000)).build(),
                        role("a/c/d").addGuarantee(cpus(3000)).build()))
                .getMessage())
        .contains("role a: guarantee: cpus 5 is less than the cpus 6 that roles below it are");
  }

  @Test
  void theLargestNumbersAreTaken() {
    OfferRole large =
        role("large")
            .setWeightMilli(1_000_000_000)
            .setPriority(-1_000_000)
            .addGuarantee(cpus(1_000_000_000_000L))
            .build();

    assertThat(fleet.apply(with(large))).containsExactly("add role/large");
  }

  @Test
  void olderReplicasWouldNotKnowRolesSoTheyWaitForTheirLevel() {
    FleetScenario old = FleetScenario.bornAt(2);
    Fleet roles = QuickFleet.spec().toBuilder().addOfferRoles(ADS).build();

    assertThat(old.refuses(roles).getMessage())
        .isEqualTo("APPLY_FLEET needs feature level 3, and 2 is in force");
    assertThat(
            old.isRefused(Command.newBuilder().setApplyFleet(PackedFleetTest.packed(roles)))
                .getMessage())
        .isEqualTo("APPLY_FLEET needs feature level 3, and 2 is in force");
  }

  @Test
  void rolesConcernNoMachines() throws RefusedException {
    assertThat(machines(with(ADS))).isZero();
    assertThat(machines(OffersTest.offering().toBuilder().setReportEveryMs(9_000).build()))
        .isPositive();
  }

  private int machines(Fleet wanted) throws RefusedException {
    return OrderCount.of(
            fleet.state,
            Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(wanted)).build())
        .orElseThrow()
        .machines();
  }
}
