package io.pilothouse.provisioning;

import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.RedeemEnrolmentRequest;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.pki.CertificateRequest;
import io.pilothouse.pki.EnrolmentToken;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.security.cert.X509Certificate;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives machines their certificates: the first one for a token, which the Device Manager lets count
 * once, later ones for the one that they have. Any instance may, with or without the lease: what
 * must happen once is decided in the log.
 */
final class Enrolment {
  private static final Logger log = LoggerFactory.getLogger(Enrolment.class);

  /** What will not be otherwise for the same request a moment later. */
  private static final Set<String> FINAL =
      Set.of("NOT_FOUND", "FAILED_PRECONDITION", "PERMISSION_DENIED", "INVALID_ARGUMENT");

  /** How a request ended, for the one who sent it. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String remedy;

    Refused(int status, String message, String remedy) {
      super(clean(message)); // a stranger chose parts of it
      this.status = status;
      this.remedy = clean(remedy);
    }

    /** Of HTTP; 4xx: the same request will not do better. */
    int status() {
      return status;
    }

    String remedy() {
      return remedy;
    }
  }

  private final Issuer issuer;
  private final ProvisioningDm dm;
  private final EnrolmentLimits limits;
  private final MeterRegistry meters;

  Enrolment(Issuer issuer, ProvisioningDm dm, EnrolmentLimits limits, MeterRegistry meters) {
    this.issuer = issuer;
    this.dm = dm;
    this.limits = limits;
    this.meters = meters;
    // shown from the start: an alert on its rise needs the zero before
    for (String each : new String[] {"issued", "renewed", "refused", "failed"}) {
      count(each, 0);
    }
  }

  /**
   * Looks at a request as far as that costs nobody else anything.
   *
   * @param machine whose certificate is asked for
   * @param tokenText as it came
   * @param requestPem PKCS#10
   */
  NewcomerRequest read(String machine, String tokenText, String requestPem) throws Refused {
    try {
      EnrolmentToken token = EnrolmentToken.parse(tokenText);
      if (!token.machine().equals(machine)) {
        throw new Refused(
            403,
            "the token is of machine %s, and the certificate of %s is asked for"
                .formatted(token.machine(), machine),
            "give this machine its own: pilot machine enrol " + machine);
      }
      CertificateRequest request = CertificateRequest.parse(requestPem);
      request.requireFor(issuer.name(machine)); // before the token is spent on it
      return new NewcomerRequest(token, request);
    } catch (Refused e) {
      throw refused(machine, e);
    } catch (TlsException e) {
      throw refused(machine, new Refused(400, String.valueOf(e.getMessage()), e.remedy()));
    }
  }

  /**
   * A machine without a certificate.
   *
   * @return the certificate, as PEM
   */
  String enrol(NewcomerRequest asked) throws Refused {
    return answered(
        "issued",
        asked.machine(),
        () -> {
          issuer.requireBelieved();
          dm.redeemEnrolment(
              RedeemEnrolmentRequest.newBuilder()
                  .setMachine(asked.machine())
                  .setTokenSha256(asked.token().sha256())
                  .setKeySha256(asked.request().keySha256())
                  .build());
          limits.certificate(asked.machine());
          return issuer.certify(issuer.name(asked.machine()), asked.request());
        });
  }

  /**
   * A machine whose certificate nears its end.
   *
   * @param shown the present one, which a handshake has verified
   */
  String renew(X509Certificate shown, String requestPem) throws Refused {
    PeerName caller = PeerName.of(shown);
    return answered(
        "renewed",
        caller.name(),
        () -> {
          if (!caller.kind().equals("machine")) {
            throw new Refused(
                403,
                "%s is no machine; here only machines' certificates are renewed".formatted(caller),
                "pilot pki renew, where its authority is");
          }
          requireNotRevoked(shown);
          if (!TlsDirectory.isNearItsEnd(shown)) {
            throw new Refused(
                403,
                "the certificate of %s is renewed from %s on, when a third of its time is left"
                    .formatted(caller.name(), TlsDirectory.renewableFrom(shown)),
                "come again then; for another key now: pilot machine enrol " + caller.name());
          }
          PeerName name = issuer.name(caller.name());
          CertificateRequest request = CertificateRequest.parse(requestPem);
          request.requireFor(name);
          limits.certificate(caller.name());
          limits.renewal();
          issuer.requireBelieved();
          Machine machine = dm.machine(caller.name());
          if (machine.getLifecycle() == Lifecycle.DECOMMISSIONED) {
            throw new Refused(
                403,
                caller.name() + " is decommissioned: its certificate is not renewed",
                "name it in machines.csv and apply, when it is to come back");
          }
          return issuer.certify(name, request);
        });
  }

  /** Per request: the session may have begun before it was taken back. */
  private void requireNotRevoked(X509Certificate shown) throws Refused {
    try {
      issuer.requireNotRevoked(shown);
    } catch (TlsException e) {
      throw new Refused(403, String.valueOf(e.getMessage()), e.remedy());
    }
  }

  /** What is revoked, as far as this program knows; PEM. */
  String revocations() throws Refused {
    try {
      return issuer.revocations();
    } catch (NoSuchFileException e) {
      throw new Refused(404, "there is no crl.pem here", "nothing was revoked yet");
    } catch (IOException e) {
      throw new Refused(503, "crl.pem cannot be read: " + e, "let the service's user read it");
    }
  }

  private interface Work {
    String run() throws Refused, IOException;
  }

  private String answered(String outcome, String machine, Work work) throws Refused {
    try {
      String certificate = work.run();
      count(outcome, 1);
      log.info("certificate of machine/{} {}", machine, outcome);
      return certificate;
    } catch (Refused e) {
      throw refused(machine, e);
    } catch (TlsException e) {
      throw refused(machine, new Refused(400, String.valueOf(e.getMessage()), e.remedy()));
    } catch (DmException e) {
      throw FINAL.contains(e.code())
          ? refused(machine, new Refused(403, String.valueOf(e.getMessage()), e.remedy()))
          : failed(machine, e);
    } catch (UnreachableException | IOException e) {
      throw failed(machine, e);
    }
  }

  private Refused refused(String machine, Refused e) {
    count("refused", 1);
    // a stranger chose parts of it: no line of its own in the log
    log.warn("machine/{} gets no certificate: {}", clean(machine), clean(e.getMessage()));
    return e;
  }

  private Refused failed(String machine, Exception e) {
    count("failed", 1);
    log.warn("machine/{} gets no certificate yet: {}", clean(machine), clean(e.getMessage()));
    return new Refused(
        503,
        "no certificate can be given now: " + e.getMessage(),
        "try again; if it stays so, look at the provisioning service and the Device Manager");
  }

  private static String clean(String text) {
    return String.valueOf(text).replaceAll("\\p{Cc}", "?");
  }

  private void count(String outcome, int by) {
    meters.counter("pilot.enrolments", "outcome", outcome).increment(by);
  }
}
