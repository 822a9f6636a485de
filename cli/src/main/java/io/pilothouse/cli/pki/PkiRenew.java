package io.pilothouse.cli.pki;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.pki.Authority;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Issues certificates of the same names again. */
@CommandLine.Command(
    name = "renew",
    description = {
      "Makes new keys and certificates of the same names; programs take them up without a restart.",
      "Without DIR, of all in the authority's directory that expire soon."
    })
final class PkiRenew extends Command {
  @Parameters(paramLabel = "DIR", arity = "0..*", description = "directories with a cert.pem")
  List<Path> dirs = List.of();

  @Option(
      names = "--ca",
      paramLabel = "DIR",
      description = "the authority (default: pki in the fleet's directory)")
  @Nullable Path ca;

  @Option(names = "--days", paramLabel = "N", description = "valid for (default: 365)")
  int days = 365;

  @Option(
      names = "--within",
      paramLabel = "DAYS",
      description = "without DIR: those that expire within so many days (default: 30)")
  int within = 30;

  @Override
  protected ExitCode run() throws IOException {
    Authority authority = Authority.open(ca == null ? home().pki() : ca);
    Duration validity = Days.of(days);
    List<String> renewed = new ArrayList<>();
    for (Path each : dirs.isEmpty() ? expiring(authority.dir()) : dirs) {
      renewed.add(authority.renew(each.toAbsolutePath().normalize(), validity).principal());
    }
    show(
        () -> {
          ObjectNode node = Json.object();
          Json.strings(node, "renewed", renewed);
          return node;
        },
        () ->
            renewed.isEmpty()
                ? "none expires within " + within + " days"
                : "renewed: " + String.join(", ", renewed),
        () -> renewed);
    return ExitCode.DONE;
  }

  private List<Path> expiring(Path dir) throws IOException {
    List<Path> all = new ArrayList<>();
    for (Path each : CertificateFiles.below(dir)) {
      if (each.endsWith("cert.pem")
          && FleetCertificates.expiresWithin(each, Duration.ofDays(within))) {
        all.add(each.resolveSibling("."));
      }
    }
    return all;
  }
}
