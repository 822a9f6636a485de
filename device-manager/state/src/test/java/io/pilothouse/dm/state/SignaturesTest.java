package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.v1.ContentPolicy;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.ManifestKey;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.manifests.signing.PublicKeys;
import io.pilothouse.manifests.signing.Signed;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The fleet takes what its keys vouch for. */
class SignaturesTest {
  private final KeyPair alice = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
  private final KeyPair mallory = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();

  SignaturesTest() throws GeneralSecurityException {}

  private Fleet spec(boolean required) {
    return QuickFleet.spec().toBuilder()
        .setContents(ContentPolicy.newBuilder().setRequireSignature(required))
        .addManifestKeys(
            ManifestKey.newBuilder()
                .setName("release")
                .setEd25519(ByteString.copyFrom(PublicKeys.raw(alice.getPublic()))))
        .build();
  }

  private FleetScenario fleet(boolean required) {
    FleetScenario fleet = new FleetScenario();
    fleet.apply(spec(required));
    return fleet;
  }

  private static Command.Builder register(Manifest.Builder manifest) {
    return Command.newBuilder()
        .setRegisterManifest(RegisterManifest.newBuilder().setManifest(manifest));
  }

  private static Manifest.Builder plain(VersionRef ref) {
    return Manifest.newBuilder().setRef(ref);
  }

  private static Manifest.Builder signed(VersionRef ref, KeyPair by, VersionRef over) {
    try {
      return plain(ref)
          .setSignature(ByteString.copyFrom(Signed.sign(by.getPrivate(), over)))
          .setSignedBy("release");
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anUnsignedVersionIsRefusedWhereSignaturesAreRequired() {
    FleetScenario fleet = fleet(true);

    Refusal refusal = fleet.isRefused(register(plain(V1)));

    assertThat(refusal.getMessage())
        .isEqualTo("web@1.0.0 is not signed, and the fleet takes signed versions only");
    assertThat(refusal.getRemedy()).contains("--sign KEYFILE").contains("release");
    fleet.sends(register(signed(V1, alice, V1)));
    assertThat(fleet.state.manifest("web", "1.0.0").orElseThrow().getSignedBy())
        .isEqualTo("release");
  }

  @Test
  void aSignatureByAnUnknownKeyIsRefused() {
    FleetScenario fleet = fleet(false);

    assertThat(
            fleet.isRefused(register(signed(V1, mallory, V1).setSignedBy("relase"))).getMessage())
        .isEqualTo(
            "web@1.0.0 is signed by \"relase\", which is none of the fleet's manifest-keys (did you"
                + " mean \"release\"?)");
    assertThat(fleet.isRefused(register(signed(V1, mallory, V1))).getMessage())
        .as("another key under a known name")
        .startsWith("the signature is not one of web@1.0.0 with digest ");
  }

  @Test
  void aSignatureOfAnotherVersionDoesNotCount() {
    FleetScenario fleet = fleet(false);
    VersionRef sameFiles = V2.toBuilder().setDigest(V1.getDigest()).build();

    fleet.isRefused(register(signed(sameFiles, alice, V1)));
    fleet.isRefused(register(plain(V1).setSignature(ByteString.copyFromUtf8("x"))));
    fleet.isRefused(register(plain(V1).setSignedBy("release")));
    fleet.sends(register(signed(sameFiles, alice, sameFiles)));
  }

  @Test
  void aSignatureCanBeGivenLater() {
    FleetScenario fleet = fleet(false);
    fleet.sends(register(plain(V1)));
    fleet.sends(register(signed(V1, alice, V1)));

    Manifest stored = fleet.state.manifest("web", "1.0.0").orElseThrow();
    assertThat(stored.getSignedBy()).isEqualTo("release");
    fleet.sends(register(plain(V1)));
    assertThat(fleet.state.manifest("web", "1.0.0")).as("and is not lost").contains(stored);
  }

  @Test
  void aVersionWhoseKeyIsGoneIsNotRolledOut() {
    RolloutScenario rollouts = RolloutScenario.running();
    assertThat(rollouts.fleet.apply(spec(true)))
        .singleElement()
        .asString()
        .contains(PublicKeys.text(PublicKeys.raw(alice.getPublic())));

    assertThat(rollouts.fleet.isRefused(RolloutScenario.start(V2)).getMessage())
        .isEqualTo("web@1.1.0 is not signed, and the fleet takes signed versions only");
    rollouts.fleet.sends(register(signed(V2, alice, V2)));
    rollouts.starts(V2);
  }

  @Test
  void keysThatCannotBeUsedAreRefusedWithTheFleet() {
    FleetScenario fleet = new FleetScenario();
    Command.Builder begins = Command.newBuilder().setTick(Tick.newBuilder());
    var unused = fleet.commit(List.of(FleetScenario.request(begins, "dm", "").build()));
    Fleet.Builder twice = spec(false).toBuilder();
    twice.addManifestKeys(twice.getManifestKeys(0).toBuilder().setName("other"));
    assertThat(fleet.refuses(twice.build()).getMessage())
        .isEqualTo("manifest keys release and other are the same");

    Fleet.Builder wrong = spec(false).toBuilder();
    wrong.getManifestKeysBuilder(0).setEd25519(ByteString.copyFromUtf8("short"));
    assertThat(fleet.refuses(wrong.build()).getMessage())
        .isEqualTo("manifest key release: not an Ed25519 public key");
    assertThat(fleet.refuses(spec(true).toBuilder().clearManifestKeys().build()).getMessage())
        .startsWith("signatures are required, but nobody may sign");
  }
}
