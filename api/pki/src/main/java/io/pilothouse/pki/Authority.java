package io.pilothouse.pki;

import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A certificate authority in a directory: {@code ca.pem} and {@code ca-key.pem}. The authority's
 * own URI, {@code spiffe://CLUSTER}, says for which cluster it issues.
 */
public final class Authority {
  private static final String KEY = "ca-key.pem";
  private static final int DEPTH = 3; // DIR/KIND/NAME/cert.pem

  private final Path dir;
  private final X509Certificate certificate;
  private final PrivateKey key;
  private final String cluster;

  private Authority(Path dir, X509Certificate certificate, PrivateKey key, String cluster) {
    this.dir = dir;
    this.certificate = certificate;
    this.key = key;
    this.cluster = cluster;
  }

  /** Whether there is one in the directory. */
  public static boolean isIn(Path dir) {
    return Files.exists(dir.resolve(TlsDirectory.AUTHORITIES)) && Files.exists(dir.resolve(KEY));
  }

  /**
   * Makes one.
   *
   * @param cluster it will issue for
   * @throws TlsException when the directory has one already, or the name is no cluster's
   */
  public static Authority create(Path dir, String cluster, Duration validity) throws IOException {
    if (PeerName.parse(cluster, "dm/dm-1").isEmpty()) {
      throw new TlsException(
          "'" + cluster + "' cannot be a cluster's name",
          "use up to 63 of lower-case letters, digits, '.', '_' and '-'");
    }
    for (String each : List.of(TlsDirectory.AUTHORITIES, KEY)) {
      if (Files.exists(dir.resolve(each))) {
        throw new TlsException(
            dir.resolve(each) + " is there already; it is not overwritten",
            "use it as it is, or choose another directory: what its authority has issued is"
                + " worthless without it");
      }
    }
    KeyPair pair = Certifying.keyPair();
    X509Certificate certificate =
        Certifying.authority(pair, "Pilothouse " + cluster, PeerName.SCHEME + cluster, validity);
    SecretDirectory files = SecretDirectory.make(dir);
    files.write(KEY, Certifying.pem(pair.getPrivate()));
    files.write(TlsDirectory.AUTHORITIES, Certifying.pem(List.of(certificate)));
    return new Authority(dir, certificate, pair.getPrivate(), cluster);
  }

  /**
   * Opens the one in a directory.
   *
   * @throws TlsException when there is none, or it cannot be used
   */
  public static Authority open(Path dir) {
    if (!Files.exists(dir.resolve(TlsDirectory.AUTHORITIES))) {
      throw new TlsException(
          "there is no authority in " + dir,
          "make one: `pilot pki init --cluster NAME " + dir + "`");
    }
    X509Certificate certificate =
        PemFiles.certificates(dir.resolve(TlsDirectory.AUTHORITIES)).get(0);
    PrivateKey key =
        PemFiles.privateKey(dir.resolve(KEY), certificate.getPublicKey().getAlgorithm());
    String cluster =
        uri(certificate)
            .filter(each -> each.startsWith(PeerName.SCHEME))
            .map(each -> each.substring(PeerName.SCHEME.length()))
            .orElseThrow(
                () ->
                    new TlsException(
                        dir.resolve(TlsDirectory.AUTHORITIES)
                            + " does not say for which cluster it issues",
                        "use an authority made by `pilot pki init`, or issue by your own's means"));
    return new Authority(dir, certificate, key, cluster);
  }

  private static Optional<String> uri(X509Certificate certificate) {
    try {
      return Optional.ofNullable(certificate.getSubjectAlternativeNames()).stream()
          .flatMap(Collection::stream)
          .filter(each -> each.get(0) instanceof Integer tag && tag == 6)
          .map(each -> String.valueOf(each.get(1)))
          .findFirst();
    } catch (CertificateParsingException e) {
      return Optional.empty();
    }
  }

  public Path dir() {
    return dir;
  }

  /** For which it issues. */
  public String cluster() {
    return cluster;
  }

  /** The certificates that lie below an authority's directory, sorted. */
  public static List<Path> certificatesBelow(Path dir) throws IOException {
    try (Stream<Path> walk = Files.walk(dir, DEPTH)) {
      return walk.filter(each -> each.endsWith(TlsDirectory.CERTIFICATE)).sorted().toList();
    }
  }

  /** Where a principal's files are unless said otherwise: {@code DIR/KIND/NAME}. */
  public Path place(PeerName name) {
    return dir.resolve(name.kind()).resolve(name.name());
  }

  /**
   * The name of a principal of this cluster.
   *
   * @throws TlsException when it is none
   */
  public PeerName name(String principal) {
    return PeerName.parse(cluster, principal)
        .orElseThrow(
            () ->
                new TlsException(
                    "'" + principal + "' is no principal",
                    "use KIND/NAME, for example machine/web-03"));
  }

  /**
   * Makes a key and a certificate and writes a whole TLS directory.
   *
   * @param hosts names and addresses that tools which match host names (curl, Prometheus, a
   *     browser) may use; our own programs do not ask for them
   * @throws TlsException when the directory has a certificate already
   */
  public void issue(PeerName name, Duration validity, List<String> hosts, Path out)
      throws IOException {
    if (Files.exists(out.resolve(TlsDirectory.CERTIFICATE))) {
      throw new TlsException(
          out.resolve(TlsDirectory.CERTIFICATE) + " is there already; it is not overwritten",
          "`pilot pki renew " + out + "` makes a new one of the same name");
    }
    write(name, validity, hosts, out);
  }

  /**
   * A certificate for a key that somebody else has and keeps.
   *
   * @return the certificate, as PEM
   */
  public String certify(PeerName name, PublicKey theirs, Duration validity, List<String> hosts)
      throws IOException {
    X509Certificate issued = certificate(name, theirs, validity, hosts);
    return Certifying.pem(List.of(issued));
  }

  /** The same name again, with a new key; programs take it up without a restart. */
  public PeerName renew(Path out, Duration validity) throws IOException {
    X509Certificate old = PemFiles.certificates(out.resolve(TlsDirectory.CERTIFICATE)).get(0);
    PeerName name = PeerName.of(old);
    if (!name.cluster().equals(Optional.of(cluster))) {
      throw new TlsException(
          "%s is of %s; the authority in %s issues for cluster %s"
              .formatted(out.resolve(TlsDirectory.CERTIFICATE), name, dir, cluster),
          "give the directory of its authority: --ca DIR");
    }
    requireOurs(old, out.resolve(TlsDirectory.CERTIFICATE));
    write(name, validity, Certifying.hosts(old), out);
    return name;
  }

  /**
   * What was taken back.
   *
   * @param serials of the certificates
   * @param copies directories below the authority that have the new list
   */
  public record Revoked(List<BigInteger> serials, int copies) {}

  /**
   * Takes back every certificate of a principal that has not expired: whoever has one is let in
   * nowhere that has the new {@code crl.pem}.
   *
   * @throws TlsException when none is known
   */
  public Revoked revoke(PeerName name) throws IOException {
    Set<BigInteger> serials = new LinkedHashSet<>();
    for (IssuedRegister.Issued each : IssuedRegister.of(dir).all()) {
      if (each.principal().equals(name.principal()) && each.notAfter().isAfter(Instant.now())) {
        serials.add(each.serial());
      }
    }
    Path usual = place(name).resolve(TlsDirectory.CERTIFICATE);
    if (Files.exists(usual)) {
      X509Certificate there = PemFiles.certificates(usual).get(0);
      requireOurs(there, usual);
      serials.add(there.getSerialNumber());
    }
    return revoke(
        serials, "of " + name.principal() + " no certificate is known here that has not expired");
  }

  /** Takes back this one certificate. */
  public Revoked revoke(Path file) throws IOException {
    X509Certificate one = PemFiles.certificates(file).get(0);
    requireOurs(one, file);
    return revoke(Set.of(one.getSerialNumber()), "");
  }

  private Revoked revoke(Set<BigInteger> serials, String none) throws IOException {
    if (serials.isEmpty()) {
      throw new TlsException(
          none, "look: `pilot pki show " + dir + "`; or give the file: --certificate FILE");
    }
    return Exclusive.in(
        dir,
        () -> {
          RevocationList list = RevocationList.in(dir);
          List<BigInteger> added = serials.stream().filter(list::add).toList();
          list.write(certificate, key);
          return new Revoked(added, list.copyBelow());
        });
  }

  /** Whether those who believe these believe what is issued here. */
  public boolean isAmong(List<X509Certificate> believed) {
    return believed.stream()
        .anyMatch(
            each ->
                each.getSubjectX500Principal().equals(certificate.getSubjectX500Principal())
                    && each.getPublicKey().equals(certificate.getPublicKey()));
  }

  /**
   * Refuses a certificate that was taken back here, however far the list has come.
   *
   * @throws TlsException also when the list cannot be read
   */
  public void requireNotRevoked(X509Certificate shown, String what) {
    if (RevocationList.in(dir).has(shown.getSerialNumber())) {
      throw new TlsException(
          "%s (serial %s) was revoked".formatted(what, shown.getSerialNumber().toString(16)),
          "give its owner a new one, when it is to have one");
    }
  }

  /** Puts the list of what was taken back, if there is one, beside a certificate. */
  public void copyRevocations(Path tlsDirectory) throws IOException {
    Exclusive.in(dir, () -> RevocationList.copy(dir, tlsDirectory));
  }

  /** Whoever may write the directory must not choose the name. */
  private void requireOurs(X509Certificate old, Path file) {
    try {
      old.verify(certificate.getPublicKey());
    } catch (GeneralSecurityException e) {
      throw new TlsException(
          "%s was not issued by the authority in %s".formatted(file, dir),
          "give the directory of its authority: --ca DIR, or issue a certificate anew",
          e);
    }
  }

  private void write(PeerName name, Duration validity, List<String> hosts, Path out)
      throws IOException {
    KeyPair pair = Certifying.keyPair();
    X509Certificate issued = certificate(name, pair.getPublic(), validity, hosts);
    SecretDirectory files = SecretDirectory.make(out);
    Exclusive.in(dir, () -> RevocationList.copy(dir, out));
    // the certificate last: until then a program finds that the pair does not fit and waits
    files.write(TlsDirectory.AUTHORITIES, Certifying.pem(List.of(certificate)));
    files.write(TlsDirectory.KEY, Certifying.pem(pair.getPrivate()));
    files.write(TlsDirectory.CERTIFICATE, Certifying.pem(List.of(issued)));
  }

  /** Written down before anybody has it. */
  private X509Certificate certificate(
      PeerName name, PublicKey certified, Duration validity, List<String> hosts)
      throws IOException {
    X509Certificate issued;
    try {
      issued = Certifying.program(certified, name, hosts, validity, certificate, key);
    } catch (GeneralSecurityException e) {
      throw new TlsException(
          "the authority in " + dir + " cannot issue: " + e.getMessage(), "make another", e);
    }
    IssuedRegister.of(dir).add(issued, name);
    return issued;
  }
}
