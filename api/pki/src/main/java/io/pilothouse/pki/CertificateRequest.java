package io.pilothouse.pki;

import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/**
 * What somebody wants certified (PKCS#10, RFC 2986): a key, whose owner has signed the request with
 * it, and names. Comes from strangers.
 *
 * @param commonNames of the subject
 * @param otherNames subject alternative names that are asked for, as {@code TAG:VALUE}
 */
public record CertificateRequest(PublicKey key, List<String> commonNames, List<String> otherNames) {
  private static final String WHAT = "the certificate request";
  private static final Set<String> LABELS =
      Set.of("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
  private static final Set<Integer> CURVE_BITS = Set.of(256, 384);
  private static final String URI = GeneralName.uniformResourceIdentifier + ":";
  private static final String REMEDY =
      "make another: openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout"
          + " key.pem -subj /CN=machine:NAME";

  public CertificateRequest {
    commonNames = List.copyOf(commonNames);
    otherNames = List.copyOf(otherNames);
  }

  /**
   * Reads one and checks that its sender has the key.
   *
   * @throws TlsException when it is none, cut off, or not signed by its own key
   */
  public static CertificateRequest parse(String pem) {
    byte[] bytes = PemFiles.section(WHAT, pem, LABELS);
    try {
      JcaPKCS10CertificationRequest request = new JcaPKCS10CertificationRequest(bytes);
      PublicKey key = request.getPublicKey();
      requireCurve(key);
      if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
        throw new TlsException(WHAT + " is not signed by the key that it is for", REMEDY);
      }
      return new CertificateRequest(key, commonNames(request), otherNames(request));
    } catch (TlsException e) {
      throw e;
    } catch (IOException
        | GeneralSecurityException
        | OperatorCreationException
        | PKCSException
        | RuntimeException e) {
      // the parser throws whatever it stumbles over: casts, indexes, states
      throw new TlsException(WHAT + " cannot be read: " + e.getMessage(), REMEDY, e);
    }
  }

  private static void requireCurve(PublicKey key) {
    int bits =
        key instanceof ECPublicKey ec ? ec.getParams().getCurve().getField().getFieldSize() : 0;
    if (!CURVE_BITS.contains(bits)) {
      throw new TlsException(
          "%s is for a key of %s%s; expected elliptic curve P-256 or P-384"
              .formatted(WHAT, key.getAlgorithm(), bits == 0 ? "" : " with " + bits + " bits"),
          REMEDY);
    }
  }

  private static List<String> commonNames(JcaPKCS10CertificationRequest request) {
    List<String> names = new ArrayList<>();
    for (RDN each : request.getSubject().getRDNs(BCStyle.CN)) {
      names.add(IETFUtils.valueToString(each.getFirst().getValue()));
    }
    return names;
  }

  private static List<String> otherNames(JcaPKCS10CertificationRequest request) {
    Extensions extensions = request.getRequestedExtensions();
    GeneralNames names =
        extensions == null
            ? null
            : GeneralNames.getInstance(
                extensions.getExtensionParsedValue(Extension.subjectAlternativeName));
    List<String> all = new ArrayList<>();
    if (names != null) {
      for (GeneralName each : names.getNames()) {
        all.add(each.getTagNo() + ":" + each.getName());
      }
    }
    return all;
  }

  /**
   * Refuses a request for anybody else, or for more than this name. The subject's common name says
   * it as {@code KIND/NAME} or {@code KIND:NAME}, or a URI does.
   */
  public void requireFor(PeerName name) {
    List<String> asked = new ArrayList<>(commonNames);
    asked.addAll(otherNames);
    if (asked.isEmpty()) {
      throw new TlsException(
          "%s names nobody; expected the common name %s".formatted(WHAT, name.principal()), REMEDY);
    }
    Set<String> right = Set.of(name.principal(), name.kind() + ":" + name.name(), URI + name.uri());
    for (String each : asked) {
      if (!right.contains(each)) {
        throw new TlsException(
            "%s asks for '%s'; expected the common name %s, and nothing else"
                .formatted(WHAT, each, name.principal()),
            REMEDY);
      }
    }
  }

  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  public String keySha256() {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256", e);
    }
  }
}
