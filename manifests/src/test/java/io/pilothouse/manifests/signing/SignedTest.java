package io.pilothouse.manifests.signing;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VersionRef;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class SignedTest {
  private static final VersionRef WEB =
      VersionRef.newBuilder().setName("web").setVersion("1.0").setDigest("ab".repeat(32)).build();

  private final KeyPair alice = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
  private final KeyPair mallory = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();

  SignedTest() throws GeneralSecurityException {}

  private static byte[] raw(KeyPair pair) {
    return PublicKeys.raw(pair.getPublic());
  }

  @Test
  void aSignatureCoversNameVersionAndDigest() throws GeneralSecurityException {
    byte[] signature = Signed.sign(alice.getPrivate(), WEB);

    assertThat(new String(Signed.text(WEB), StandardCharsets.UTF_8))
        .isEqualTo("web@1.0 sha256:" + "ab".repeat(32) + "\n");
    assertThat(Signed.isBy(raw(alice), WEB, signature)).isTrue();
    assertThat(Signed.isBy(raw(mallory), WEB, signature)).isFalse();
    for (VersionRef other :
        new VersionRef[] {
          WEB.toBuilder().setVersion("1.1").build(),
          WEB.toBuilder().setName("api").build(),
          WEB.toBuilder().setDigest("cd".repeat(32)).build()
        }) {
      assertThat(Signed.isBy(raw(alice), other, signature)).as("replayed for " + other).isFalse();
    }
  }

  @Test
  void whatIsNoSignatureIsNone() throws GeneralSecurityException {
    byte[] signature = Signed.sign(alice.getPrivate(), WEB);
    signature[7] ^= 1;

    assertThat(Signed.isBy(raw(alice), WEB, signature)).isFalse();
    assertThat(Signed.isBy(raw(alice), WEB, new byte[0])).isFalse();
    assertThat(Signed.isBy(raw(alice), WEB, new byte[64])).isFalse();
    assertThat(Signed.isBy(new byte[31], WEB, signature)).isFalse();
    assertThat(Signed.isBy(new byte[32], WEB, signature)).isFalse();
  }

  @Test
  void keysAreWrittenAsThirtyTwoBytes() {
    String text = PublicKeys.text(raw(alice));

    assertThat(text).hasSize(44);
    assertThat(PublicKeys.parse(text))
        .hasValueSatisfying(each -> assertThat(each).isEqualTo(raw(alice)));
    assertThat(PublicKeys.parse("short")).isEmpty();
    assertThat(PublicKeys.parse("no base64!")).isEmpty();
    byte[] offTheCurve = new byte[32];
    offTheCurve[0] = 2;
    assertThat(PublicKeys.parse(Base64.getEncoder().encodeToString(offTheCurve))).isEmpty();
  }
}
