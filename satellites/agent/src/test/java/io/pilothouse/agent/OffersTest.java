package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.processes.Cgroups;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where nothing is offered there is nothing of it. What tasks do is tried beside them. */
class OffersTest {
  @TempDir private Path dir;
  private Rig rig;
  private final AtomicInteger groups = new AtomicInteger();

  @BeforeEach
  void start() throws IOException {
    rig = new Rig(dir);
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  private Offers offers() throws IOException {
    Surroundings around =
        new Surroundings(
            rig.disk,
            Cgroups.none("a test"),
            new Readiness("127.0.0.1", 80),
            Map.of(),
            80,
            () -> {});
    return new Offers(
        new Offers.Setting(
            "web-01",
            "boot-1",
            new ServerAddress("127.0.0.1", 81),
            around,
            () -> {
              groups.incrementAndGet();
              return Cgroups.none("a test");
            },
            new TaskOptions()),
        rig.wantedAfterRestart(),
        Optional.empty());
  }

  @Test
  void aMachineOfATypeThatSetsNothingAsideHasNothingOfIt() throws Exception {
    rig.want(rig.inService());
    try (Offers offers = offers()) {
      offers.round();

      assertThat(rig.disk.root().resolve("tasks")).doesNotExist();
      assertThat(groups).hasValue(0);
      assertThat(offers.describe()).isEmpty();
    }
  }

  @Test
  void oneThatDoesWaitsForASchedulerAndKeepsItsName() throws Exception {
    rig.want(rig.inService().setOffers(OfferPolicy.getDefaultInstance()));
    Object name;
    try (Offers offers = offers()) {
      offers.round();
      name = offers.describe().get("agent_id");
      assertThat(name).asString().startsWith("web-01-");
      assertThat(offers.describe()).containsEntry("scheduler", "not connected");
    }

    rig.want(rig.inService());
    try (Offers offers = offers()) {
      offers.round();
      assertThat(offers.describe()).as("tasks may be left").containsEntry("agent_id", name);
    }
  }

  @Test
  void ofTheAgentsEnvironmentTasksGetWhatIsNobodysSecret() throws Exception {
    rig.want(rig.inService());
    try (Offers offers = offers()) {
      assertThat(
              offers.environment(
                  Map.of("PATH", "/bin", "TZ", "UTC", "TOKEN", "secret", "LD_PRELOAD", "/x.so")))
          .isEqualTo(Map.of("PATH", "/bin", "TZ", "UTC"));
      assertThat(offers.environment(Map.of())).containsOnlyKeys("PATH");
    }
  }
}
