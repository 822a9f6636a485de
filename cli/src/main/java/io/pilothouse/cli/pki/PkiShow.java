package io.pilothouse.cli.pki;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Table;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Tells whose certificates are where, and until when. */
@CommandLine.Command(
    name = "show",
    description = {
      "Whose certificates these are and for how long: of a PEM file, of a directory for --tls, or",
      "all below an authority's directory. Made by whatever authority."
    })
final class PkiShow extends Command {
  @Parameters(
      paramLabel = "DIR|FILE",
      arity = "0..1",
      description = "where (default: pki in the fleet's directory)")
  @Nullable Path given;

  /** A certificate and where it was found. */
  private record Found(Path file, X509Certificate certificate, boolean revoked) {
    static Found of(Path file, X509Certificate certificate) {
      Path list = file.resolveSibling(TlsDirectory.REVOKED);
      boolean revoked =
          Files.exists(list)
              && PemFiles.revocations(list).stream()
                  .anyMatch(each -> each.getRevokedCertificate(certificate) != null);
      return new Found(file, certificate, revoked);
    }

    String principal() {
      try {
        return PeerName.of(certificate).principal();
      } catch (TlsException e) {
        return certificate.getBasicConstraints() >= 0 ? "(authority)" : "(nobody)";
      }
    }

    String cluster() {
      try {
        return PeerName.of(certificate).cluster().orElse("");
      } catch (TlsException e) {
        return "";
      }
    }

    Instant from() {
      return certificate.getNotBefore().toInstant().truncatedTo(ChronoUnit.SECONDS);
    }

    Instant until() {
      return certificate.getNotAfter().toInstant().truncatedTo(ChronoUnit.SECONDS);
    }

    long daysLeft() {
      return Duration.between(Instant.now(), until()).toDays();
    }

    String left() {
      if (revoked) {
        return "REVOKED";
      }
      return Instant.now().isAfter(until()) ? "EXPIRED" : daysLeft() + " days";
    }
  }

  @Override
  protected ExitCode run() throws IOException {
    Path place = given == null ? home().pki() : given;
    List<Found> found = new ArrayList<>();
    for (Path file : files(place)) {
      PemFiles.certificates(file).forEach(each -> found.add(Found.of(file, each)));
    }
    show(
        () -> data(found), () -> table(found), () -> found.stream().map(Found::principal).toList());
    return ExitCode.DONE;
  }

  private static List<Path> files(Path place) throws IOException {
    List<Path> files = Files.isDirectory(place) ? CertificateFiles.below(place) : List.of(place);
    if (files.isEmpty()) {
      throw new CliException(
          ExitCode.FAILED,
          "NOT_FOUND",
          place + " holds neither cert.pem nor ca.pem",
          "name a PEM file, or a directory that `pilot pki` has made");
    }
    return files;
  }

  private static ObjectNode data(List<Found> found) {
    ObjectNode root = Json.object();
    ArrayNode items = root.putArray("items");
    for (Found each : found) {
      items
          .addObject()
          .put("principal", each.principal())
          .put("cluster", each.cluster())
          .put("serial", each.certificate().getSerialNumber().toString(16))
          .put("not_before", each.from().toString())
          .put("not_after", each.until().toString())
          .put("days_left", each.daysLeft())
          .put("revoked", each.revoked())
          .put("issuer", each.certificate().getIssuerX500Principal().toString())
          .put("file", each.file().toString());
    }
    return root;
  }

  private static String table(List<Found> found) {
    Table table = new Table("PRINCIPAL", "CLUSTER", "SERIAL", "FROM", "UNTIL", "LEFT", "FILE");
    for (Found each : found) {
      table.row(
          each.principal(),
          each.cluster(),
          each.certificate().getSerialNumber().toString(16),
          each.from(),
          each.until(),
          each.left(),
          each.file());
    }
    return table.toString();
  }
}
