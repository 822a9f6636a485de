package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Home;
import io.pilothouse.cli.Json;
import io.pilothouse.pki.EnrolmentFile;
import io.pilothouse.pki.EnrolmentToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Makes a token by which one machine gets its certificate, once. It is made here, and the Device
 * Manager is told its hash alone.
 */
@CommandLine.Command(
    name = "enrol",
    description = {
      "Makes a one-time token by which the machine gets its certificate, and shows it once.",
      "An older one that was not used counts no more."
    })
final class MachineEnrol extends Command {
  private static final Duration USUAL = Duration.ofMinutes(30);

  @Parameters(paramLabel = "MACHINE")
  String machine = "";

  @Option(
      names = "--valid",
      paramLabel = "DURATION",
      converter = Durations.class,
      description = "a minute to a day (default: 30m)")
  Duration valid = USUAL;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "write what the agent takes as --enrolment, instead of showing the token")
  @Nullable Path out;

  @Option(
      names = "--issuer",
      paramLabel = "HOST:PORT",
      split = ",",
      description = "where certificates are issued: --enrol of the provisioning service")
  List<String> issuers = List.of();

  @Override
  protected ExitCode run() throws IOException {
    requireReason("a token that makes somebody this machine");
    Path file = out;
    List<String> servers = issuers.isEmpty() ? home().contextList(Home.ENROL) : issuers;
    if (file != null) {
      checkFile(file, servers);
    }
    EnrolmentToken token = EnrolmentToken.draw(machine);
    ControlMachineRequest request =
        ControlMachineRequest.newBuilder()
            .setMachine(machine)
            .setVerb("enrol")
            .setForMs(valid.toMillis())
            .setTokenSha256(token.sha256())
            .setContext(writeContext())
            .build();
    WriteReply reply = ask("ControlMachine", request, WriteReply.parser());
    if (file != null) {
      EnrolmentFile.of(token, servers, identity().tls().orElseThrow().dir()).write(file);
    }
    show(
        () -> {
          var data =
              Json.object()
                  .put("machine", machine)
                  .put("valid", Durations.text(valid))
                  .put("revision", reply.getRevision());
          return file == null
              ? data.put("token", token.text())
              : data.put("file", file.toAbsolutePath().toString());
        },
        () -> file == null ? shown(token, servers) : written(file),
        () -> List.of(file == null ? token.text() : file.toString()));
    return ExitCode.DONE;
  }

  private void checkFile(Path file, List<String> servers) {
    if (servers.isEmpty()) {
      throw CliException.usage(
          "it is not known where certificates are issued",
          "add --issuer HOST:PORT, as the provisioning service has it in --enrol");
    }
    if (Files.exists(file)) {
      throw CliException.usage(file + " is there already", "remove it, or name another");
    }
    if (identity().tls().isEmpty()) {
      throw CliException.usage(
          "this command has no certificate itself, so it cannot say whom the machine is to believe",
          "add --tls DIR");
    }
  }

  private String shown(EnrolmentToken token, List<String> servers) {
    String server = servers.isEmpty() ? "HOST:PORT" : servers.get(0);
    return String.join(
        "\n",
        "token  " + token.text(),
        "It is shown this once, counts for %s, for one key of machine/%s."
            .formatted(Durations.text(valid), machine),
        "On the machine, with ca.pem of the cluster (or: pilot machine enrol %s --out FILE,"
                .formatted(machine)
            + " for the agent's --enrolment FILE):",
        "  umask 077; read -r TOKEN   # paste it: a command line shows in ps",
        "  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \\",
        "    -subj /CN=machine:%s -out request.pem".formatted(machine),
        "  printf 'Authorization: Bearer %s' \"$TOKEN\" | curl --fail-with-body --cacert ca.pem \\",
        "    -H @- --data-binary @request.pem https://%s/v1/enrol/%s -o cert.pem"
            .formatted(server, machine));
  }

  private String written(Path file) {
    return "wrote %s, a secret for %s: start the agent of %s with --enrolment FILE and --tls DIR"
        .formatted(file, Durations.text(valid), machine);
  }
}
