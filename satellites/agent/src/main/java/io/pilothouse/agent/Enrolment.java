package io.pilothouse.agent;

import io.pilothouse.client.Backoff;
import io.pilothouse.kit.ProgramException;
import io.pilothouse.pki.EnrolmentFile;
import io.pilothouse.pki.PendingKey;
import io.pilothouse.tls.HttpConnections;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How this machine gets its certificate: it makes a key, which never leaves it, and shows the token
 * that came with its provisioning; later it shows the certificate that it has.
 *
 * @param tls the directory that will have key and certificate
 * @param file where the firmware, or a person, puts the token
 */
record Enrolment(String machine, Path tls, Path file) {
  private static final Logger log = LoggerFactory.getLogger(Enrolment.class);
  private static final Duration SOON = Duration.ofMillis(500);
  private static final Duration LATE = Duration.ofSeconds(30);

  /** For whom has a certificate from before, it is better to go on with that than to wait. */
  private static final int TRIES_WITH_ANOTHER = 5;

  /** Where certificates are to be had, for the time when the token's file is gone. */
  private static final String ISSUERS = "issuers";

  /** Returns when there is nothing more to be had: a certificate was, or no token is there. */
  void await() {
    Backoff pause = new Backoff(SOON, LATE);
    for (int tries = 1; ; tries++) {
      try {
        PendingKey.finish(tls);
        if (!Files.exists(file)) {
          return;
        }
        EnrolmentFile given = EnrolmentFile.read(file);
        if (PendingKey.isUsed(tls, given.token())) {
          remove();
          return;
        }
        enrol(given);
        return;
      } catch (CertificateCall.RefusedException | TlsException e) {
        log.warn("the token in {} gives no certificate: {}", file, said(e));
        if (hasAnother()) {
          return;
        }
      } catch (IOException e) {
        log.warn("no certificate yet, will try again: {}", said(e));
        if (tries >= TRIES_WITH_ANOTHER && hasAnother()) {
          return;
        }
      }
      try {
        Thread.sleep(pause.next());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ProgramException("stopped while it waited for its certificate", e);
      }
    }
  }

  private static String said(Exception e) {
    return e instanceof TlsException tls ? tls.line() : String.valueOf(e.getMessage());
  }

  private boolean hasAnother() {
    try {
      boolean ours = TlsDirectory.open(tls).name().principal().equals(principal());
      if (ours) {
        log.info("going on with the certificate in {}", tls);
      }
      return ours;
    } catch (TlsException e) {
      return false;
    }
  }

  private String principal() {
    return "machine/" + machine;
  }

  /** It is used up; where it cannot be removed (media that are read only), that is known. */
  private void remove() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      log.warn("the used token in {} cannot be removed, it is not shown again: {}", file, e);
    }
  }

  private void enrol(EnrolmentFile given) throws IOException, CertificateCall.RefusedException {
    if (!given.token().machine().equals(machine)) {
      throw new TlsException(
          "%s holds the token of machine %s; this is %s"
              .formatted(file, given.token().machine(), machine),
          "give each machine its own: pilot machine enrol " + machine);
    }
    PendingKey key = PendingKey.of(tls, principal());
    Files.writeString(tls.resolve(ISSUERS), String.join(",", given.servers()) + "\n");
    String certificate =
        CertificateCall.post(
            HttpConnections.ofNewcomer(
                new PeerName(Optional.empty(), "machine", machine),
                Peers.SATELLITE,
                given.certificates(),
                given.lists()),
            given.servers(),
            "/v1/enrol/" + machine,
            Map.of("Authorization", "Bearer " + given.token().text()),
            key.request());
    key.complete(certificate, given);
    remove();
    log.info("{} has got its certificate", principal());
  }

  /** Keeps certificate and revocation lists fresh; a round. */
  void refresh(TlsDirectory own) throws IOException {
    Path issuers = tls.resolve(ISSUERS);
    if (!Files.exists(issuers)) {
      return; // whoever has given the certificate gives the next one, too
    }
    List<String> servers = List.of(Files.readString(issuers).strip().split(","));
    if (own.isNearItsEnd()) {
      renew(own, servers);
    }
    takeRevocations(own, servers);
  }

  private static void takeRevocations(TlsDirectory own, List<String> servers) throws IOException {
    try {
      String lists =
          CertificateCall.get(
              HttpConnections.to(Peers.SATELLITE, Optional.of(own)), servers, "/v1/crl.pem");
      if (own.takeRevocations(lists)) {
        log.info("took a newer list of revoked certificates");
      }
    } catch (CertificateCall.RefusedException e) {
      log.debug("no list of revoked certificates: {}", e.getMessage());
    } catch (IOException | TlsException e) {
      log.warn("no news of revoked certificates: {}", said(e));
    }
  }

  /** Asks for a new certificate. */
  private void renew(TlsDirectory own, List<String> servers) throws IOException {
    PendingKey key = PendingKey.of(tls, principal());
    try {
      String certificate =
          CertificateCall.post(
              HttpConnections.to(Peers.SATELLITE, Optional.of(own)),
              servers,
              "/v1/renew",
              Map.of(),
              key.request());
      key.complete(certificate);
      log.info("{} has got its next certificate", principal());
    } catch (IOException | CertificateCall.RefusedException | TlsException e) {
      log.warn(
          "the certificate, which ends at {}, is not renewed yet: {}", own.notAfter(), said(e));
    }
  }
}
