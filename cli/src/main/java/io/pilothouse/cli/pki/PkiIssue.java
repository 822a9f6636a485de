package io.pilothouse.cli.pki;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.manifests.access.Principals;
import io.pilothouse.pki.Authority;
import io.pilothouse.tls.PeerName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Issues a certificate. */
@CommandLine.Command(
    name = "issue",
    description = {
      "Makes a key and a certificate for one program, machine or person: a whole directory for",
      "--tls. Overwrites nothing; `renew` makes a new one of the same name."
    })
final class PkiIssue extends Command {
  private static final List<String> KINDS =
      Stream.concat(Stream.of("dm"), Principals.KINDS.stream()).sorted().toList();

  @Parameters(
      paramLabel = "KIND/NAME",
      description =
          "dm/dm-1, machine/web-03, satellite/repair-1, watchdog/burn-test, operator/alice")
  String principal = "";

  @Option(
      names = "--ca",
      paramLabel = "DIR",
      description = "the authority (default: pki in the fleet's directory)")
  @Nullable Path ca;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "where to (default: KIND/NAME in the authority's directory)")
  @Nullable Path out;

  @Option(names = "--days", paramLabel = "N", description = "valid for (default: 365)")
  int days = 365;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = {
        "a name or address by which curl, Prometheus or a browser reach it; may be given again.",
        "Our own programs do not match host names."
      })
  List<String> hosts = List.of();

  @Override
  protected ExitCode run() throws IOException {
    Authority authority = Authority.open(ca == null ? home().pki() : ca);
    PeerName name = authority.name(principal);
    if (!KINDS.contains(name.kind())) {
      throw CliException.usage(
          "'" + name.kind() + "' is no kind of principal", "use " + String.join(", ", KINDS));
    }
    Path place = (out == null ? authority.place(name) : out).toAbsolutePath().normalize();
    authority.issue(name, Days.of(days), hosts, place);
    show(
        () -> Json.object().put("principal", principal).put("dir", place.toString()),
        () -> "made a certificate of %s for %d days in %s".formatted(name, days, place),
        () -> List.of(place.toString()));
    return ExitCode.DONE;
  }
}
