package io.pilothouse.cli.pki;

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

/** Makes an authority. */
@CommandLine.Command(
    name = "init",
    description = {
      "Makes a certificate authority: ca.pem, which every program gets, and ca-key.pem, which stays",
      "here and is as good as the whole cluster. Overwrites nothing."
    })
final class PkiInit extends Command {
  @Parameters(
      paramLabel = "DIR",
      arity = "0..1",
      description = "where (default: pki in the fleet's directory)")
  @Nullable Path dir;

  @Option(
      names = "--cluster",
      paramLabel = "NAME",
      description = "for which cluster it issues (default: the fleet's name)")
  @Nullable String cluster;

  @Option(names = "--days", paramLabel = "N", description = "valid for (default: 3650)")
  int days = 3650;

  @Override
  protected ExitCode run() throws IOException {
    Path place = dir == null ? home().pki() : dir;
    Authority made = Authority.create(place.toAbsolutePath().normalize(), name(), Days.of(days));
    show(
        () -> Json.object().put("cluster", made.cluster()).put("dir", made.dir().toString()),
        () -> "made an authority for cluster %s in %s".formatted(made.cluster(), made.dir()),
        () -> List.of(made.dir().toString()));
    say("keep ca-key.pem: it can speak for everybody; hand out ca.pem");
    return ExitCode.DONE;
  }

  private String name() {
    if (cluster != null) {
      return cluster;
    }
    return home()
        .context()
        .map(each -> each.getProperty("name", ""))
        .filter(each -> !each.isEmpty())
        .orElseThrow(
            () ->
                CliException.usage(
                    "the cluster has no name", "add --cluster NAME, as --cluster of the replicas"));
  }
}
