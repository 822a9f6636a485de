package io.pilothouse.kit;

import io.pilothouse.client.DmClient;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.tls.TlsDirectory;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
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

  @Mixin private final TlsOptions tlsOptions = new TlsOptions();

  private boolean tlsOpened;
  private Optional<TlsDirectory> tls = Optional.empty();

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

  /**
   * This program's certificates; empty when it speaks plain.
   *
   * @throws ProgramException when they cannot be used, or are another's
   */
  public Optional<TlsDirectory> tls() {
    if (!tlsOpened) {
      tls = tlsOptions.open(principal());
      tlsOpened = true;
    }
    return tls;
  }

  private String principal() {
    return "satellite/" + id;
  }

  /** A client that speaks as {@code satellite/ID}. */
  public DmClient client() {
    return new DmClient(servers(), principal(), tls());
  }

  /** The page on {@code --http}, not yet started. */
  public HttpPage page(Program program) {
    return tlsOptions.page(http, tls(), program);
  }
}
