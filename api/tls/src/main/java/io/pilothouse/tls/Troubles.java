package io.pilothouse.tls;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLProtocolException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Says in a person's words why a connection between two programs did not come about. */
public final class Troubles {
  private static final int PROBE_MS = 1_000;

  private Troubles() {}

  /** Of a client with TLS; empty when the trouble has nothing to do with it. */
  public static Optional<String> explain(Throwable trouble, TlsDirectory own) {
    String alert = "";
    boolean ours = false;
    for (@Nullable Throwable each = trouble; each != null; each = each.getCause()) {
      String message = String.valueOf(each.getMessage());
      if (each instanceof CertificateException && each.getCause() instanceof TlsException) {
        return Optional.of(message);
      }
      if (message.contains("Unsupported or unrecognized SSL message")
          || message.startsWith("not an SSL/TLS record")) {
        return Optional.of(
            "the port speaks no TLS: start that program with --tls, or leave --tls away here");
      }
      if (each instanceof SocketException && !(each instanceof ConnectException)) {
        // in TLS 1.3 the server judges the client when that believes to be through already: the
        // end of the connection may overtake the reason
        Optional<String> fault = own.fault();
        if (fault.isPresent()) {
          return fault;
        }
        return Optional.of(
            "it ended the connection (%s): it refuses the certificate of %s in %s, or has just stopped; its log or `pilot pki show %s` tells more"
                .formatted(message, own.name(), own.dir(), own.dir()));
      }
      ours |= each instanceof SSLException;
      int at = message.indexOf("fatal alert: ");
      alert = at < 0 ? alert : message.substring(at + "fatal alert: ".length());
    }
    if (ours) {
      Optional<String> fault = own.fault();
      if (fault.isPresent()) {
        return fault;
      }
    }
    if (!alert.isEmpty()) {
      return Optional.of(
          "it refuses the certificate of %s in %s (%s): is it of the same authority and cluster? its log or `pilot pki show %s` tells more"
              .formatted(own.name(), own.dir(), alert, own.dir()));
    }
    return ours ? Optional.of("TLS failed: " + trouble.getMessage()) : Optional.empty();
  }

  /** What a plain client is told whose port speaks TLS. */
  public static final String GIVE_TLS =
      "the port speaks TLS: give --tls DIR, a directory with cert.pem, key.pem and ca.pem";

  /**
   * Whether a port that a plain client got no answer from speaks TLS: asked by a handshake that
   * trusts nobody and so shows nothing.
   */
  public static boolean speaksTls(String host, int port) {
    try (Socket plain = new Socket(Proxy.NO_PROXY)) {
      plain.connect(new InetSocketAddress(host, port), PROBE_MS);
      plain.setSoTimeout(PROBE_MS);
      SSLContext context = SSLContext.getInstance(TlsDirectory.PROTOCOL);
      context.init(null, null, null);
      try (SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true)) {
        socket.startHandshake();
        return true;
      }
    } catch (SSLHandshakeException | SSLProtocolException e) {
      // its certificate is not trusted here, or it wants ours: it has answered in TLS
      return !(e.getCause() instanceof EOFException) && !(e.getCause() instanceof SocketException);
    } catch (IOException | GeneralSecurityException e) {
      return false;
    }
  }
}
