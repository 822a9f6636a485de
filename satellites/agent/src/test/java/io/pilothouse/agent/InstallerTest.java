package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Provisioning.Step;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class InstallerTest {
  @TempDir private Path dir;
  private Rig rig;
  private Installer installer;
  private VersionRef image;

  @BeforeEach
  void start() throws IOException {
    rig = new Rig(dir, false);
    installer = new Installer(rig.disk, rig.wanted, rig.fetcher, rig.sourcing, rig.reporter());
    image = rig.deployment.add("base", "1.0", "image.yaml", "kind: Image\n");
  }

  @AfterEach
  void stop() throws IOException {
    rig.close();
  }

  @Test
  void wipesTheDiskButForTheKeyAndWritesTheImage() throws Exception {
    String key = Key.readOrMake(rig.disk.key());
    Path old = Files.createDirectories(rig.disk.manifests().resolve("web/0.9"));
    Files.createSymbolicLink(rig.disk.root().resolve("active"), Path.of("manifests/web/0.9"));
    assign(7, Step.IMAGING);
    installer.round();
    assertThat(old).doesNotExist();
    assertThat(rig.disk.root().resolve("active")).doesNotExist();
    assertThat(Key.readOrMake(rig.disk.key())).isEqualTo(key);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(rig.disk.key())))
        .isEqualTo("rw-------");
    assertThat(rig.disk.image()).contains(image);
    assertThat(rig.disk.os().resolve("image.yaml")).hasContent("kind: Image\n");
    assertThat(last().getStepDone()).isEqualTo(Step.IMAGING);
    assertThat(last().getProvisioningToken()).isEqualTo(7);
  }

  @Test
  void burnsInAndLeavesNothingBehind() throws Exception {
    assign(7, Step.BURNING_IN);
    installer.round();
    assertThat(last().getStepDone()).isEqualTo(Step.BURNING_IN);
    assertThat(rig.disk.root().resolve("burn-in")).doesNotExist();
  }

  @Test
  void aStepIsDoneOnceAndOthersAreNotItsBusiness() throws Exception {
    assign(7, Step.IMAGING);
    installer.round();
    installer.round();
    assign(7, Step.VERIFIED);
    installer.round();
    assertThat(rig.dm.reports()).hasSize(1);
    assign(8, Step.IMAGING);
    installer.round();
    assertThat(rig.dm.reports()).hasSize(2);
  }

  @Test
  void aFailureIsReportedWithItsText() throws Exception {
    image = image.toBuilder().setDigest("ab".repeat(32)).build();
    assign(7, Step.IMAGING);
    installer.round();
    assertThat(last().getStepDone()).isEqualTo(Step.STEP_UNSPECIFIED);
    assertThat(last().getStepFailed()).contains("no source has a sound copy");
    assertThat(rig.disk.image()).isEmpty();
  }

  @Test
  void aReportThatWasLostIsSentAgainWithoutDoingTheStepAgain() throws Exception {
    assign(7, Step.IMAGING);
    rig.dm.refuse(Status.INTERNAL.withDescription("lost"));
    assertThatThrownBy(installer::round).hasMessageContaining("lost");
    Path mark = Files.writeString(rig.disk.root().resolve("mark"), "");
    rig.dm.refuse(null);
    rig.dm.forget();
    installer.round();
    assertThat(last().getStepDone()).isEqualTo(Step.IMAGING);
    assertThat(mark).as("not wiped a second time").exists();
  }

  @Test
  void aStaleTokenEndsTheMatter() throws Exception {
    assign(7, Step.BURNING_IN);
    rig.dm.refuse(Status.ABORTED.withDescription("assigned under token 8"));
    installer.round();
    rig.dm.refuse(null);
    installer.round();
    assertThat(rig.dm.reports()).isEmpty();
  }

  @Test
  void whatAnEarlierBootWasToldIsNotActedOn() throws Exception {
    Files.write(rig.disk.wanted(), assignment(6, Step.IMAGING).toByteArray());
    Wanted fresh = new Wanted("web-01", rig.client, rig.disk, false);
    assertThat(fresh.known()).isFalse();
    new Installer(rig.disk, fresh, rig.fetcher, rig.sourcing, rig.reporter()).round();
    assertThat(rig.disk.wanted()).exists();
    assertThat(rig.dm.reports()).isEmpty();
  }

  private void assign(long token, Step step) throws IOException {
    rig.want(assignment(token, step).toBuilder());
  }

  private WantedState assignment(long token, Step step) {
    Provisioning provisioning =
        Provisioning.newBuilder().setToken(token).setStep(step).setImage(image).build();
    return WantedState.newBuilder()
        .setProvisioning(provisioning)
        .addDeployments(rig.deployment.address())
        .build();
  }

  private ReportRequest last() {
    return rig.dm.reports().get(rig.dm.reports().size() - 1);
  }
}
