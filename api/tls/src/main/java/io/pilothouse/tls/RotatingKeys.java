package io.pilothouse.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Presents what a directory holds at the moment of the handshake. The alias is the generation, so
 * that key and chain of one handshake are of one pair even when the files change in between.
 */
final class RotatingKeys extends X509ExtendedKeyManager {
  private final TlsDirectory directory;

  RotatingKeys(TlsDirectory directory) {
    this.directory = directory;
  }

  private @Nullable String alias(String... keyTypes) {
    long generation = directory.generation();
    String own = directory.of(generation).key().getAlgorithm();
    for (String each : keyTypes) {
      if (each.equals(own)) {
        return Long.toString(generation);
      }
    }
    return null;
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyTypes);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyTypes);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyType);
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return directory.of(Long.parseLong(alias)).chain().toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return directory.of(Long.parseLong(alias)).key();
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return aliases(keyType);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return aliases(keyType);
  }

  private String @Nullable [] aliases(String keyType) {
    @Nullable String alias = alias(keyType);
    return alias == null ? null : new String[] {alias};
  }
}
