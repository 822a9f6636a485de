package io.pilothouse.tls;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Reads PEM (RFC 7468) with messages that say which file, what is wrong, what to do. */
public final class PemFiles {
  private static final String DASHES = "-----";
  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private PemFiles() {}

  /** A section: what it says it is, and its bytes as text. */
  private record Section(String file, String label, String base64) {
    byte[] bytes() {
      try {
        return Base64.getMimeDecoder().decode(base64);
      } catch (IllegalArgumentException e) {
        throw new TlsException(
            "%s: section '%s' is no base64: %s".formatted(file, label, e.getMessage()),
            "write it again",
            e);
      }
    }
  }

  /**
   * All certificates of a file, in its order.
   *
   * @throws TlsException when there is none, or one cannot be read
   */
  public static List<X509Certificate> certificates(Path file) {
    return certificates(file.toString(), text(file));
  }

  /**
   * All certificates of a text, in its order.
   *
   * @param file names the text in messages
   * @throws TlsException when there is none, or one cannot be read
   */
  public static List<X509Certificate> certificates(String file, String text) {
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Section each : sections(file, text)) {
        if (each.label().equals("CERTIFICATE")) {
          ByteArrayInputStream bytes = new ByteArrayInputStream(each.bytes());
          certificates.add((X509Certificate) factory.generateCertificate(bytes));
        }
      }
    } catch (CertificateException e) {
      throw new TlsException(
          "%s: certificate %d cannot be read: %s"
              .formatted(file, certificates.size() + 1, e.getMessage()),
          "put the certificate there again",
          e);
    }
    if (certificates.isEmpty()) {
      throw new TlsException(
          file + " holds no certificate", "it must have -----BEGIN CERTIFICATE----- sections");
    }
    return List.copyOf(certificates);
  }

  /**
   * All revocation lists of a file (RFC 5280, section 5).
   *
   * @throws TlsException when there is none, or one cannot be read
   */
  public static List<X509CRL> revocations(Path file) {
    return revocations(file.toString(), text(file));
  }

  /**
   * All revocation lists of a text.
   *
   * @param file names the text in messages
   * @throws TlsException when there is none, or one cannot be read
   */
  public static List<X509CRL> revocations(String file, String text) {
    List<X509CRL> lists = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Section each : sections(file, text)) {
        if (each.label().equals("X509 CRL")) {
          lists.add((X509CRL) factory.generateCRL(new ByteArrayInputStream(each.bytes())));
        }
      }
    } catch (CertificateException | CRLException e) {
      throw new TlsException(
          "%s: revocation list %d cannot be read: %s"
              .formatted(file, lists.size() + 1, e.getMessage()),
          "copy it from its authority again",
          e);
    }
    if (lists.isEmpty()) {
      throw new TlsException(
          file + " holds no revocation list",
          "it must have -----BEGIN X509 CRL----- sections; remove it when nothing is revoked");
    }
    return List.copyOf(lists);
  }

  /**
   * The one private key of a file that only its owner may read.
   *
   * @param algorithm of the public key that it belongs to
   */
  public static PrivateKey privateKey(Path file, String algorithm) {
    requireOwnersOnly(file);
    for (Section each : sections(file.toString(), text(file))) {
      switch (each.label()) {
        case "PRIVATE KEY" -> {
          return pkcs8(file, algorithm, each.bytes());
        }
        case "ENCRYPTED PRIVATE KEY" ->
            throw new TlsException(
                file + " is encrypted, and nobody is there to type its password",
                "write it unencrypted with mode 0600: `openssl pkcs8 -topk8 -nocrypt`");
        case "EC PRIVATE KEY", "RSA PRIVATE KEY" ->
            throw new TlsException(
                "%s holds a key in the old form '%s'; expected PKCS#8, 'PRIVATE KEY'"
                    .formatted(file, each.label()),
                "convert it: `openssl pkcs8 -topk8 -nocrypt -in OLD -out key.pem`");
        default -> {} // EC PARAMETERS, or a certificate beside it
      }
    }
    throw new TlsException(
        file + " holds no private key", "it must have a -----BEGIN PRIVATE KEY----- section");
  }

  private static PrivateKey pkcs8(Path file, String algorithm, byte[] bytes) {
    try {
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
    } catch (GeneralSecurityException e) {
      throw new TlsException(
          "%s is no %s key, as the certificate's is: %s".formatted(file, algorithm, e.getMessage()),
          "put the key there that the certificate was made for",
          e);
    }
  }

  private static void requireOwnersOnly(Path file) {
    Set<PosixFilePermission> permissions;
    try {
      permissions = Files.getPosixFilePermissions(file);
    } catch (UnsupportedOperationException e) {
      return; // a file system without owners
    } catch (IOException e) {
      throw unreadable(file, e);
    }
    if (permissions.stream().anyMatch(OTHERS::contains)) {
      throw new TlsException(
          "%s may be read or written by others than its owner (%s)"
              .formatted(file, PosixFilePermissions.toString(permissions)),
          "chmod 600 " + file);
    }
  }

  /**
   * The bytes of a text's one section of this kind.
   *
   * @param file names the text in messages
   * @throws TlsException when it is not there, or cut off
   */
  public static byte[] section(String file, String text, Set<String> labels) {
    return sections(file, text).stream()
        .filter(each -> labels.contains(each.label()))
        .findFirst()
        .orElseThrow(
            () ->
                new TlsException(
                    "%s has no section %s".formatted(file, String.join(" or ", labels)),
                    "it must have a -----BEGIN … section of that kind"))
        .bytes();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, ISO_8859_1);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static List<Section> sections(String file, String text) {
    List<Section> sections = new ArrayList<>();
    for (int at = text.indexOf(DASHES + "BEGIN "); at >= 0; ) {
      int from = at + DASHES.length() + "BEGIN ".length();
      int labelEnd = text.indexOf(DASHES, from);
      String label = labelEnd < 0 ? "" : text.substring(from, labelEnd);
      // behind the beginning, whose dashes are not those of the end
      int body = labelEnd + DASHES.length();
      int end = labelEnd < 0 ? -1 : text.indexOf(DASHES + "END " + label + DASHES, body);
      if (end < 0) {
        throw new TlsException(
            "%s is cut off: its section %d '%s' has no end"
                .formatted(file, sections.size() + 1, label),
            "write it whole, then rename it into place");
      }
      sections.add(new Section(file, label, text.substring(body, end).strip()));
      at = text.indexOf(DASHES + "BEGIN ", end);
    }
    return sections;
  }

  private static TlsException unreadable(Path file, IOException e) {
    return e instanceof NoSuchFileException
        ? new TlsException(
            file + " is missing",
            "a TLS directory holds cert.pem, key.pem and ca.pem; `pilot pki issue KIND/NAME` makes"
                + " one",
            e)
        : new TlsException(
            "%s cannot be read: %s".formatted(file, e), "let this program's user read it", e);
  }
}
