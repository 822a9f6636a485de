package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.Veto;
import io.pilothouse.api.v1.WantedState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which machines may be offered to frameworks, and why others may not. */
class OffersTest {
  private final FleetScenario fleet = FleetScenario.inService(offering());

  @Test
  void aHealthyMachineInServiceIsOffered() {
    assertThat(why("web-03")).isEmpty();
    assertThat(answer("web-03").offers().getResourcesList())
        .extracting(OfferedResource::getName)
        .containsExactly("cpus", "mem");
    assertThat(answer("web-03").takenBy()).isEmpty();
    assertThat(new Offerability(fleet.state).all()).hasSize(7);
  }

  @Test
  void aTypeThatSetsNothingAsideIsNotLookedAt() {
    FleetScenario without = FleetScenario.inService();

    assertThat(new Offerability(without.state).all()).isEmpty();
    assertThat(wanted(without, "web-03").hasOffers()).isFalse();
    assertThat(wanted(without, "web-03").getScheduler()).isEmpty();
  }

  @Test
  void aFleetThatOffersMissesItsScheduler() {
    assertThat(silent(FleetScenario.inService())).doesNotContain("satellite/scheduler");
    assertThat(silent(fleet)).contains("satellite/scheduler");

    acquires("s-1", "10.0.0.1:5051");

    assertThat(silent(fleet)).doesNotContain("satellite/scheduler");
  }

  private static List<String> silent(FleetScenario fleet) {
    return StatusView.of(fleet.state, fleet.now()).getCodesList().stream()
        .filter(each -> each.getCode().equals("SATELLITE_SILENT"))
        .map(HealthCode::getScope)
        .toList();
  }

  @Test
  void aMachineThatWasNeverInServiceIsNot() {
    FleetScenario expected = FleetScenario.expected(offering());

    assertThat(whyIn(expected, "web-03")).containsExactly("lifecycle: it is EXPECTED");
  }

  @Test
  void aMachineInFailureIsNotAndItsErrorSaysWhy() {
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");

    assertThat(kinds("web-03")).startsWith("condition");
    assertThat(why("web-03").getFirst()).isEqualTo("condition: it is in FAILURE: disk says ERROR");
  }

  @Test
  void aMachineOnProbationIsNot() {
    fleet.machine("web-03").failsOnce("disk").reportsOk();
    assertThat(why("web-03"))
        .containsExactly("condition: it is in PROBATION: its failure went away by itself");

    fleet.passes(QuickFleet.QUIET);

    assertThat(why("web-03")).isEmpty();
  }

  @Test
  void aRepairTellsWhenItTakesTheMachine() {
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    Repair repair = fleet.repairOf("web-03");

    assertThat(repair.getState()).isEqualTo(Repair.State.READY);
    assertThat(kinds("web-03")).containsExactly("condition", "repair");
    assertThat(why("web-03").getLast()).contains(repair.getId() + " (Reboot) is READY");
    assertThat(answer("web-03").takenBy()).isEqualTo("repair/" + repair.getId());
    assertThat(answer("web-03").takenAt())
        .isEqualTo(repair.getSince() + QuickFleet.DRAIN.toMillis());
  }

  @Test
  void aDrainTakesTheMachineWithinItsTime() {
    RolloutScenario web = RolloutScenario.of(offering());
    String first = web.starts(RolloutScenario.V1);
    web.until(first, Rollout.State.COMPLETED, Duration.ofMinutes(9));

    web.fleet.sends(
        Command.newBuilder().setDrainMachine(DrainMachine.newBuilder().setMachine("web-03")));

    assertThat(whyIn(web.fleet, "web-03"))
        .containsExactly("drain: it is to be drained for maintenance");
    Offerability.Answer taken = answerIn(web.fleet, "web-03");
    assertThat(taken.takenBy()).isEqualTo("drain");
    assertThat(taken.takenAt()).isEqualTo(web.fleet.show("web-03").getSince() + 60_000);

    web.fleet.passes(Duration.ofMinutes(2));
    assertThat(whyIn(web.fleet, "web-03")).containsExactly("lifecycle: it is MAINTENANCE");
    assertThat(answerIn(web.fleet, "web-03").takenAt())
        .as("whatever still runs there ends, however late its scheduler hears of it")
        .isEqualTo(web.fleet.show("web-03").getSince());
  }

  @Test
  void aRolloutTakesTheMachinesOfTheUnitThatItSwitches() {
    RolloutScenario web = RolloutScenario.of(offering());
    String first = web.starts(RolloutScenario.V1);
    web.until(first, Rollout.State.COMPLETED, Duration.ofMinutes(9));
    String rollout = web.starts(RolloutScenario.V2);
    assertThat(whyIn(web.fleet, "web-01")).as("while it is staged, all go on").isEmpty();

    web.until(rollout, Rollout.State.ACTIVATING, Duration.ofMinutes(9));

    List<String> canary = new ArrayList<>(whyIn(web.fleet, "web-01"));
    canary.addAll(whyIn(web.fleet, "web-02"));
    assertThat(canary)
        .as("one was switched, the other is next")
        .containsExactlyInAnyOrder(
            "condition: it is in PROBATION: it was given another version",
            "rollout: %s is about to switch it to web@1.1.0".formatted(rollout));
    assertThat(whyIn(web.fleet, "web-03")).as("of a later unit").isEmpty();

    web.orders(rollout, ControlRollout.Verb.PAUSE);
    assertThat(whyIn(web.fleet, "web-02")).as("while it is paused").isEmpty();
  }

  @Test
  void aFreezeOrAHoldKeepsNobodyFromUsingAMachineThatIsWell() {
    fleet.sends(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(true)));
    fleet.machine("web-03").isHeldFor(Duration.ofHours(1));

    assertThat(why("web-03")).isEmpty();
  }

  @Test
  void theLeadingSchedulersAddressReachesItsMachinesAndStaysWhenItsLeaseEnds() {
    assertThat(wanted(fleet, "web-03").getScheduler()).isEmpty();
    acquires("s-1", "10.0.0.1:5051");
    assertThat(wanted(fleet, "web-03").getScheduler()).isEqualTo("10.0.0.1:5051");

    fleet.passes(Duration.ofMinutes(1));
    assertThat(fleet.state.lease("scheduler").orElseThrow().getHolder()).isEmpty();
    assertThat(wanted(fleet, "web-03").getScheduler()).isEqualTo("10.0.0.1:5051");

    acquires("s-2", "10.0.0.2:5051");
    assertThat(wanted(fleet, "web-03").getScheduler()).isEqualTo("10.0.0.2:5051");
  }

  @Test
  void whereItServesOthersIsKnownAndStaysWhenItsLeaseEnds() {
    fleet.sends(acquire("s-1", "10.0.0.1:5051", "10.0.0.1:5050"));
    assertThat(fleet.state.lease("scheduler").orElseThrow().getApi()).isEqualTo("10.0.0.1:5050");

    fleet.passes(Duration.ofMinutes(1));

    assertThat(fleet.state.lease("scheduler").orElseThrow().getHolder()).isEmpty();
    assertThat(fleet.state.lease("scheduler").orElseThrow().getApi()).isEqualTo("10.0.0.1:5050");
    assertThat(fleet.isRefused(acquire("s-1", "10.0.0.1:5051", "http://x")).getMessage())
        .isEqualTo("\"http://x\" is not where a holder can be reached");
  }

  @Test
  void anAddressThatIsNoneIsRefused() {
    assertThat(fleet.isRefused(acquire("s-1", "somewhere")).getMessage())
        .isEqualTo("\"somewhere\" is not where a holder can be reached");
  }

  @Test
  void whatCannotBeOfferedIsRefusedWithTheType() {
    Fleet.Builder wrong = offering().toBuilder();
    wrong
        .getTypesBuilder(0)
        .getOffersBuilder()
        .addResources(OfferedResource.newBuilder().setName("mem").setSizeBytes(1))
        .addResources(OfferedResource.newBuilder().setName("Cores").setMilli(1));

    assertThat(fleet.refuses(wrong.build()).getMessage())
        .contains("machine type frontend: the resource mem is there twice")
        .contains("machine type frontend: mem: expected a size of whole MiB")
        .contains("machine type frontend: Cores: a resource's name");
  }

  @Test
  void whatIsLentIsSaidToMachinesAndShownWhenItChanges() {
    Fleet.Builder lending = offering().toBuilder();
    lending
        .getTypesBuilder(0)
        .getOffersBuilder()
        .addOversubscribe(OfferedResource.newBuilder().setName("cpus").setMilli(2500));

    assertThat(fleet.apply(lending.build()))
        .containsExactly(
            "change type/frontend: offers: resources cpus 4, mem 8GiB -> resources cpus 4,"
                + " mem 8GiB, oversubscribe cpus 2.5");
    assertThat(wanted(fleet, "web-03").getOffers().getOversubscribeList())
        .extracting(OfferedResource::getMilli)
        .containsExactly(2500L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cpus | 4001 | oversubscribe: cpus 4.001 are more than are set aside; expected at most the"
            + " cpus of resources, 4",
        "cpus | 0    | oversubscribe: expected a number of processors above 0 and nothing else",
        "mem  | 1    | oversubscribe: expected a number of processors above 0 and nothing else",
      })
  void whatCannotBeLentIsRefused(String name, long milli, String why) {
    Fleet.Builder wrong = offering().toBuilder();
    wrong
        .getTypesBuilder(0)
        .getOffersBuilder()
        .addOversubscribe(OfferedResource.newBuilder().setName(name).setMilli(milli));

    assertThat(fleet.refuses(wrong.build()).getMessage()).contains("machine type frontend: " + why);
  }

  @Test
  void aSwitchOffersNothing() {
    Fleet.Builder wrong = offering().toBuilder();
    wrong
        .addTypesBuilder()
        .setName("tor")
        .setDevice(DeviceKind.DEVICE_SWITCH)
        .setOffers(offering().getTypes(0).getOffers());

    assertThat(fleet.refuses(wrong.build()).getMessage())
        .contains("machine type tor: a switch offers nothing");
  }

  @Test
  void aChangeIsShownAsItIsWritten() {
    Fleet.Builder more = offering().toBuilder();
    more.getTypesBuilder(0).getOffersBuilder().getResourcesBuilder(0).setMilli(1500);

    assertThat(fleet.apply(more.build()))
        .containsExactly(
            "change type/frontend: offers: resources cpus 4, mem 8GiB -> resources cpus 1.5,"
                + " mem 8GiB");
  }

  @Test
  void olderReplicasWouldNotKnowOffersSoTheyWaitForTheirLevel() {
    FleetScenario old = FleetScenario.bornAt(2);

    assertThat(old.refuses(offering()).getMessage())
        .isEqualTo("APPLY_FLEET needs feature level 3, and 2 is in force");
    assertThat(old.isRefused(packed(offering())).getMessage())
        .isEqualTo("APPLY_FLEET needs feature level 3, and 2 is in force");
    assertThat(old.isRefused(acquire("s-1", "10.0.0.1:5051")).getMessage())
        .isEqualTo("ACQUIRE_LEASE needs feature level 3, and 2 is in force");
    assertThat(old.isRefused(acquire("s-1", "", "10.0.0.1:5050")).getMessage())
        .isEqualTo("ACQUIRE_LEASE needs feature level 3, and 2 is in force");
    assertThat(
            old.isRefused(
                    Command.newBuilder()
                        .setAcquireLease(
                            acquire("s-1", "").getAcquireLease().toBuilder().setEnded(1)))
                .getMessage())
        .isEqualTo("ACQUIRE_LEASE needs feature level 3, and 2 is in force");
    assertThat(old.lease("scheduler", "s-1")).isPositive();
  }

  private static Command.Builder packed(Fleet fleet) {
    return Command.newBuilder().setApplyFleet(PackedFleetTest.packed(fleet));
  }

  static Fleet offering() {
    Fleet.Builder fleet = QuickFleet.spec().toBuilder();
    fleet
        .getTypesBuilder(0)
        .setOffers(
            OfferPolicy.newBuilder()
                .addResources(OfferedResource.newBuilder().setName("cpus").setMilli(4000))
                .addResources(OfferedResource.newBuilder().setName("mem").setSizeBytes(8L << 30)));
    return fleet.build();
  }

  private void acquires(String holder, String address) {
    fleet.sends(acquire(holder, address));
  }

  private static Command.Builder acquire(String holder, String address) {
    return acquire(holder, address, "");
  }

  private static Command.Builder acquire(String holder, String address, String api) {
    return Command.newBuilder()
        .setAcquireLease(
            AcquireLease.newBuilder()
                .setRole("scheduler")
                .setHolder(holder)
                .setTtlMs(10_000)
                .setAddress(address)
                .setApi(api));
  }

  private static WantedState wanted(FleetScenario fleet, String machine) {
    return WantedStates.of(fleet.state, fleet.show(machine));
  }

  private Offerability.Answer answer(String machine) {
    return answerIn(fleet, machine);
  }

  private static Offerability.Answer answerIn(FleetScenario fleet, String machine) {
    return new Offerability(fleet.state).of(fleet.show(machine)).orElseThrow();
  }

  private List<String> kinds(String machine) {
    return answer(machine).whyNot().stream().map(Veto::getKind).toList();
  }

  private List<String> why(String machine) {
    return whyIn(fleet, machine);
  }

  private static List<String> whyIn(FleetScenario fleet, String machine) {
    return answerIn(fleet, machine).whyNot().stream()
        .map(each -> each.getKind() + ": " + each.getSentence())
        .toList();
  }
}
