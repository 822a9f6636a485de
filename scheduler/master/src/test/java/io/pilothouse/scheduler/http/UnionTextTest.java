package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ports that are reserved for several roles are all of them shown. */
class UnionTextTest {
  private static Resource ranges(long... ends) {
    Resource.Builder ports = Resource.newBuilder().setName("ports").setType(Value.Type.RANGES);
    for (int i = 0; i < ends.length; i += 2) {
      ports.getRangesBuilder().addRangeBuilder().setBegin(ends[i]).setEnd(ends[i + 1]);
    }
    return ports.build();
  }

  private static Resource items(String... items) {
    Resource.Builder zones = Resource.newBuilder().setName("zones").setType(Value.Type.SET);
    zones.getSetBuilder().addAllItem(List.of(items));
    return zones.build();
  }

  @Test
  void rangesOfSeveralRolesAreJoinedWhereTheyTouch() {
    assertThat(UnionText.of(List.of(ranges(31010, 31019, 31030, 31030), ranges(31000, 31009))))
        .isEqualTo("[31000-31019, 31030-31030]");
    assertThat(UnionText.of(List.of(ranges(1, 9, 3, 4), ranges(5, 20)))).isEqualTo("[1-20]");
    assertThat(UnionText.of(List.of(ranges()))).isEqualTo("[]");
  }

  @Test
  void itemsAreThereOnce() {
    assertThat(UnionText.of(List.of(items("b", "a"), items("a", "c")))).isEqualTo("{b, a, c}");
  }
}
