package io.pilothouse.tls;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The {@code crl.pem} of a TLS directory: what was revoked must not come back. */
public final class RevokedFile {
  private static final String LISTS = "the revocation lists";

  private RevokedFile() {}

  /**
   * The lists of a text, all of them signed by one of the authorities.
   *
   * @param pem empty: none
   * @throws TlsException when they cannot be read, or are of somebody else
   */
  public static List<X509CRL> lists(String pem, List<X509Certificate> authorities) {
    return pem.isEmpty() ? List.of() : lists(pem, anchors(authorities));
  }

  private static List<X509CRL> lists(String pem, Set<TrustAnchor> anchors) {
    List<X509CRL> lists = PemFiles.revocations(LISTS, pem);
    for (X509CRL each : lists) {
      Certificates.requireIssued(each, anchors, LISTS);
    }
    return lists;
  }

  /**
   * For a directory whose authorities will be these. A list of others that is there would make it
   * unusable, so it goes; a newer one than that of the text stays.
   *
   * @param pem empty: nothing is known to be revoked
   * @throws TlsException when it cannot be read, or is of somebody else
   */
  public static void begin(Path dir, String pem, List<X509Certificate> authorities)
      throws IOException {
    Set<TrustAnchor> anchors = anchors(authorities);
    List<X509CRL> known = known(dir, anchors);
    if (!pem.isEmpty()) {
      var unused = take(dir, pem, anchors, known);
    } else if (known.isEmpty()) {
      Files.deleteIfExists(dir.resolve(TlsDirectory.REVOKED));
    }
  }

  private static List<X509CRL> known(Path dir, Set<TrustAnchor> anchors) throws IOException {
    Path file = dir.resolve(TlsDirectory.REVOKED);
    try {
      return Files.exists(file) ? lists(Files.readString(file), anchors) : List.of();
    } catch (TlsException e) {
      return List.of(); // spoiled or foreign: as good as none
    }
  }

  /**
   * Puts newer lists in the place of those that are there.
   *
   * @param known what is there
   * @return whether they were newer
   */
  static boolean take(Path dir, String pem, Set<TrustAnchor> anchors, List<X509CRL> known)
      throws IOException {
    List<X509CRL> lists = lists(pem, anchors);
    if (lists.equals(known) || !known.stream().allMatch(each -> hasNewer(lists, each))) {
      return false;
    }
    Path fresh = dir.resolve("." + TlsDirectory.REVOKED + ".fetched");
    Files.writeString(
        fresh,
        pem,
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE,
        StandardOpenOption.SYNC);
    Files.move(
        fresh,
        dir.resolve(TlsDirectory.REVOKED),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel directory = FileChannel.open(dir)) {
      directory.force(true);
    }
    return true;
  }

  private static boolean hasNewer(List<X509CRL> lists, X509CRL old) {
    return lists.stream()
        .filter(each -> each.getIssuerX500Principal().equals(old.getIssuerX500Principal()))
        .anyMatch(
            each -> !each.getThisUpdate().toInstant().isBefore(old.getThisUpdate().toInstant()));
  }

  static Set<TrustAnchor> anchors(List<X509Certificate> authorities) {
    return authorities.stream()
        .map(each -> new TrustAnchor(each, null))
        .collect(Collectors.toUnmodifiableSet());
  }
}
