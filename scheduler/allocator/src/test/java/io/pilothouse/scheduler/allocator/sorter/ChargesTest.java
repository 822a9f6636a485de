package io.pilothouse.scheduler.allocator.sorter;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.allocator.resources.Disk;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.resources.Value;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a client is charged with. Named cases are those of Mesos' sorter. */
class ChargesTest {
  private final Totals totals = new Totals(Set.of());
  private final Sorter<String> sorter = Sorter.byShare(totals);

  private Leaf<String> client(String path) {
    Leaf<String> leaf = sorter.add(path, path);
    sorter.activate(leaf);
    return leaf;
  }

  private static Resources resources(String cpus, String mem) {
    return Resources.parse("cpus:" + cpus + ";mem:" + mem);
  }

  private static Resources volume(String id, long amount) {
    Kind kind = Kind.of("disk").on(Disk.volume(id)).share();
    return Resources.of(new Entry(kind, new Value.Scalar(amount * 1000)));
  }

  private void total(Resources resources) {
    totals.add(resources.quantities());
  }

  /** MultipleSlavesUpdateTotal. */
  @Test
  void theSameAmountIsAnotherShareOfAnotherTotal() {
    total(resources("10", "100"));
    sorter.allocated(client("a"), "A", resources("2", "1"));
    sorter.allocated(client("b"), "B", resources("1", "3"));
    assertThat(sorter.order()).containsExactly("b", "a");
    total(resources("90", "0"));
    assertThat(sorter.order()).containsExactly("a", "b");
  }

  @Test
  void inATotalThatGrowsInProportionNobodyMoves() {
    total(resources("10", "100"));
    Leaf<String> a = client("a");
    sorter.allocated(a, "A", resources("2", "1"));
    sorter.allocated(client("b"), "A", resources("1", "3"));
    for (int i = 0; i < 100; i++) {
      total(resources("10", "100"));
      assertThat(sorter.order()).containsExactly("b", "a");
    }
    assertThat(sorter.share(a)).isEqualTo(2.0 / 1010);
    assertThat(totals.version()).as("sorted once, for the first total").isEqualTo(1);
  }

  /** RevocableResources. */
  @Test
  void revocableResourcesCountAsTheOthers() {
    Kind revocable = Kind.of("cpus").revoke();
    Resources slack = Resources.of(new Entry(revocable, new Value.Scalar(10_000)));
    total(resources("10", "100").plus(slack));
    sorter.allocated(client("a"), "A", resources("2", "1"));
    Resources nine = Resources.of(new Entry(revocable, new Value.Scalar(9_000)));
    sorter.allocated(client("b"), "A", resources("1", "1").plus(nine));
    assertThat(sorter.order()).containsExactly("a", "b");
  }

  /** SharedResources. */
  @Test
  void whoSharesAVolumeIsChargedWithAllOfIt() {
    Resources shared = volume("id1", 100);
    total(Resources.parse("cpus:100;mem:100;disk:900").plus(shared));
    Leaf<String> a = client("a");
    Leaf<String> b = client("b");
    sorter.allocated(a, "A", resources("5", "5").plus(shared));
    sorter.allocated(b, "A", resources("6", "6"));
    assertThat(sorter.order()).containsExactly("b", "a");
    sorter.allocated(client("c"), "A", resources("1", "1").plus(shared));
    assertThat(sorter.order()).containsExactly("b", "a", "c");
    sorter.remove(a);
    sorter.unallocated(b, "A", resources("4", "4"));
    assertThat(sorter.order()).containsExactly("b", "c");
    sorter.allocated(client("d"), "A", resources("1", "5").plus(shared));
    assertThat(sorter.order()).containsExactly("b", "c", "d");
  }

  /** SameDominantSharedResourcesUpdated, and the tie that the path decides. */
  @Test
  void thoseWhoseVolumeDominatesAreEqual() {
    Resources shared = volume("id1", 900);
    total(Resources.parse("cpus:100;mem:100;disk:100").plus(shared));
    sorter.allocated(client("b"), "A", resources("5", "5").plus(shared));
    sorter.allocated(client("c"), "A", resources("6", "6").plus(shared));
    assertThat(sorter.order()).containsExactly("b", "c");
    sorter.allocated(client("a"), "A", resources("1", "1").plus(shared));
    assertThat(sorter.order()).containsExactly("a", "b", "c");
  }

  /** SameSharedResourcesSameClient. */
  @Test
  void moreCopiesAreNotChargedAgain() {
    Resources shared = volume("id1", 50);
    total(Resources.parse("cpus:100;mem:100;disk:950").plus(shared));
    Leaf<String> a = client("a");
    sorter.allocated(a, "A", resources("2", "2").plus(shared));
    sorter.allocated(client("b"), "A", resources("6", "6"));
    assertThat(sorter.order()).containsExactly("a", "b");
    for (int i = 0; i < 3; i++) {
      sorter.allocated(a, "A", shared);
    }
    assertThat(sorter.order()).containsExactly("a", "b");
  }

  /** SharedResourcesUnallocated. */
  @Test
  void aVolumeIsChargedUntilItsLastCopyIsGivenBack() {
    Resources shared = volume("id1", 100);
    Resources two = shared.plus(shared);
    total(Resources.parse("cpus:100;mem:100;disk:900").plus(shared));
    Leaf<String> a = client("a");
    sorter.allocated(a, "A", resources("2", "2").plus(two).plus(shared));
    sorter.allocated(client("b"), "A", resources("6", "6"));
    assertThat(sorter.order()).containsExactly("b", "a");
    sorter.unallocated(a, "A", shared);
    assertThat(sorter.order()).containsExactly("b", "a");
    sorter.unallocated(a, "A", two);
    assertThat(sorter.order()).containsExactly("a", "b");
  }

  @Test
  void aVolumeThatTwoBelowARoleShareIsChargedToTheRoleOnce() {
    Resources shared = volume("id1", 100);
    total(Resources.parse("cpus:100;mem:100;disk:900").plus(shared));
    Leaf<String> x = client("a/x");
    sorter.allocated(x, "A", shared);
    sorter.allocated(client("a/y"), "A", shared);
    sorter.allocated(client("b"), "A", resources("11", "1"));
    assertThat(sorter.order()).containsExactly("a/x", "a/y", "b");
    // the other one has it still
    sorter.remove(x);
    assertThat(sorter.order()).containsExactly("a/y", "b");
    sorter.allocated(client("c"), "A", resources("10.5", "1"));
    assertThat(sorter.order()).containsExactly("a/y", "c", "b");
  }
}
