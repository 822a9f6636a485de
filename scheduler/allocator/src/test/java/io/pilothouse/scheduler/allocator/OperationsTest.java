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

/** Operations on what frameworks have, and on what nobody has. Named cases are those of Mesos. */
class OperationsTest {
  private final Cluster cluster = new Cluster();

  private static final Resources DISK = Resources.parse("disk(role1):100");

  private static Resources sharedVolume() {
    Kind kind = DISK.iterator().next().kind().on(Disk.volume("id1")).share();
    return Resources.of(new Entry(kind, new Value.Scalar(5_000)));
  }

  /** UpdateAllocation. */
  @Test
  void aVolumeThatWasMadeOfADiskIsOfferedInsteadOfIt() {
    cluster.agent("a1", "cpus:100;mem:100;disk:100").framework("fw", "role1");
    Kind kind = Kind.of("disk").on(Disk.volume("ID"));
    Resources volume = Resources.of(new Entry(kind, new Value.Scalar(5_000)));
    Resources from = Resources.parse("disk:5");
    cluster.allocator.exchange("fw", "role1", "a1", from, volume);
    Resources all = Resources.parse("cpus:100;mem:100;disk:95").plus(volume);
    cluster.declines(new Allocation("fw", "role1", "a1", all));
    cluster.batch().gives("fw", "role1", "a1", all);
  }

  /** UpdateAllocationRemoveResources. */
  @Test
  void whatAnOperationRemovedIsGone() {
    cluster.agent("a1", "cpus:100;mem:100;disk:100").framework("fw", "role1");
    Resources disk = Resources.parse("disk:100");
    cluster.allocator.exchange("fw", "role1", "a1", disk, Resources.NONE);
    cluster.declines(allocation("fw", "role1", "a1", "cpus:100;mem:100"));
    cluster.batch().gives("fw", "role1", "a1", "cpus:100;mem:100");
  }

  /** UpdateAllocationSharedPersistentVolume. */
  @Test
  void aSharedVolumeIsMadeAndUnmade() {
    cluster.agent("a1", "cpus:100;mem:100;disk(role1):100");
    cluster.framework(Framework.of("fw", "role1").with(Capability.SHARED_RESOURCES));
    Resources from = Resources.parse("disk(role1):5");
    cluster.allocator.exchange("fw", "role1", "a1", from, sharedVolume());
    Resources all = Resources.parse("cpus:100;mem:100;disk(role1):95").plus(sharedVolume());
    cluster.declines(new Allocation("fw", "role1", "a1", all));
    cluster.batch().gives("fw", "role1", "a1", all);
    cluster.allocator.exchange("fw", "role1", "a1", sharedVolume(), from);
    cluster.declines(new Allocation("fw", "role1", "a1", cluster.total("a1")));
    cluster.batch().givesAllOf("fw", "role1", "a1");
  }

  /** SharedResourcesCapability. */
  @Test
  void aSharedVolumeIsForThoseWhoKnowOfSharing() {
    cluster.agent("a1", "cpus:100;mem:100;disk(role1):100").framework("fw1", "role1");
    Resources from = Resources.parse("disk(role1):5");
    cluster.allocator.exchange("fw1", "role1", "a1", from, sharedVolume());
    Resources rest = Resources.parse("cpus:100;mem:100;disk(role1):95");
    cluster.declines(new Allocation("fw1", "role1", "a1", rest.plus(sharedVolume())));
    cluster.batch().gives("fw1", "role1", "a1", rest);
    cluster.declines(cluster.only());
    cluster.framework(Framework.of("fw2", "role1").with(Capability.SHARED_RESOURCES));
    cluster.gives("fw2", "role1", "a1", rest.plus(sharedVolume()));
  }

  /** AllocateSharedResources. */
  @Test
  void aSharedVolumeThatIsInUseIsOfferedToTheNextOneByOne() {
    cluster
        .framework(Framework.of("fw1", "role1").with(Capability.SHARED_RESOURCES))
        .framework(Framework.of("fw2", "role1").with(Capability.SHARED_RESOURCES));
    cluster.agent("a1", "cpus:4;mem:1024;disk(role1):2048").givesAllOf("fw1", "role1", "a1");
    Resources from = Resources.parse("disk(role1):5");
    cluster.allocator.exchange("fw1", "role1", "a1", from, sharedVolume());
    // its task has the volume, a processor and 5 of memory
    Resources rest = Resources.parse("cpus:3;mem:1019;disk(role1):2043");
    cluster.declines(new Allocation("fw1", "role1", "a1", rest)).batch();
    assertThat(cluster.handedOut())
        .containsExactly(new Allocation("fw2", "role1", "a1", rest.plus(sharedVolume())));
  }

  @Test
  void aSecondTaskOnASharedVolumeIsOneMoreCopyAndAllOfThemAreGivenBackOneByOne() {
    cluster.framework(Framework.of("fw1", "role1").with(Capability.SHARED_RESOURCES));
    Resources all = Resources.parse("cpus:4;mem:1024").plus(sharedVolume());
    cluster.agent("a1", all).givesAllOf("fw1", "role1", "a1");
    cluster.allocator.exchange("fw1", "role1", "a1", Resources.NONE, sharedVolume());
    Resources both = sharedVolume().plus(sharedVolume());
    assertThat(cluster.allocator.allocated("fw1", "role1", "a1").shared()).isEqualTo(both);
    cluster.declines(new Allocation("fw1", "role1", "a1", sharedVolume()));
    assertThat(cluster.allocator.allocated("fw1", "role1", "a1")).isEqualTo(all);
    cluster.declines(new Allocation("fw1", "role1", "a1", all));
    assertThat(cluster.allocator.free("a1")).isEqualTo(all);
  }

  /** UpdateAvailableSuccess and UpdateAvailableFail. */
  @Test
  void operatorsReserveWhatIsFreeAndNothingElse() {
    cluster.agent("a1", "cpus:100;mem:100;disk:100");
    Resources plain = Resources.parse("cpus:25;mem:50");
    Resources reserved = Resources.parse("cpus(role1):25;mem(role1):50");
    assertThat(cluster.allocator.exchangeFree("a1", plain, reserved)).isTrue();
    cluster
        .framework("fw", "role1")
        .gives("fw", "role1", "a1", Resources.parse("cpus:75;mem:50;disk:100").plus(reserved));
    assertThat(cluster.allocator.exchangeFree("a1", plain, reserved)).isFalse();
  }

  @Test
  void anOperationOnWhatAFrameworkHasNotChangesNothing() {
    cluster.agent("a1", "cpus:1;mem:100").framework("fw", "role1");
    Resources more = Resources.parse("cpus:2");
    Resources reserved = Resources.parse("cpus(role1):2");
    assertThatThrownBy(() -> cluster.allocator.exchange("fw", "role1", "a1", more, reserved))
        .hasMessage(
            "fw in role1 on agent a1: cpus:2 expected in what it has there, cpus:1; mem:100");
    assertThat(cluster.allocator.allocated("fw", "role1", "a1")).isEqualTo(cluster.total("a1"));
  }
}
