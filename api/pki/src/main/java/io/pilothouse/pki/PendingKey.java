package io.pilothouse.pki;

import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.RevokedFile;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;

/**
 * A key that waits for its certificate in the TLS directory that both will be of. It is on the disk
 * before anybody is asked, so that who asks again after a crash asks for the same key; and key and
 * certificate take their places by two renames that a crash in between does not spoil.
 */
public final class PendingKey {
  private static final String KEY = ".pending-key.pem";
  private static final String REQUEST = ".pending-request.pem";
  private static final String CERTIFICATE = ".pending-cert.pem";
  private static final String TOKEN = ".pending-token";

  /** SHA-256 of the token that the certificate was got with. */
  private static final String USED = "used-token";

  private final Path dir;
  private final String principal;
  private final String request;

  private PendingKey(Path dir, String principal, String request) {
    this.dir = dir;
    this.principal = principal;
    this.request = request;
  }

  /** The one that waits already, or a new one. */
  public static PendingKey of(Path dir, String principal) throws IOException {
    finish(dir);
    Path request = dir.resolve(REQUEST);
    if (Files.exists(request) && Files.exists(dir.resolve(KEY))) {
      return new PendingKey(dir, principal, Files.readString(request));
    }
    KeyPair pair = Certifying.keyPair();
    PendingKey fresh = new PendingKey(dir, principal, Certifying.request(pair, principal));
    SecretDirectory files = SecretDirectory.make(dir);
    files.write(KEY, Certifying.pem(pair.getPrivate()));
    files.write(REQUEST, fresh.request); // last: with it there is one that waits
    return fresh;
  }

  /** What to have signed: PKCS#10, as PEM. */
  public String request() {
    return request;
  }

  /** Throws it away, so that the next one is another. */
  public void drop() throws IOException {
    Files.deleteIfExists(dir.resolve(REQUEST));
    Files.deleteIfExists(dir.resolve(KEY));
  }

  /**
   * Puts key and the next certificate into use, where whom to believe is known already.
   *
   * @param chain the certificate, then its chain, as PEM
   * @throws TlsException when it is not the certificate of this key and principal, or others would
   *     not believe it; nothing was changed then
   */
  public void complete(String chain) throws IOException {
    requireUsable(chain, PemFiles.certificates(dir.resolve(TlsDirectory.AUTHORITIES)));
    Files.deleteIfExists(dir.resolve(TOKEN)); // of a token whose certificate was not usable
    put(chain);
  }

  /**
   * Puts key and first certificate into use, and whom to believe.
   *
   * @param chain the certificate, then its chain, as PEM
   * @param given with what the certificate was got
   * @throws TlsException as {@link #complete(String)}
   */
  public void complete(String chain, EnrolmentFile given) throws IOException {
    requireUsable(chain, given.certificates());
    SecretDirectory files = SecretDirectory.make(dir);
    files.write(TlsDirectory.AUTHORITIES, given.authorities());
    RevokedFile.begin(dir, given.revocations(), given.certificates());
    files.write(TOKEN, given.token().sha256() + "\n");
    put(chain);
  }

  private void put(String chain) throws IOException {
    new SecretDirectory(dir).write(CERTIFICATE, chain); // from here on finish() ends it
    finish(dir);
  }

  private void requireUsable(String chain, List<X509Certificate> authorities) {
    List<X509Certificate> certificates = PemFiles.certificates("the issued certificate", chain);
    X509Certificate issued = certificates.get(0);
    PeerName name = PeerName.of(issued);
    if (!name.principal().equals(principal)) {
      throw new TlsException(
          "the issued certificate is of %s; asked was for %s".formatted(name, principal),
          "look whether the issuer's address is the right one");
    }
    byte[] ours = CertificateRequest.parse(request).key().getEncoded();
    if (!Arrays.equals(ours, issued.getPublicKey().getEncoded())) {
      throw new TlsException(
          "the issued certificate of %s is for another key".formatted(name),
          "try again; if it stays so, the issuer is at fault");
    }
    TlsDirectory.requireUsable(certificates, authorities, "the issued certificate");
  }

  /** Whether the directory's certificate was got with this token: it is not to be shown again. */
  public static boolean isUsed(Path dir, EnrolmentToken token) throws IOException {
    Path used = dir.resolve(USED);
    return Files.exists(used) && Files.readString(used).strip().equals(token.sha256());
  }

  /** Ends what a crash has interrupted. */
  public static void finish(Path dir) throws IOException {
    Path certificate = dir.resolve(CERTIFICATE);
    if (!Files.exists(certificate)) {
      return;
    }
    moveIfThere(dir.resolve(TOKEN), dir.resolve(USED));
    moveIfThere(dir.resolve(KEY), dir.resolve(TlsDirectory.KEY));
    Files.deleteIfExists(dir.resolve(REQUEST));
    SecretDirectory files = new SecretDirectory(dir);
    files.sync(); // before there is nothing left that would bring it to its end
    moveIfThere(certificate, dir.resolve(TlsDirectory.CERTIFICATE));
    files.sync();
  }

  private static void moveIfThere(Path from, Path to) throws IOException {
    if (Files.exists(from)) {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
