package io.pilothouse.pki;

import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.Arrays;

/**
 * A key that waits for its certificate in the TLS directory that both will be of. It is on the disk
 * before anybody is asked, so that who asks again after a crash asks for the same key; and key and
 * certificate take their places by two renames that a crash in between does not spoil.
 */
public final class PendingKey {
  private static final String KEY = ".pending-key.pem";
  private static final String REQUEST = ".pending-request.pem";
  private static final String CERTIFICATE = ".pending-cert.pem";

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
   * Puts key and certificate into use.
   *
   * @param chain the certificate, then its chain, as PEM
   * @param authorities whom to believe from now on, as PEM; empty: those that are there
   * @throws TlsException when it is not the certificate of this key and principal
   */
  public void complete(String chain, String authorities) throws IOException {
    X509Certificate issued = PemFiles.certificates("the issued certificate", chain).get(0);
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
    SecretDirectory files = SecretDirectory.make(dir);
    if (!authorities.isEmpty()) {
      files.write(TlsDirectory.AUTHORITIES, authorities);
    }
    files.write(CERTIFICATE, chain); // from here on finish() brings it to its end
    finish(dir);
  }

  /** Ends what a crash has interrupted. */
  public static void finish(Path dir) throws IOException {
    Path certificate = dir.resolve(CERTIFICATE);
    if (!Files.exists(certificate)) {
      return;
    }
    Path key = dir.resolve(KEY);
    if (Files.exists(key)) {
      move(key, dir.resolve(TlsDirectory.KEY));
    }
    Files.deleteIfExists(dir.resolve(REQUEST));
    move(certificate, dir.resolve(TlsDirectory.CERTIFICATE));
  }

  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
