package io.pilothouse.scheduler.allocator;

import static io.pilothouse.scheduler.allocator.Cluster.allocation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.scheduler.allocator.resources.Disk;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.resources.Value;
import org.junit.jupiter.api.Test;

/** Guarantees and limits. Cases with a name in front are those that Mesos was held to. */
class QuotasTest {
  private final Cluster cluster = new Cluster();

  private void quota(String role, String both) {
    cluster.allocator.setQuota(role, Quota.exactly(both));
  }

  /** QuotaProvidesGuarantee. */
  @Test
  void whatIsGuaranteedGoesToTheRoleAndStaysFreeForItWhenItDeclines() {
    quota("quota", "cpus:2;mem:1024");
    cluster.framework("fw1", "quota").framework("fw2", "other");
    cluster.agent("a1", "cpus:1;mem:512").gives("fw1 quota a1");
    cluster.agent("a2", "cpus:1;mem:512").gives("fw1 quota a2");
    cluster.declines(cluster.only(), 2000).batch().givesNothing();
    cluster.batch().givesAllOf("fw1", "quota", "a2");
  }

  /** QuotaProvidesLimit. */
  @Test
  void aRoleGetsUpToItsLimitAndTheRestOfTheAgentGoesToOthers() {
    cluster.framework("fw1", "*");
    cluster.allocator.setQuota("*", Quota.limit("cpus:0;mem:0;disk:0"));
    cluster.agent("a1", "cpus:2;mem:1024;disk:1024").givesNothing();
    cluster.framework("fw2", "other").givesAllOf("fw2", "other", "a1");
    cluster.allocator.setQuota("*", Quota.limit("cpus:1;mem:512;disk:512"));
    cluster
        .agent("a2", "cpus:2;mem:1024;disk:1024")
        .gives("fw1 * a2", "fw2 other a2")
        .gives("fw1", "*", "a2", "cpus:1;mem:512;disk:512")
        .gives("fw2", "other", "a2", "cpus:1;mem:512;disk:512");
  }

  /** RemoveQuota. */
  @Test
  void withoutItsQuotaARoleHasItsFairShare() {
    quota("quota", "cpus:2;mem:1024");
    cluster.framework("fw1", "quota").framework("fw2", "other");
    Allocation first = allocation("fw1", "quota", "a1", "cpus:1;mem:512");
    cluster.agent("a1", first.resources(), first);
    Allocation second = allocation("fw1", "quota", "a2", "cpus:1;mem:512");
    cluster.agent("a2", second.resources(), second);
    cluster.allocator.setQuota("quota", Quota.NONE);
    cluster.declines(first).batch().givesAllOf("fw2", "other", "a1");
  }

  /** MultipleFrameworksInRoleWithQuota. */
  @Test
  void frameworksOfARoleShareItsQuotaFairlyAndOneGetsWhatAnotherDeclines() {
    cluster.framework("fw1a", "quota");
    quota("quota", "cpus:4;mem:2048");
    cluster.framework("fw2", "other");
    cluster.agent("a1", "cpus:1;mem:512").gives("fw1a quota a1");
    cluster.framework("fw1b", "quota");
    cluster.agent("a2", "cpus:2;mem:1024").gives("fw1b quota a2");
    cluster.agent("a3", "cpus:1;mem:512").gives("fw1a quota a3");
    cluster.declines(cluster.only(), 5000).batch().givesAllOf("fw1b", "quota", "a3");
  }

  /** QuotaAllocationGranularity. */
  @Test
  void anAgentIsDividedToTheQuota() {
    quota("quota", "cpus:0.5;mem:200");
    cluster.framework("fw1", "quota");
    cluster.agent("a1", "cpus:1;mem:512").gives("fw1", "quota", "a1", "cpus:0.5;mem:200");
    cluster.framework("fw2", "other").gives("fw2", "other", "a1", "cpus:0.5;mem:312");
  }

  /** QuotaAllocationGranularityUnchoppableResource. */
  @Test
  void aMountIsNotDivided() {
    quota("quota", "cpus:2;mem:2048;disk:150");
    Resources mount = disk(100, "/mnt");
    Resources rest = Resources.parse("cpus:0.5;mem:512");
    cluster.agent("a1", rest.plus(mount)).framework("fw", "quota").givesAllOf("fw", "quota", "a1");
    // there is room for 50, not for 100
    cluster.agent("a2", rest.plus(mount)).gives("fw", "quota", "a2", rest);
    cluster
        .agent("a3", "cpus:2;mem:2048;disk:150")
        .gives("fw", "quota", "a3", "cpus:1;mem:1024;disk:50");
  }

  /** QuotaAllocationMultipleDisk. */
  @Test
  void severalDisksCountTogether() {
    quota("quota", "cpus:1;mem:512;disk:100");
    Resources all = Resources.parse("cpus:1;mem:512;disk:50").plus(disk(50, "/mnt"));
    cluster.agent("a1", all).framework("fw", "quota").givesAllOf("fw", "quota", "a1");
  }

  /** QuotaRoleAllocateNonQuotaResource. */
  @Test
  void whatNoQuotaIsAboutComesAlongUnlessAnotherRoleNeedsIt() {
    quota("quota1", "cpus:2");
    cluster
        .agent("a1", "cpus:1;mem:1024;ports:[31000-32000]")
        .framework("fw", "quota1")
        .givesAllOf("fw", "quota1", "a1");
    quota("quota2", "mem:1024");
    cluster
        .agent("a2", "cpus:1;mem:1024;ports:[31000-32000]")
        .gives("fw", "quota1", "a2", "cpus:1;ports:[31000-32000]");
    // the memory of a2 is enough for quota2
    cluster
        .agent("a3", "cpus:1;mem:1024;ports:[31000-32000]")
        .gives("fw", "quota1", "a3", "mem:1024;ports:[31000-32000]");
  }

  /** QuotaAgainstStarvation. */
  @Test
  void aGuaranteeHelpsARoleThatOthersStarve() {
    cluster.framework("fw1", "quota").framework("fw2", "other");
    Allocation used = allocation("fw1", "quota", "a1", "cpus:1;mem:512");
    cluster.agent("a1", used.resources(), used);
    cluster.agent("a2", "cpus:1;mem:512").gives("fw2 other a2");
    cluster.declines(cluster.only(), 0).batch().gives("fw2 other a2");
    cluster.declines(cluster.only(), 0);
    quota("quota", "cpus:2;mem:1024");
    cluster.batch().givesAllOf("fw1", "quota", "a2");
  }

  /** QuotaAbsentFrameworkWholeAgent. */
  @Test
  void aGuaranteeIsKeptForARoleThatHasNoFrameworkYet() {
    quota("quota", "cpus:2;mem:1024");
    cluster.framework("fw", "other");
    cluster.agent("a1", "cpus:2;mem:1024").givesNothing();
    cluster.agent("a2", "cpus:2;mem:1024").givesAllOf("fw", "other", "a2");
  }

  /** MultiQuotaAbsentFrameworks. */
  @Test
  void aRoleWithoutFrameworksDoesNotKeepAnotherFromItsGuarantee() {
    quota("quota1", "cpus:1;mem:1024");
    quota("quota2", "cpus:2;mem:2048");
    cluster
        .agent("a1", "cpus:2;mem:2048")
        .framework("fw", "quota2")
        .givesAllOf("fw", "quota2", "a1");
  }

  /** MultiQuotaWithFrameworks. */
  @Test
  void aRoleWithASmallerShareWhoseGuaranteeIsMetDoesNotStarveOne() {
    quota("quota1", "cpus:1;mem:200");
    quota("quota2", "cpus:2;mem:2000");
    cluster.framework("fw1", "quota1").framework("fw2", "quota2");
    Allocation first = allocation("fw1", "quota1", "a1", "cpus:1;mem:1024");
    Allocation second = allocation("fw2", "quota2", "a2", "cpus:1;mem:1024");
    cluster.agent("a1", first.resources(), first).agent("a2", second.resources(), second);
    cluster
        .agent("a3", "cpus:2;mem:2048")
        .gives("fw2 quota2 a3")
        .gives("fw2", "quota2", "a3", "cpus:1;mem:976");
  }

  /** ReservationWithinQuota. */
  @Test
  void whatIsReservedIsPartOfTheQuota() {
    quota("quota", "cpus:2;mem:256");
    cluster.framework("fw1", "quota").framework("fw2", "other");
    Allocation used = allocation("fw1", "quota", "a1", "cpus:2;mem(quota):256");
    cluster
        .agent("a1", Resources.parse("cpus:8;mem(quota):256"), used)
        .gives("fw2", "other", "a1", "cpus:6");
    cluster.agent("a2", "cpus:4").gives("fw2 other a2");
  }

  /** ReservationUnallocated. */
  @Test
  void whatIsReservedAndDeclinedIsPartOfTheQuotaAllTheSame() {
    quota("quota", "cpus:1;mem:1024");
    cluster.agent("a1", "cpus(quota):1;mem(quota):1024");
    cluster.framework("fw1", "quota").givesAllOf("fw1", "quota", "a1");
    cluster.declines(cluster.only(), 86_400_000);
    cluster.agent("a2", "cpus:1;mem:1024").givesNothing();
  }

  /** ReservationAllocated. */
  @Test
  void whatIsReservedAndTakenIsPartOfTheQuotaOnce() {
    quota("quota", "cpus:2;mem:2048");
    cluster.agent("a1", "cpus(quota):1;mem(quota):1024").framework("fw1", "quota");
    cluster.givesAllOf("fw1", "quota", "a1");
    cluster.agent("a2", "cpus:1;mem:1024").givesAllOf("fw1", "quota", "a2");
    cluster.agent("a3", "cpus:1;mem:1024").givesNothing();
  }

  /** NonQuotaRoleReservationWithQuotaRole. */
  @Test
  void aRoleGetsWhatIsReservedForItWhileAGuaranteeOfAnotherIsNotMet() {
    quota("quota", "cpus:2;mem:2048");
    cluster.agent("a1", "cpus:2;mem:2048;cpus(other):2;mem(other):2048");
    cluster.framework("fw1", "quota").gives("fw1", "quota", "a1", "cpus:2;mem:2048");
    cluster.declines(cluster.only(), 86_400_000);
    cluster.framework("fw2", "other").gives("fw2", "other", "a1", "cpus(other):2;mem(other):2048");
  }

  /** QuotaAccountingReserveAllocatedResources and QuotaAccountingUnreserveAllocatedResources. */
  @Test
  void toReserveWhatARoleHasOrToGiveThatUpChangesNothingOfItsQuota() {
    quota("quota", "cpus:10;mem:1024");
    cluster.framework("fw", "quota").agent("a1", "cpus:5;mem:512").givesAllOf("fw", "quota", "a1");
    Resources plain = cluster.only().resources();
    Resources reserved = Resources.parse("cpus(quota):5;mem(quota):512");
    cluster.allocator.exchange("fw", "quota", "a1", plain, reserved);
    cluster.agent("a2", "cpus:10;mem:1024").gives("fw", "quota", "a2", "cpus:5;mem:512");
    cluster.allocator.exchange("fw", "quota", "a1", reserved, plain);
    cluster.batch().givesNothing();
  }

  /** QuotaSetAsideReservedResources. */
  @Test
  void whatIsReservedForOthersIsNotFreeForGuarantees() {
    cluster.agent("a1", "cpus:4;mem:512").agent("a2", "cpus:4;mem:512");
    Resources reserved = Resources.parse("cpus(other):4;mem(other):512");
    assertThat(cluster.allocator.exchangeFree("a2", Resources.parse("cpus:4;mem:512"), reserved))
        .isTrue();
    quota("quota", "cpus:4;mem:512");
    cluster.framework("fw1", "quota").gives("fw1", "quota", "a1", "cpus:4;mem:512");
    cluster.declines(cluster.only(), 10_000).batch().givesNothing();
    cluster.framework("fw2", "other").gives("fw2", "other", "a2", reserved);
    cluster.declines(cluster.only(), 10_000).batch().givesNothing();
  }

  /** QuotaHeadroomWhenReservationsExceedQuota. */
  @Test
  void reservationsBeyondAGuaranteeDoNotHelpAnotherRolesGuarantee() {
    quota("reserving", "cpus:1;mem:1024");
    quota("quota", "cpus:1;mem:1024");
    cluster.agent("a1", "cpus(reserving):2;mem(reserving):2048").agent("a2", "cpus:1;mem:1024");
    cluster.framework("fw", "other").givesNothing();
    cluster.agent("a3", "cpus:1;mem:1024").givesAllOf("fw", "other", "a3");
  }

  /** DisproportionateQuotaVsAllocation. */
  @Test
  void whatIsMissingIsFilledNameByName() {
    quota("quota", "cpus:4;mem:1024");
    cluster.framework("fw", "quota");
    cluster.agent("a1", "cpus:2;mem:1024").givesAllOf("fw", "quota", "a1");
    cluster.agent("a2", "cpus:2;mem:1024").gives("fw", "quota", "a2", "cpus:2");
  }

  /** QuotaWithAncestorReservations. */
  @Test
  void aReservationOfAParentThatItsChildHasIsNotFree() {
    quota("quota", "cpus:1;mem:1024");
    cluster.agent("a1", "cpus(a):1;mem(a):1024").framework("fw1", "a/b").gives("fw1 a/b a1");
    cluster.framework("fw2", "other").givesNothing();
    cluster.agent("a2", "cpus:1;mem:1024").givesNothing();
    cluster.agent("a3", "cpus:1;mem:1024").gives("fw2 other a3");
  }

  /** QuotaWithNestedRoleReservation. */
  @Test
  void aChildsReservationIsPartOfItsParentsQuota() {
    quota("a", "cpus:2;mem:200");
    cluster.agent("a1", "cpus(a/b):1;mem(a/b):100").agent("a2", "cpus:10;mem:1000");
    cluster.framework("fw1", "a").gives("fw1", "a", "a2", "cpus:1;mem:100");
  }

  /**
   * QuotaWithNestedRoleAllocation, as Mesos wanted it to become: it let children pass the limit.
   */
  @Test
  void whatAChildHasIsPartOfItsParentsQuotaAndItsLimitHoldsForAllBelow() {
    cluster.framework("fw1", "a/b").agent("a1", "cpus:1;mem:1024").gives("fw1 a/b a1");
    quota("a", "cpus:1;mem:1024");
    cluster.framework("fw2", "a");
    cluster.agent("a2", "cpus:1;mem:1024").givesNothing();
  }

  /** QuotaHeadroomWithNestedRoleAllocation. */
  @Test
  void whatParentAndChildHaveIsNotFree() {
    cluster.framework("fw1", "a/b").agent("a1", "cpus:1;mem:100").gives("fw1 a/b a1");
    cluster.framework("fw2", "a").agent("a2", "cpus:1;mem:100").gives("fw2 a a2");
    quota("quota", "cpus:1;mem:100");
    cluster.agent("a3", "cpus:1;mem:100").givesNothing();
    cluster.agent("a4", "cpus:1;mem:100");
    assertThat(cluster.only().agent()).isEqualTo("a4");
  }

  /** NestedQuotaAccounting and NestedRoleQuotaAllocateToParent, which Mesos had disabled. */
  @Test
  void aChildsGuaranteeIsPartOfItsParents() {
    cluster.framework("fw1", "aaa");
    quota("x/b", "cpus:3;mem:300");
    cluster.framework("fw2", "x/b").agent("a1", "cpus:2;mem:200").gives("fw2 x/b a1");
    quota("x/b/c", "cpus:1;mem:100");
    cluster.framework("fw3", "x/b/c").agent("a2", "cpus:1;mem:100").gives("fw3 x/b/c a2");
    // both are met, with what there is: the next one goes by fair share
    cluster.agent("a3", "cpus:1;mem:100").gives("fw1 aaa a3");
  }

  @Test
  void aParentsGuaranteeServesItsChildren() {
    cluster.allocator.setQuota("a", Quota.guarantee("cpus:4;mem:400"));
    cluster.framework("fw1", "a/b").framework("fw2", "other");
    cluster.agent("a1", "cpus:2;mem:200").gives("fw1 a/b a1");
    cluster.agent("a2", "cpus:2;mem:200").gives("fw1 a/b a2");
    cluster.agent("a3", "cpus:2;mem:200").gives("fw2 other a3");
  }

  /** SharedAllocatedResourceQuotaAccounting. */
  @Test
  void aSharedVolumeIsChargedOnce() {
    quota("quota", "cpus:3;mem:2048;disk:100");
    Framework framework = Framework.of("fw", "quota").with(Capability.SHARED_RESOURCES);
    cluster.agent("a1", "cpus(quota):2;mem(quota):1024;disk(quota):50");
    cluster.framework(framework).givesAllOf("fw", "quota", "a1");
    Resources disk = Resources.parse("disk(quota):50");
    Kind kind = disk.iterator().next().kind().on(Disk.volume("id1")).share();
    Resources volume = Resources.of(new Entry(kind, new Value.Scalar(50_000)));
    cluster.allocator.exchange("fw", "quota", "a1", disk, volume);
    Resources part = Resources.parse("cpus(quota):1;mem(quota):512");
    cluster.declines(new Allocation("fw", "quota", "a1", part));
    cluster.batch().gives("fw", "quota", "a1", part.plus(volume));
    cluster.agent("a2", "cpus:1;mem:1024;disk:50").givesAllOf("fw", "quota", "a2");
    cluster.agent("a3", "cpus:0.5;mem:512;disk:50").givesNothing();
  }

  @Test
  void machinesThatMayNotBeOfferedAreNoHeadroom() {
    cluster.agent("a1", "cpus:2;mem:1024").agent("a2", "cpus:2;mem:1024");
    cluster.offerable("a1", false);
    cluster.allocator.setQuota("quota", Quota.guarantee("cpus:2;mem:1024"));
    cluster.framework("fw", "other").givesNothing();
    cluster.offerable("a1", true);
    assertThat(cluster.only().framework()).isEqualTo("fw");
  }

  @Test
  void aLimitBelowTheGuaranteeIsRefused() {
    assertThatThrownBy(() -> Quota.guarantee("cpus:2").limited("cpus:1"))
        .hasMessage("limit 1000 m of cpus: expected at least the guarantee of 2000 m");
  }

  private static Resources disk(long amount, String mount) {
    Kind kind = Kind.of("disk").on(Disk.mount(mount));
    return Resources.of(new Entry(kind, new Value.Scalar(amount * 1000)));
  }
}
