package io.pilothouse.dm.server;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.inprocess.InProcessSocketAddress;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BiConsumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Who calls. Where a certificate was shown, it decides, and a header that says otherwise is
 * refused; a plain port, which only loopback may reach, believes the header.
 */
final class CallerIdentity {

  static final Metadata.Key<String> PRINCIPAL = key("pilot-principal");

  /**
   * What the HTTP port says of the certificate that it has verified. Believed only from inside of
   * this process: no connection from outside is of that kind, so no caller can forge it.
   */
  static final Metadata.Key<String> VERIFIED = key("pilot-verified-principal");

  private static final String EXPECTED =
      "operator/NAME, machine/NAME, satellite/ID, watchdog/NAME or framework/NAME";

  /** Of a certificate that names none; no principal is called so. */
  static final String NOBODY = "nobody";

  private static final Attributes.Key<Shown> SHOWN = Attributes.Key.create("shown");

  /** A connection's certificate, read once for all of its calls; or what is wrong with it. */
  private record Shown(Optional<String> principal, String problem) {
    static Shown on(SSLSession session, BiConsumer<String, Instant> seen) {
      try {
        String principal = PeerName.of(session).principal();
        if (session.getPeerCertificates()[0] instanceof X509Certificate certificate) {
          seen.accept(principal, certificate.getNotAfter().toInstant());
        }
        return new Shown(Optional.of(principal), "");
      } catch (SSLPeerUnverifiedException e) {
        return new Shown(Optional.empty(), "no certificate was shown");
      } catch (TlsException e) {
        return new Shown(Optional.empty(), String.valueOf(e.getMessage()));
      }
    }
  }

  /**
   * To be added to the port that callers from outside reach.
   *
   * @param seen told whose certificate was shown, and when it ends
   */
  static ServerTransportFilter atConnect(BiConsumer<String, Instant> seen) {
    return new ServerTransportFilter() {
      @Override
      public Attributes transportReady(Attributes transport) {
        @Nullable SSLSession session = transport.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        return session == null
            ? transport
            : transport.toBuilder().set(SHOWN, Shown.on(session, seen)).build();
      }
    };
  }

  private CallerIdentity() {}

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  /**
   * Tells the caller's principal.
   *
   * @throws io.grpc.StatusRuntimeException UNAUTHENTICATED when nobody is named, PERMISSION_DENIED
   *     when the call says that it is somebody else's than the certificate is
   */
  static Principal of(ServerCall<?, ?> call, Metadata headers) {
    return of(certified(call, headers), headers.get(PRINCIPAL));
  }

  /** The same, of what a certificate and a header say. */
  static Principal of(Optional<String> certified, @Nullable String said) {
    if (certified.isEmpty()) {
      return said(said);
    }
    if (said != null && !said.equals(certified.get())) {
      throw Refusals.of(
          Status.Code.PERMISSION_DENIED,
          "the certificate is of %s, and the call says that it is of '%s'"
              .formatted(certified.get(), said),
          "call with the certificate of " + said + ", or as " + certified.get());
    }
    return Principal.parse(certified.get())
        .orElseThrow(
            () ->
                Refusals.of(
                    Status.Code.PERMISSION_DENIED,
                    "the certificate is of %s, whose kind has no calls here"
                        .formatted(certified.get()),
                    "call with a certificate of " + EXPECTED));
  }

  /** Whose certificate was shown at the call's connection; empty when none was. */
  static String shown(ServerCall<?, ?> call) {
    @Nullable Shown shown = call.getAttributes().get(SHOWN);
    return shown == null ? "" : shown.principal().orElse(NOBODY);
  }

  private static Optional<String> certified(ServerCall<?, ?> call, Metadata headers) {
    Attributes transport = call.getAttributes();
    @Nullable Shown shown = transport.get(SHOWN);
    if (shown != null) {
      return Optional.of(
          shown
              .principal()
              .orElseThrow(
                  () ->
                      Refusals.of(
                          Status.Code.UNAUTHENTICATED,
                          shown.problem(),
                          "connect again with a certificate that is valid")));
    }
    return transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InProcessSocketAddress
        ? Optional.ofNullable(headers.get(VERIFIED))
        : Optional.empty();
  }

  private static Principal said(@Nullable String header) {
    return Principal.parse(header)
        .orElseThrow(
            () ->
                Refusals.of(
                    Status.Code.UNAUTHENTICATED,
                    "%s; expected %s"
                        .formatted(
                            header == null
                                ? "the header pilot-principal is missing"
                                : "pilot-principal is '" + header + "'",
                            EXPECTED),
                    "send the header pilot-principal with every call"));
  }
}
