package io.pilothouse.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;

/** Requests come from strangers: what they may ask for, and what they may not break. */
class CertificateRequestTest {
  private static final PeerName WEB_03 = PeerName.parse("west", "machine/web-03").orElseThrow();
  private final KeyPair pair = Certifying.keyPair();

  private String request(KeyPair asked, KeyPair signer, String subject, GeneralName... names)
      throws Exception {
    var builder =
        new JcaPKCS10CertificationRequestBuilder(new X500Principal(subject), asked.getPublic());
    if (names.length > 0) {
      ExtensionsGenerator extensions = new ExtensionsGenerator();
      extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
    }
    String algorithm =
        signer.getPrivate().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    return pem(
        builder
            .build(new JcaContentSignerBuilder(algorithm).build(signer.getPrivate()))
            .getEncoded());
  }

  private static String pem(byte[] bytes) {
    return "-----BEGIN CERTIFICATE REQUEST-----\n%s\n-----END CERTIFICATE REQUEST-----\n"
        .formatted(Base64.getMimeEncoder().encodeToString(bytes));
  }

  private static GeneralName uri(String text) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, text);
  }

  @Test
  void oursIsForOneNameAndOneKey() {
    CertificateRequest request =
        CertificateRequest.parse(Certifying.request(pair, "machine/web-03"));
    request.requireFor(WEB_03);
    assertThat(request.key().getEncoded()).isEqualTo(pair.getPublic().getEncoded());
    assertThat(request.keySha256()).matches("[0-9a-f]{64}");
  }

  @Test
  void theNameMayBeWrittenAsOpenSslLikesItOrAsAUri() throws Exception {
    CertificateRequest.parse(request(pair, pair, "CN=machine:web-03")).requireFor(WEB_03);
    CertificateRequest.parse(
            request(pair, pair, "CN=machine/web-03", uri("spiffe://west/machine/web-03")))
        .requireFor(WEB_03);
  }

  @Test
  void whoAsksForAnotherNameOrForMoreIsRefused() throws Exception {
    for (String each :
        List.of(
            request(pair, pair, "CN=machine/web-04"),
            request(pair, pair, "CN=operator/alice"),
            request(pair, pair, "O=Example"),
            request(pair, pair, "CN=machine/web-03,CN=operator/alice"),
            request(pair, pair, "CN=machine/web-03", uri("spiffe://west/operator/alice")),
            request(pair, pair, "CN=machine/web-03", uri("spiffe://east/machine/web-03")),
            request(
                pair,
                pair,
                "CN=machine/web-03",
                new GeneralName(GeneralName.dNSName, "dm-1.example")))) {
      CertificateRequest asked = CertificateRequest.parse(each);
      assertThatThrownBy(() -> asked.requireFor(WEB_03))
          .isInstanceOf(TlsException.class)
          .hasMessageContaining("machine/web-03");
    }
  }

  @Test
  void whoDoesNotHaveTheKeyIsRefused() throws Exception {
    String stolen = request(pair, Certifying.keyPair(), "CN=machine/web-03");
    assertThatThrownBy(() -> CertificateRequest.parse(stolen))
        .hasMessage("the certificate request is not signed by the key that it is for");
  }

  @Test
  void keysOfOtherKindsAreRefused() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(1024);
    KeyPair weak = generator.generateKeyPair();
    String request = request(weak, weak, "CN=machine/web-03");
    assertThatThrownBy(() -> CertificateRequest.parse(request))
        .hasMessage(
            "the certificate request is for a key of RSA; expected elliptic curve P-256 or P-384");
  }

  @Test
  void whatIsNoneSaysSo() {
    for (String each :
        List.of(
            "",
            "hello",
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA",
            pem(new byte[0]),
            pem(new byte[] {0x30, (byte) 0x84, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff}),
            "-----BEGIN CERTIFICATE REQUEST-----\n%%%\n-----END CERTIFICATE REQUEST-----\n")) {
      assertThatThrownBy(() -> CertificateRequest.parse(each))
          .isInstanceOf(TlsException.class)
          .hasMessageContaining("the certificate request");
    }
  }

  @Test
  void brokenBytesNeverEndInAnythingButARefusal() {
    byte[] whole =
        Base64.getMimeDecoder()
            .decode(Certifying.request(pair, "machine/web-03").replaceAll("-----[A-Z ]+-----", ""));
    Random random = new Random(7);
    for (int i = 0; i < 2000; i++) {
      byte[] broken = java.util.Arrays.copyOf(whole, whole.length - random.nextInt(3));
      for (int flips = 0; flips <= random.nextInt(4); flips++) {
        broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
      }
      if (!java.util.Arrays.equals(broken, whole)) {
        assertThatThrownBy(() -> CertificateRequest.parse(pem(broken)))
            .as("round %s", i)
            .isInstanceOf(TlsException.class);
      }
    }
  }
}
