package io.pilothouse.kit;

import io.pilothouse.client.DmClient;
import io.pilothouse.client.ServerAddress;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The flags of every satellite. Use as a {@code @Mixin}; valid once the program has started. */
public final class ProgramOptions {
  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Option(
      names = "--servers",
      required = true,
      split = ",",
      paramLabel = "HOST:PORT",
      description = "gRPC addresses of the Device Manager's replicas, separated by commas.")
  private List<ServerAddress> servers = List.of();

  @Option(
      names = "--http",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where to serve /metrics, /health and /status.")
  private ServerAddress http = new ServerAddress("127.0.0.1", 0);

  @Option(
      names = "--listen-beyond-loopback",
      description = "Allow --http on an address that others reach; nothing authenticates them yet.")
  private boolean beyondLoopback;

  private String id = "";

  @Option(
      names = "--id",
      required = true,
      paramLabel = "ID",
      description = "Name of this instance, for example repair-1.")
  void setId(String value) {
    if (!value.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
      throw new ParameterException(
          spec.commandLine(),
          "bad --id '%s': expected up to 63 letters, digits, '.', '_' or '-'".formatted(value));
    }
    id = value;
  }

  public String id() {
    return id;
  }

  public ServerAddress http() {
    return http;
  }

  public List<String> servers() {
    return servers.stream().map(ServerAddress::toString).toList();
  }

  /** A client that speaks as {@code satellite/ID}. */
  public DmClient client() {
    return new DmClient(servers(), "satellite/" + id);
  }

  /** The page on {@code --http}, not yet started. */
  public HttpPage page(Program program) {
    return beyondLoopback
        ? HttpPage.beyondLoopback(http, program.meters())
        : HttpPage.onLoopback(http, program.meters());
  }
}
