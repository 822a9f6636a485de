package io.pilothouse.cli.pki;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.pki.Authority;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes certificates back. */
@CommandLine.Command(
    name = "revoke",
    description = {
      "Takes back the certificates of KIND/NAME that have not expired, or the one of a file: writes",
      "the authority's crl.pem, and beside every certificate below it. Copy crl.pem to the --tls",
      "directory of each program elsewhere; it is taken up without a restart."
    })
final class PkiRevoke extends Command {
  @Parameters(
      paramLabel = "KIND/NAME",
      arity = "0..1",
      description = "whose: machine/web-03, operator/alice")
  @Nullable String principal;

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description = "only this one: a cert.pem, also of an earlier one that was lost")
  @Nullable Path certificate;

  @Option(
      names = "--ca",
      paramLabel = "DIR",
      description = "the authority (default: pki in the fleet's directory)")
  @Nullable Path ca;

  @Override
  protected ExitCode run() throws IOException {
    String whose = principal;
    Path file = certificate;
    if ((whose == null) == (file == null)) {
      throw new CliException(
          ExitCode.USAGE,
          "USAGE",
          "give either KIND/NAME or --certificate FILE",
          "for example: pilot pki revoke machine/web-03");
    }
    Authority authority = Authority.open(ca == null ? home().pki() : ca);
    Authority.Revoked revoked =
        whose == null
            ? authority.revoke(file == null ? Path.of("") : file)
            : authority.revoke(authority.name(whose));
    int onMachines = ca == null ? copyToMachines(authority) : 0;
    List<String> serials = revoked.serials().stream().map(each -> each.toString(16)).toList();
    Path list = authority.dir().resolve("crl.pem");
    show(
        () -> {
          ObjectNode node = Json.object().put("list", list.toString());
          Json.strings(node, "revoked", serials);
          return node.put("copies", revoked.copies() + onMachines);
        },
        () ->
            (serials.isEmpty() ? "revoked already" : "revoked: " + String.join(", ", serials))
                + "\n%s is beside %d certificates below it; copy it to the --tls directory of every program elsewhere"
                    .formatted(list, revoked.copies())
                + (onMachines == 0
                    ? ""
                    : "\n%d machines of this fleet have it, too".formatted(onMachines)),
        () -> serials);
    return ExitCode.DONE;
  }

  /** Those of `pilot up` that enrolled have theirs on their own disks, not below the authority. */
  private int copyToMachines(Authority authority) throws IOException {
    List<Path> certificates = home().machinesTls();
    for (Path each : certificates) {
      authority.copyRevocations(each);
    }
    return certificates.size();
  }
}
