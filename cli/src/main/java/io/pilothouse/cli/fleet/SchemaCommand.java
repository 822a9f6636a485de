package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions.Format;
import io.pilothouse.cli.Json;
import io.pilothouse.manifests.Schemas;
import io.pilothouse.manifests.pattern.Near;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Prints a kind's JSON Schema, for editors. */
@CommandLine.Command(
    name = "schema",
    description = "Prints the JSON Schema (draft-07) of a kind of document, for editors.")
final class SchemaCommand extends Command {

  @Parameters(paramLabel = "KIND", description = "for example MachineType; Fleet is all of them")
  String kind = "";

  @Override
  protected ExitCode run() {
    ObjectNode schema =
        Schemas.kinds().stream()
            .filter(each -> each.toLowerCase(Locale.ROOT).equals(kind.toLowerCase(Locale.ROOT)))
            .findFirst()
            .flatMap(Schemas::of)
            .orElseThrow(
                () ->
                    CliException.usage(
                        "\"%s\" is not a kind%s".formatted(kind, Near.hint(kind, Schemas.kinds())),
                        "use one of " + String.join(", ", Schemas.kinds())));
    if (format() == Format.YAML) {
      System.out.print(Json.yaml(schema));
    } else {
      print(Json.text(schema));
    }
    return ExitCode.DONE;
  }
}
