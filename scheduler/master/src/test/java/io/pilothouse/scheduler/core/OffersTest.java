package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Unavailability;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OffersTest {
  private static final String MULTI_ROLE =
      "'roles':['web'],'capabilities':[{'type':'MULTI_ROLE'},{'type':'RESERVATION_REFINEMENT'}]";

  private final Stage stage = new Stage();

  @Test
  @SuppressWarnings("deprecation") // it is about the older format
  void aFrameworkOfOneRoleIsOfferedInTheOlderFormat() {
    stage.agent("m1", "cpus:4;mem:1024;ports:[31000-32000]");
    FakeFramework framework = stage.framework();
    stage.pass(0);
    Offer offer = framework.lastOffer();
    assertThat(offer.getHostname()).isEqualTo("m1");
    assertThat(offer.getAgentId().getValue()).isEqualTo("m1-agent");
    assertThat(offer.getFrameworkId().getValue()).isEqualTo(framework.id);
    assertThat(offer.getUrl().getAddress().getIp()).isEqualTo("10.0.0.1");
    assertThat(offer.hasAllocationInfo()).isFalse();
    assertThat(offer.getResourcesList())
        .allMatch(Resource::hasRole)
        .allMatch(each -> each.getRole().equals("*"))
        .noneMatch(Resource::hasAllocationInfo)
        .extracting(Resource::getName)
        .containsExactly("cpus", "mem", "ports");
  }

  @Test
  @SuppressWarnings("deprecation") // it is about the older format
  void aFrameworkOfSeveralRolesIsToldTheRole() {
    stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework(MULTI_ROLE);
    stage.pass(0);
    Offer offer = framework.lastOffer();
    assertThat(offer.getAllocationInfo().getRole()).isEqualTo("web");
    assertThat(offer.getResourcesList())
        .noneMatch(Resource::hasRole)
        .allMatch(each -> each.getAllocationInfo().getRole().equals("web"));
  }

  @Test
  void whatIsOfferedToOneIsNotOfferedToAnother() {
    stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework first = stage.framework();
    stage.pass(0);
    FakeFramework second = stage.framework();
    stage.pass(5_000);
    assertThat(first.offers()).hasSize(1);
    assertThat(second.offers()).isEmpty();
    first.accepted(
        "{'type':'DECLINE','decline':{'offer_ids':[{'value':'%s'}],'filters':{'refuse_seconds':60}}}"
            .formatted(first.lastOffer().getId().getValue()));
    stage.pass(1_000);
    assertThat(second.offers()).hasSize(1);
  }

  private void planned(String machine, long at) {
    stage.machines(
        PullOfferableReply.newBuilder()
            .addMachines(
                OfferableMachine.newBuilder()
                    .setName(machine)
                    .addAllResources(Stage.messages("cpus:4;mem:1024"))
                    .setOfferable(true)
                    .setPlannedAt(at)));
    stage.new FakeAgent(machine, machine + "-agent").register();
  }

  @Test
  void whenARolloutWillTakeAMachineIsInItsOffers() {
    planned("m1", stage.now + 60_000);
    FakeFramework first = stage.framework();
    stage.pass(0);
    Unavailability later = first.lastOffer().getUnavailability();
    assertThat(later.getStart().getNanoseconds()).isEqualTo((stage.now + 60_000) * 1_000_000);
    assertThat(later.hasDuration()).isFalse();

    planned("m2", stage.now - 60_000);
    stage.pass(1_000);
    assertThat(first.lastOffer().getHostname()).isEqualTo("m2");
    assertThat(first.lastOffer().getUnavailability().getStart().getNanoseconds())
        .as("at any time")
        .isEqualTo(stage.now * 1_000_000);

    stage.agent("m3", "cpus:4;mem:1024");
    stage.pass(1_000);
    assertThat(first.lastOffer().getHostname()).isEqualTo("m3");
    assertThat(first.lastOffer().hasUnavailability()).isFalse();
  }

  @Test
  void aRefusalCountsForItsTimeAndReviveForgetsIt() {
    stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework();
    stage.pass(0);
    String decline =
        "{'type':'DECLINE','decline':{'offer_ids':[{'value':'%s'}],'filters':{'refuse_seconds':60}}}";
    framework.accepted(decline.formatted(framework.lastOffer().getId().getValue()));
    stage.pass(10_000);
    assertThat(framework.offers()).hasSize(1);
    framework.accepted("{'type':'REVIVE'}");
    stage.pass(1_000);
    assertThat(framework.offers()).hasSize(2);
    framework.accepted(decline.formatted(framework.lastOffer().getId().getValue()));
    for (int i = 0; i < 62; i++) {
      stage.pass(1_000);
    }
    assertThat(framework.offers()).hasSize(3);
  }

  @Test
  void aRoleThatIsSuppressedIsOfferedNothingUntilItIsRevived() {
    FakeFramework framework = stage.framework();
    framework.accepted("{'type':'SUPPRESS'}");
    stage.agent("m1", "cpus:4;mem:1024");
    stage.pass(2_000);
    assertThat(framework.offers()).isEmpty();
    framework.accepted("{'type':'REVIVE','revive':{'roles':['*']}}");
    stage.pass(1_000);
    assertThat(framework.offers()).hasSize(1);
  }

  @Test
  void anOfferThatIsNotAnsweredIsRescindedAfterItsTime() {
    Stage quick = new Stage(options -> options.offerTimeout(Duration.ofSeconds(30)));
    quick.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = quick.framework();
    quick.pass(0);
    Offer offer = framework.lastOffer();
    quick.pass(29_999);
    assertThat(framework.kinds()).doesNotContain(Event.Type.RESCIND);
    quick.pass(1);
    assertThat(framework.events())
        .anyMatch(event -> event.getRescind().getOfferId().equals(offer.getId()));
    quick.pass(1_000);
    assertThat(framework.offers()).as("and made again").hasSize(2);
  }

  @Test
  void aMachineThatTheDeviceManagerTakesIsRescindedAtOnceAndOfferedNoMore() {
    FakeAgent agent = stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework();
    stage.pass(0);
    stage.machine("m1", "cpus:4;mem:1024", false);
    assertThat(framework.last().getRescind().getOfferId()).isEqualTo(framework.lastOffer().getId());
    stage.pass(5_000);
    agent.pong();
    assertThat(framework.offers()).hasSize(1);
    stage.machine("m1", "cpus:4;mem:1024", true);
    stage.pass(1_000);
    assertThat(framework.offers()).hasSize(2);
  }

  @Test
  void aMachineOfWhichNothingIsSetAsideIsNotOffered() {
    stage.new FakeAgent("stray", "stray-agent").register();
    FakeFramework framework = stage.framework();
    stage.pass(2_000);
    assertThat(framework.offers()).isEmpty();
  }

  @Test
  void whoHasTasksOnAMachineThatIsTakenIsAskedForItAndTheTasksAreEndedAtTheDeadline() {
    FakeAgent agent = stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework();
    stage.pass(0);
    framework.launch("t1", "cpus:1");
    stage.machine("m1", "cpus:4;mem:1024", false, stage.now + 30_000);
    stage.pass(1_000);
    var inverse =
        framework.events().stream()
            .filter(event -> event.hasInverseOffers())
            .findFirst()
            .orElseThrow()
            .getInverseOffers()
            .getInverseOffers(0);
    assertThat(inverse.getAgentId().getValue()).isEqualTo(agent.id);
    assertThat(inverse.getUnavailability().getStart().getNanoseconds())
        .isEqualTo((stage.now + 29_000) * 1_000_000);
    framework.accepted(
        "{'type':'ACCEPT_INVERSE_OFFERS','accept_inverse_offers':{'inverse_offer_ids':[{'value':'%s'}]}}"
            .formatted(inverse.getId().getValue()));
    assertThat(agent.heardKinds().toString()).doesNotContain("KILL");
    stage.pass(29_000);
    var kill = agent.heard().get(agent.heard().size() - 1).getKill();
    assertThat(kill.getTaskId().getValue()).isEqualTo("t1");
    assertThat(kill.getReason()).isEqualTo("machine m1 is taken by repair/R-7");
    stage.pass(1_000);
    assertThat(agent.heard()).filteredOn(each -> each.hasKill()).hasSize(1);
  }

  @Test
  void aMachineThatStaysAfterAllIsNoLongerAskedFor() {
    stage.agent("m1", "cpus:4;mem:1024");
    FakeFramework framework = stage.framework();
    stage.pass(0);
    framework.launch("t1", "cpus:1");
    stage.machine("m1", "cpus:4;mem:1024", false, stage.now + 30_000);
    stage.pass(1_000);
    stage.machine("m1", "cpus:4;mem:1024", true);
    assertThat(framework.kinds())
        .contains(Event.Type.INVERSE_OFFERS, Event.Type.RESCIND_INVERSE_OFFER);
  }

  @Test
  void aFrameworkHoldsSoManyOffersAndNoMore() {
    Stage small = new Stage(options -> options.bounds(10_000, 2, 5, 5));
    for (int i = 0; i < 5; i++) {
      small.agent("m" + i, "cpus:4;mem:1024");
    }
    FakeFramework framework = small.framework();
    small.pass(0);
    assertThat(framework.offers()).hasSize(2);
  }
}
