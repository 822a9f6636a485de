package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.ContentPolicy;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.manifests.signing.PublicKeys;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SigningFilesTest {
  private final FleetFixture fleet;
  private final String key;

  SigningFilesTest(@TempDir Path dir) throws GeneralSecurityException {
    this.fleet = new FleetFixture(dir);
    this.key =
        PublicKeys.text(
            PublicKeys.raw(KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic()));
  }

  private void cluster(String more) {
    fleet.write("cluster.yaml", "kind: Cluster\nname: test\nreport-every: 1s\n" + more);
  }

  @Test
  void keysAndQuotasAreOfTheCluster() {
    cluster(
        """
        manifest-keys:
        - {name: release, public: "%s"}
        contents: {require-signature: true, most-bytes: 10GiB, most-versions: 20, most-total: 1TiB}
        """
            .formatted(key));

    Fleet read = fleet.loaded();

    assertThat(read.getManifestKeys(0).getName()).isEqualTo("release");
    assertThat(PublicKeys.text(read.getManifestKeys(0).getEd25519().toByteArray())).isEqualTo(key);
    assertThat(read.getContents())
        .isEqualTo(
            ContentPolicy.newBuilder()
                .setRequireSignature(true)
                .setMostBytes(10L << 30)
                .setMostVersions(20)
                .setMostTotalBytes(1L << 40)
                .build());
  }

  @Test
  void aKeyThatIsNoneIsTold() {
    cluster(
        """
        manifest-keys:
        - {name: short, public: "abc"}
        - {name: off, public: "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}
        """);

    fleet.rejectedWith(
        "cluster.yaml:5:25: manifest-keys.public: \"abc\" is not a public key; write the 44"
            + " characters that `pilot manifest keygen` printed",
        "cluster.yaml:6:23: manifest-keys.public: \"AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""
            + " is not an Ed25519 public key; print it again: pilot manifest keygen");
  }

  @Test
  void aKeyHasOneName() {
    cluster(
        "manifest-keys: [{name: a, public: \"%1$s\"}, {name: b, public: \"%1$s\"}]\n"
            .formatted(key));

    fleet.rejectedWith("cluster.yaml:1:1: manifest-keys: a and b are the same key; take one away");
  }

  @Test
  void aSignatureThatNobodyCanGiveIsNotRequired() {
    cluster("contents: {require-signature: true}\n");

    fleet.rejectedWith(
        "cluster.yaml:1:1: contents.require-signature: nobody may sign; name a key in"
            + " manifest-keys, made by `pilot manifest keygen`");
  }
}
