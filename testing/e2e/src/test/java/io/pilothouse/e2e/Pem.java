package io.pilothouse.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Certificates as curl takes them: cert.pem, key.pem and ca.pem. */
final class Pem {
  private Pem() {}

  static SSLContext context(Path dir) {
    try {
      KeyStore own = empty();
      String key = Files.readString(dir.resolve("key.pem")).replaceAll("-----[A-Z ]+-----", "");
      own.setKeyEntry(
          "own",
          KeyFactory.getInstance("EC")
              .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(key))),
          new char[0],
          new Certificate[] {certificate(dir.resolve("cert.pem"))});
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(own, new char[0]);
      KeyStore authorities = empty();
      authorities.setCertificateEntry("ca", certificate(dir.resolve("ca.pem")));
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(authorities);
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new AssertionError("no certificate in " + dir, e);
    }
  }

  private static KeyStore empty() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Certificate certificate(Path file) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }
}
