package io.pilothouse.cli.fleet;

import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.content.SigningKey;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Makes a key to sign with. */
@CommandLine.Command(
    name = "keygen",
    description = {
      "Makes an Ed25519 key pair: the private half in a new file that only you can read, the",
      "public half printed as cluster.yaml takes it."
    })
final class ManifestKeygen extends Command {
  private static final String USUAL = "release";

  @Parameters(paramLabel = "FILE", description = "new file for the private key")
  Path file = Path.of(".");

  @Override
  protected ExitCode run() {
    String key = SigningKey.generate(file);
    say("the private key is in " + file + "; keep it from others");
    String name = name();
    show(
        () -> Json.object().put("name", name).put("public", key).put("file", file.toString()),
        () -> "manifest-keys:\n- {name: %s, public: \"%s\"}".formatted(name, key),
        () -> List.of(key));
    return ExitCode.DONE;
  }

  /** The file's name when it can be a key's. */
  private String name() {
    String called = String.valueOf(file.getFileName()).replaceAll("\\.(pem|key)$", "");
    return called.matches("[a-z0-9][a-z0-9.-]{0,62}") ? called : USUAL;
  }
}
