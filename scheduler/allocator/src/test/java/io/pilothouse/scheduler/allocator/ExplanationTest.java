package io.pilothouse.scheduler.allocator;

import static io.pilothouse.scheduler.allocator.Explanation.Withheld.BELOW_MINIMUM;
import static io.pilothouse.scheduler.allocator.Explanation.Withheld.CONSTRAINT;
import static io.pilothouse.scheduler.allocator.Explanation.Withheld.FILTERED;
import static io.pilothouse.scheduler.allocator.Explanation.Withheld.GPUS_SET_ASIDE;
import static io.pilothouse.scheduler.allocator.Explanation.Withheld.HEADROOM;
import static io.pilothouse.scheduler.allocator.Explanation.Withheld.INACTIVE;
import static io.pilothouse.scheduler.allocator.Explanation.Withheld.LIMIT;
import static io.pilothouse.scheduler.allocator.Explanation.Withheld.NOTHING_FREE;
import static io.pilothouse.scheduler.allocator.Explanation.Withheld.NOT_OFFERABLE;
import static io.pilothouse.scheduler.allocator.Explanation.Withheld.OTHERS_FIRST;
import static io.pilothouse.scheduler.allocator.Explanation.Withheld.SUPPRESSED;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.allocator.OfferConstraints.Condition.Exists;
import io.pilothouse.scheduler.allocator.OfferConstraints.Constraint;
import io.pilothouse.scheduler.allocator.OfferConstraints.Named;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Why is my task not running? */
class ExplanationTest {
  private final Cluster cluster = new Cluster();

  private Explanation why(String framework, String role) {
    return cluster.allocator.explain(framework, role, cluster.now());
  }

  @Test
  void eachAgentIsCountedByTheRuleThatWithholdsIt() {
    cluster.framework("fw", "role");
    cluster.agent("declined", "cpus:4;mem:400").declines(cluster.only(), Cluster.FOREVER);
    cluster.agent("crumb", "cpus:0.001;mem:1");
    cluster.agent("gpus", "cpus:4;mem:400;gpus:1");
    cluster.agent("repaired", "cpus:4;mem:400");
    cluster.declines(cluster.only()).offerable("repaired", false);
    cluster.agent("taken", "cpus:4;mem:400").gives("fw role taken");
    Explanation why = why("fw", "role");
    assertThat(why.withheld())
        .isEqualTo(
            Map.of(
                NOT_OFFERABLE, 1L,
                NOTHING_FREE, 1L,
                BELOW_MINIMUM, 1L,
                GPUS_SET_ASIDE, 1L,
                FILTERED, 1L));
    assertThat(why.notOfferable()).isEqualTo(Map.of("is being repaired", 1L));
    assertThat(why.offersEver()).isEqualTo(3);
    assertThat(why.offeredLastCycle()).isEqualTo(1);
    assertThat(why.share()).isBetween(0.24, 0.26);
  }

  @Test
  void whatWasSetOfARoleIsToldWithWhatIsChargedToIt() {
    cluster.allocator.setQuota("ads", Quota.guarantee("cpus:2"));
    cluster.allocator.setWeight("ads/prod", 3);
    cluster.allocator.setPriority("ads/prod", 1);
    cluster.framework("fw", "ads/prod");
    cluster.agent("agent", "cpus:4;mem:400");
    assertThat(cluster.allocator.roles())
        .containsExactly(
            new RoleStanding(
                "ads", 1, 0, Quota.guarantee("cpus:2"), Quantities.parse("cpus:4;mem:400")),
            new RoleStanding("ads/prod", 3, 1, Quota.NONE, Quantities.parse("cpus:4;mem:400")));
  }

  @Test
  void quotasSayWhoseTheyAre() {
    cluster.allocator.setQuota("mine", Quota.limit("cpus:2"));
    cluster.allocator.setQuota("theirs", Quota.guarantee("cpus:2;mem:200"));
    cluster.framework("fw", "mine").framework("other", "other").framework("theirs", "theirs");
    cluster.allocator.deactivateFramework("theirs");
    cluster.agent("a1", "cpus:2;mem:200").givesNothing();
    assertThat(why("fw", "mine").withheld()).isEqualTo(Map.of(HEADROOM, 1L));
    assertThat(why("fw", "mine").headroom()).isEqualTo(Quantities.parse("cpus:2;mem:200"));
    assertThat(why("theirs", "theirs").withheld()).isEqualTo(Map.of(INACTIVE, 1L));
    cluster.allocator.setQuota("theirs", Quota.NONE);
    cluster.allocator.setQuota("mine", Quota.limit("cpus:0;mem:0"));
    assertThat(why("fw", "mine").withheld()).isEqualTo(Map.of(LIMIT, 1L));
    assertThat(why("other", "other").withheld()).isEqualTo(Map.of(OTHERS_FIRST, 1L));
  }

  @Test
  void whatAFrameworkAskedForItselfIsSaidSo() {
    OfferConstraints constraints =
        OfferConstraints.all(new Constraint(new Named("ssd"), new Exists()));
    cluster.framework(Framework.of("fw", "role1", "role2").constrained("role1", constraints));
    cluster.allocator.suppress("fw", List.of("role2"));
    cluster.agent("a1", "cpus:2;mem:200");
    assertThat(why("fw", "role1").withheld()).isEqualTo(Map.of(CONSTRAINT, 1L));
    assertThat(why("fw", "role2").withheld()).isEqualTo(Map.of(SUPPRESSED, 1L));
  }

  @Test
  void ranksAreThoseOfTheNextPass() {
    cluster.allocator.setWeight("b", 2);
    cluster.framework("fw1", "a").framework("fw2", "b").framework("fw3", "b");
    cluster.agent("a1", "cpus:2;mem:200").gives("fw1 a a1");
    cluster.agent("a2", "cpus:2;mem:200").gives("fw2 b a2");
    assertThat(why("fw3", "b").roleRank()).isEqualTo(1);
    assertThat(why("fw3", "b").rank()).isEqualTo(1);
    assertThat(why("fw2", "b").rank()).isEqualTo(2);
    assertThat(why("fw1", "a").roleRank()).isEqualTo(2);
    assertThat(why("fw2", "b").weight()).isEqualTo(2);
    assertThat(why("fw2", "b").frameworkShare()).isEqualTo(0.5);
  }

  @Test
  void toAskChangesNothing() {
    Cluster asked = new Cluster();
    for (Cluster one : List.of(cluster, asked)) {
      one.framework("fw1", "a").framework("fw2", "b");
      for (int i = 0; i < 20; i++) {
        one.agent("a" + i, "cpus:2;mem:200");
      }
    }
    for (int round = 0; round < 5; round++) {
      asked.allocator.explain("fw1", "a", asked.now());
      cluster.handedOut().forEach(cluster::declines);
      asked.handedOut().forEach(asked::declines);
      assertThat(asked.batch().handedOut()).isEqualTo(cluster.batch().handedOut());
    }
  }
}
