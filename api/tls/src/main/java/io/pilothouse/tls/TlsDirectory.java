package io.pilothouse.tls;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * A program's own certificate, its key and the authorities that it trusts, from one directory. They
 * are looked at for every handshake: what was written there since is used for the next connection;
 * while it cannot be used, the earlier stay in use and the log says why. Safe for use by many
 * threads.
 */
public final class TlsDirectory {
  /** The certificate, then its chain. */
  public static final String CERTIFICATE = "cert.pem";

  /** PKCS#8, of its owner only. */
  public static final String KEY = "key.pem";

  /** Who may have issued the other side's. */
  public static final String AUTHORITIES = "ca.pem";

  /** Certificates that their authorities have taken back; may be missing. */
  public static final String REVOKED = "crl.pem";

  /** Older peers than these are not ours. */
  public static final String PROTOCOL = "TLSv1.3";

  /** How long a client may go on with a session before its certificate is looked at again. */
  public static final int SESSION_SECONDS = 600;

  private static final int REMEMBERED = 4;

  /** Of a moment: what tells that a file is another one now. */
  private record Stamp(List<Object> parts) {}

  /** What is in use, and the stamp of the files that were looked at last. */
  private record InUse(long generation, Credentials credentials, Stamp looked) {}

  private final Path dir;
  private final Map<Long, Credentials> generations = new ConcurrentHashMap<>();
  private volatile InUse inUse;

  private TlsDirectory(Path dir, InUse first) {
    this.dir = dir;
    this.inUse = first;
    generations.put(first.generation(), first.credentials());
  }

  /**
   * Opens a directory with {@code cert.pem} (the certificate, then its chain), {@code key.pem}
   * (PKCS#8, readable by its owner only), {@code ca.pem} (one or more authorities) and maybe {@code
   * crl.pem} (their revocation lists, RFC 5280).
   *
   * @throws TlsException which file, what is wrong, what to do
   */
  public static TlsDirectory open(Path dir) {
    Path absolute = dir.toAbsolutePath().normalize();
    Stamp stamp = stamp(absolute);
    return new TlsDirectory(absolute, new InUse(1, Credentials.read(absolute), stamp));
  }

  /**
   * As {@link #open}, for a command that makes one call: that the files fit together is proven by
   * the call's handshake; when it fails, {@link Troubles} looks what was wrong. The proof
   * beforehand would be half of a cold JVM's arithmetic.
   *
   * @throws TlsException which file, what is wrong, what to do
   */
  public static TlsDirectory openForOneCall(Path dir) {
    Path absolute = dir.toAbsolutePath().normalize();
    Stamp stamp = stamp(absolute);
    return new TlsDirectory(absolute, new InUse(1, Credentials.readUnproven(absolute), stamp));
  }

  /** What is wrong with the files themselves; empty when they fit together. */
  Optional<String> fault() {
    try {
      Credentials.read(dir);
      return Optional.empty();
    } catch (TlsException e) {
      return Optional.of(e.line());
    }
  }

  public Path dir() {
    return dir;
  }

  /** Whom this program's certificate speaks for. */
  public PeerName name() {
    return current().name();
  }

  /** When this program's certificate expires. */
  public Instant notAfter() {
    return current().own().getNotAfter().toInstant();
  }

  /** Whether less than a third of its certificate's time is left: time to renew it. */
  public boolean isNearItsEnd() {
    return isNearItsEnd(current().own());
  }

  /** Whether less than a third of a certificate's time is left. */
  public static boolean isNearItsEnd(X509Certificate certificate) {
    return Instant.now().isAfter(renewableFrom(certificate));
  }

  /** When a third of its time is left. */
  public static Instant renewableFrom(X509Certificate certificate) {
    Instant until = certificate.getNotAfter().toInstant();
    Duration whole = Duration.between(certificate.getNotBefore().toInstant(), until);
    return until.minus(whole.dividedBy(3));
  }

  /**
   * Puts newer lists of what was taken back in the place of those that are there. Older ones, and
   * ones that lack an authority's, change nothing: what was revoked must not come back.
   *
   * @param pem one or more lists
   * @return whether they were newer
   * @throws TlsException when they cannot be read, or are not of an authority that is trusted here
   */
  public boolean takeRevocations(String pem) throws IOException {
    Credentials own = current();
    return RevokedFile.take(dir, pem, own.anchors(), own.revocations());
  }

  /**
   * Refuses a certificate that was taken back, by the list that is there now: a session that is
   * resumed was judged by an earlier one.
   */
  public void requireNotRevoked(X509Certificate certificate, String what) {
    Certificates.requireNotRevoked(
        new X509Certificate[] {certificate}, current().revocations(), what);
  }

  /**
   * Refuses what a directory could not be opened with: one that is not valid now, is of none of the
   * authorities, or is not for both sides of a connection.
   *
   * @param chain the certificate, then those between it and its authority
   */
  public static void requireUsable(
      List<X509Certificate> chain, List<X509Certificate> authorities, String what) {
    Certificates.requireValidNow(chain.get(0), what);
    Certificates.requireUse(chain.get(0), true, what);
    Certificates.requireUse(chain.get(0), false, what);
    Certificates.requireIssued(
        chain.toArray(X509Certificate[]::new), RevokedFile.anchors(authorities), what);
  }

  /** Presents this program's certificate, on either side. */
  public X509ExtendedKeyManager keyManager() {
    return new RotatingKeys(this);
  }

  /** Lets nobody in but these, of this program's cluster. */
  public X509ExtendedTrustManager trustManager(Peers peers) {
    return new PeerTrust(() -> current().trust(), requireNonNull(peers, "peers"));
  }

  /** For sockets that listen; they must also require the client's certificate. */
  public SSLContext server() {
    return context(Peers.ANY);
  }

  /** For connections to these. */
  public SSLContext client(Peers peers) {
    return context(peers);
  }

  private SSLContext context(Peers peers) {
    try {
      SSLContext context = SSLContext.getInstance(PROTOCOL);
      context.init(new KeyManager[] {keyManager()}, new TrustManager[] {trustManager(peers)}, null);
      context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
      context.getClientSessionContext().setSessionTimeout(SESSION_SECONDS);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + PROTOCOL, e);
    }
  }

  Credentials current() {
    return generations.getOrDefault(generation(), inUse.credentials());
  }

  /** Of what is in use now; a handshake asks for key and chain one after the other by it. */
  long generation() {
    InUse now = inUse;
    return stamp(dir).equals(now.looked()) ? now.generation() : reread().generation();
  }

  /** The credentials of a generation, as long as a handshake may take. */
  Credentials of(long generation) {
    Credentials remembered = generations.get(generation);
    return remembered == null ? inUse.credentials() : remembered;
  }

  private synchronized InUse reread() {
    Stamp stamp = stamp(dir);
    InUse before = inUse;
    if (stamp.equals(before.looked())) {
      return before;
    }
    InUse now;
    try {
      Credentials fresh = Credentials.read(dir);
      now = new InUse(before.generation() + 1, fresh, stamp);
      Log.LOG.info(
          "Certificate of {} in {} taken up, valid until {}",
          fresh.name(),
          dir,
          fresh.own().getNotAfter().toInstant());
    } catch (TlsException e) {
      Log.LOG.warn(
          "{}; the certificate of {} that was there before stays in use until {}",
          e.line(),
          before.credentials().name(),
          before.credentials().own().getNotAfter().toInstant());
      now = new InUse(before.generation(), before.credentials(), stamp);
    }
    generations.put(now.generation(), now.credentials());
    generations.remove(now.generation() - REMEMBERED);
    inUse = now;
    return now;
  }

  /** A file that is not there has a stamp, too. */
  private static Stamp stamp(Path dir) {
    List<Object> parts = new ArrayList<>();
    for (String each : List.of(CERTIFICATE, KEY, AUTHORITIES, REVOKED)) {
      try {
        BasicFileAttributes file =
            Files.readAttributes(dir.resolve(each), BasicFileAttributes.class);
        parts.add(file.lastModifiedTime());
        parts.add(file.size());
        parts.add(String.valueOf(file.fileKey()));
      } catch (IOException e) {
        parts.add(e.getClass().getName());
      }
    }
    return new Stamp(List.copyOf(parts));
  }

  /** Apart, so that a command line that has nothing to say does not load it. */
  static final class Log {
    static final org.slf4j.Logger LOG = org.slf4j.LoggerFactory.getLogger(TlsDirectory.class);
  }
}
