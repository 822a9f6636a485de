package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static io.pilothouse.dm.server.EdgeHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.OfferedRange;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.PullOfferableRequest;
import io.pilothouse.api.v1.PullReply;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.ReleaseLeaseRequest;
import io.pilothouse.mesos.v1.Attribute;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What schedulers are told of machines, and machines of the scheduler. */
class OfferablePullsTest {
  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void fleet() {
    apply(offering());
    dm.fleet.serve("web-01", KEY);
  }

  @AfterEach
  void close() {
    dm.close();
  }

  private static Fleet offering() {
    Fleet.Builder fleet = TestFleet.spec().toBuilder();
    fleet
        .getTypesBuilder(0)
        .setOffers(
            OfferPolicy.newBuilder()
                .addResources(OfferedResource.newBuilder().setName("cpus").setMilli(1500))
                .addResources(OfferedResource.newBuilder().setName("mem").setSizeBytes(8L << 30))
                .addResources(
                    OfferedResource.newBuilder()
                        .setName("ports")
                        .addRanges(OfferedRange.newBuilder().setFirst(31_000).setLast(31_999)))
                .addResources(OfferedResource.newBuilder().setName("zones").addItems("a")));
    return fleet.build();
  }

  private void apply(Fleet fleet) {
    dm.fleet.decide(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(fleet)));
  }

  private PullOfferableReply pull(long revision, long waitMs) {
    return dm.satellite("scheduler-1")
        .pullOfferable(
            PullOfferableRequest.newBuilder().setRevision(revision).setWaitMs(waitMs).build());
  }

  @Test
  @SuppressWarnings("deprecation") // of Mesos' format before reservations
  void resourcesAndAttributesAreMesos() {
    OfferableMachine machine = pull(0, 0).getMachines(0);

    assertThat(machine.getName()).isEqualTo("web-01");
    assertThat(machine.getResourcesList())
        .extracting(Resource::getName)
        .containsExactly("cpus", "mem", "ports", "zones");
    assertThat(machine.getResourcesList()).allMatch(each -> each.getRole().equals("*"));
    assertThat(machine.getResources(0).getScalar().getValue()).isEqualTo(1.5);
    assertThat(machine.getResources(1).getScalar().getValue()).isEqualTo(8192);
    assertThat(machine.getResources(2).getRanges().getRange(0))
        .isEqualTo(Value.Range.newBuilder().setBegin(31_000).setEnd(31_999).build());
    assertThat(machine.getResources(3).getSet().getItemList()).containsExactly("a");
    assertThat(machine.getAttributesList())
        .extracting(Attribute::getName, each -> each.getText().getValue())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("rack", "r1"),
            org.assertj.core.groups.Tuple.tuple("unit", "su-1"),
            org.assertj.core.groups.Tuple.tuple("type", "frontend"));
    assertThat(machine.getOfferable()).as("it has just joined").isFalse();
    assertThat(machine.getWhyNot(0).getSentence())
        .isEqualTo("it is in PROBATION: it has just joined");
    assertThat(machine.getBootId()).isEqualTo("web-01-boot-2");
    assertThat(machine.getAddress()).isEqualTo("web-01:80");
  }

  @Test
  void whatBecomesOtherwiseIsToldAloneAndAtOnce() {
    PullOfferableReply all = pull(0, 0);
    assertThat(all.getFull()).isTrue();
    assertThat(all.getMachinesList())
        .extracting(OfferableMachine::getName)
        .containsExactly("web-01", "web-02");
    CompletableFuture<PullOfferableReply> next = dm.waiting(() -> pull(all.getRevision(), 30_000));

    dm.fleet.decide(
        Command.newBuilder().setDrainMachine(DrainMachine.newBuilder().setMachine("web-01")));

    PullOfferableReply news = get(next);
    assertThat(news.getFull()).isFalse();
    assertThat(news.getMachinesList())
        .extracting(OfferableMachine::getName)
        .containsExactly("web-01");
    assertThat(news.getMachines(0).getWhyNot(0).getKind()).isEqualTo("drain");
    assertThat(news.getRevision()).isGreaterThan(all.getRevision());
  }

  @Test
  void oneThatAsksFromAnythingButTheLastAnswerIsToldAll() {
    long first = pull(0, 0).getRevision();
    dm.fleet.decide(
        Command.newBuilder().setDrainMachine(DrainMachine.newBuilder().setMachine("web-01")));
    long second = pull(first, 0).getRevision();

    assertThat(pull(first, 0).getFull()).as("of an answer that it lost").isTrue();
    assertThat(pull(second - 1, 0).getFull()).isTrue();
    assertThat(pull(second, 0).getFull()).as("of the last").isFalse();
    assertThat(pull(0, 30_000).getFull()).as("after its start").isTrue();
  }

  @Test
  void machinesOfATypeThatSetsNothingAsideAnyMoreAreGone() {
    long first = pull(0, 0).getRevision();

    apply(TestFleet.spec());

    PullOfferableReply news = pull(first, 30_000);
    assertThat(news.getMachinesList()).isEmpty();
    assertThat(news.getGoneList()).containsExactly("web-01", "web-02");
  }

  @Test
  void withoutNewsItEndsWithItsWait() {
    long first = pull(0, 0).getRevision();

    assertThat(pull(first, 50).getMachinesList()).isEmpty();
    assertThat(dm.edge.waiters().count()).isZero();
  }

  @Test
  void anotherSchedulersAddressWakesItsMachinesAndARenewalDoesNot() {
    acquires("scheduler-1", "10.0.0.1:5051");
    PullRequest ask = PullRequest.newBuilder().setMachine("web-01").build();
    PullReply first = dm.machine("web-01").pull(ask);
    assertThat(first.getWanted().getScheduler()).isEqualTo("10.0.0.1:5051");
    CompletableFuture<PullReply> waits =
        dm.waiting(
            () ->
                dm.machine("web-01")
                    .pull(ask.toBuilder().setEtag(first.getEtag()).setWaitMs(30_000).build()));

    // what wakes the machine wakes this, too, before the write is answered
    try (Waiters.Waiter beside =
        dm.edge.waiters().open(Set.of(Topic.movedLease(Topic.SCHEDULER)))) {
      acquires("scheduler-1", "10.0.0.1:5051");
      assertThat(beside.await(Duration.ZERO)).as("by a renewal").isFalse();
      acquires("scheduler-1", "10.0.0.1:5052");
      assertThat(beside.await(Duration.ZERO)).as("by another address").isTrue();
    }

    assertThat(get(waits).getWanted().getScheduler()).isEqualTo("10.0.0.1:5052");
  }

  @Test
  void rolesAndWhoLeadsComeWithEachAnswer() {
    assertThat(pull(0, 0).getRolesList()).isEmpty();
    assertThat(pull(0, 0).getLeader()).isEmpty();
    assertThat(pull(0, 0).getLeaderApi()).isEmpty();
    OfferRole role = OfferRole.newBuilder().setName("ads/prod").setWeightMilli(2500).build();
    apply(offering().toBuilder().addOfferRoles(role).build());
    acquires("scheduler-1", "10.0.0.1:5051", "10.0.0.1:5050");

    PullOfferableReply all = pull(0, 0);
    PullOfferableReply nothingNew = pull(all.getRevision(), 0);

    for (PullOfferableReply each : List.of(all, nothingNew)) {
      assertThat(each.getRolesList()).containsExactly(role);
      assertThat(each.getLeader()).isEqualTo("scheduler-1");
      assertThat(each.getLeaderApi()).isEqualTo("10.0.0.1:5050");
      assertThat(each.getLeaderAddress()).isEqualTo("10.0.0.1:5051");
      assertThat(each.getLeaderToken()).isPositive();
    }
  }

  @Test
  void aRoleThatChangedIsToldAtOnceWithoutMachines() {
    long first = pull(0, 0).getRevision();
    CompletableFuture<PullOfferableReply> next = dm.waiting(() -> pull(first, 30_000));

    apply(offering().toBuilder().addOfferRoles(OfferRole.newBuilder().setName("ads")).build());

    PullOfferableReply news = get(next);
    assertThat(news.getFull()).isFalse();
    assertThat(news.getMachinesList()).isEmpty();
    assertThat(news.getRoles(0).getName()).isEqualTo("ads");
  }

  @Test
  void whoLeadsIsToldAtOnceAndARenewalWakesNobody() {
    acquires("scheduler-1", "10.0.0.1:5051", "10.0.0.1:5050");
    long first = pull(0, 0).getRevision();
    CompletableFuture<PullOfferableReply> next = dm.waiting(() -> pull(first, 30_000));

    // what wakes a scheduler wakes this, too, before the write is answered
    try (Waiters.Waiter beside = dm.edge.waiters().open(Set.of(Topic.ledLease(Topic.SCHEDULER)))) {
      acquires("scheduler-1", "10.0.0.1:5051", "10.0.0.1:5050");
      assertThat(beside.await(Duration.ZERO)).as("by a renewal").isFalse();
      acquires("scheduler-1", "10.0.0.1:5051", "10.0.0.1:5055");
      assertThat(beside.await(Duration.ZERO)).as("by another address").isTrue();
    }
    PullOfferableReply moved = get(next);
    assertThat(moved.getLeaderApi()).isEqualTo("10.0.0.1:5055");

    CompletableFuture<PullOfferableReply> after =
        dm.waiting(() -> pull(moved.getRevision(), 30_000));
    releases("scheduler-1");

    assertThat(get(after).getLeader()).as("nobody has it").isEmpty();
    assertThat(get(after).getLeaderApi()).as("of the last").isEqualTo("10.0.0.1:5055");
  }

  private void releases(String holder) {
    long token = dm.ledger.read(state -> state.lease("scheduler").orElseThrow()).getToken();
    var unused =
        dm.satellite(holder)
            .releaseLease(
                ReleaseLeaseRequest.newBuilder()
                    .setRole("scheduler")
                    .setHolder(holder)
                    .setToken(token)
                    .build());
  }

  private void acquires(String holder, String address) {
    acquires(holder, address, "");
  }

  private void acquires(String holder, String address, String api) {
    var unused =
        dm.satellite(holder)
            .acquireLease(
                AcquireLeaseRequest.newBuilder()
                    .setRole("scheduler")
                    .setHolder(holder)
                    .setTtlMs(10_000)
                    .setAddress(address)
                    .setApi(api)
                    .build());
  }
}
