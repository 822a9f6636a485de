package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListManifestsRequest;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.RemoveManifestRequest;
import io.pilothouse.api.v1.VersionRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManifestServiceTest {
  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void fleet() {
    dm.fleet.apply();
  }

  @AfterEach
  void close() {
    dm.close();
  }

  private static RegisterManifestRequest.Builder register(String name, String version) {
    return RegisterManifestRequest.newBuilder()
        .setManifest(
            Manifest.newBuilder()
                .setRef(
                    VersionRef.newBuilder()
                        .setName(name)
                        .setVersion(version)
                        .setDigest("ab".repeat(32))));
  }

  private ListManifestsReply list(String name) {
    return dm.operator().listManifests(ListManifestsRequest.newBuilder().setName(name).build());
  }

  @Test
  void aCheckSaysWhatARegistrationWouldAndDoesNothing() {
    int before = dm.ledger.submitted().size();

    dm.operator().registerManifest(register("web", "1.0").setCheckOnly(true).build());
    StatusRuntimeException check =
        refusal(
            () -> dm.operator().registerManifest(register("Web", "1").setCheckOnly(true).build()));

    assertThat(dm.ledger.submitted()).hasSize(before);
    assertThat(list("").getItemsList()).isEmpty();
    StatusRuntimeException real =
        refusal(() -> dm.operator().registerManifest(register("Web", "1").build()));
    assertThat(check.getStatus()).hasToString(real.getStatus().toString());
  }

  @Test
  void aListSaysWhoNeedsEachVersion() {
    dm.operator().registerManifest(register("web-admin", "1.0").build());
    dm.operator().registerManifest(register("web", "1.0").build());
    dm.fleet.serve("web-01", KEY);

    ListManifestsReply all = list("");

    assertThat(all.getItemsList())
        .extracting(each -> each.getRef().getName())
        .containsExactly("os", "web", "web-admin");
    assertThat(all.getUses(0).getNeededList()).anyMatch(each -> each.contains("web-01"));
    assertThat(all.getUses(1).getNeededList()).isEmpty();
    assertThat(list("web").getItemsList()).hasSize(1);
    assertThat(list("web").getUsesList()).hasSize(1);
    assertThat(list("nothing").getItemsList()).isEmpty();
  }

  @Test
  void whatIsNeededIsNotRemoved() {
    dm.operator().registerManifest(register("web", "1.0").build());
    dm.fleet.serve("web-01", KEY);

    StatusRuntimeException needed =
        refusal(
            () ->
                dm.operator()
                    .removeManifest(
                        RemoveManifestRequest.newBuilder()
                            .setName("os")
                            .setVersion("1.0.0")
                            .build()));
    dm.operator()
        .removeManifest(
            RemoveManifestRequest.newBuilder().setName("web").setVersion("1.0").build());

    assertThat(needed.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(needed.getStatus().getDescription()).contains("os@1.0.0 is needed: ");
    assertThat(list("web").getItemsList()).isEmpty();
  }
}
