package io.pilothouse.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/** Options that every command takes, before or after its name. */
public final class GlobalOptions {

  /** How data is printed. */
  public enum Format {
    TABLE,
    WIDE,
    JSON,
    YAML,
    NAME
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      converter = FormatConverter.class,
      scope = ScopeType.INHERIT,
      description = "table, wide, json, yaml or name (default: table)")
  Format format = Format.TABLE;

  @Option(
      names = "--servers",
      paramLabel = "HOST:PORT,…",
      scope = ScopeType.INHERIT,
      description = "HTTP addresses of the Device Manager (default: PILOT_SERVERS, or the fleet)")
  @Nullable String servers;

  @Option(
      names = "--tls",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = {
        "speak by the certificate there: cert.pem, key.pem, ca.pem (default: PILOT_TLS, or the",
        "fleet's)"
      })
  @Nullable String tls;

  @Option(
      names = "--home",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "the fleet's directory (default: PILOT_HOME, or .pilot)")
  @Nullable String home;

  @Option(
      names = "--no-color",
      scope = ScopeType.INHERIT,
      description = "plain text (also: NO_COLOR)")
  boolean noColor;

  @Option(
      names = {"-q", "--quiet"},
      scope = ScopeType.INHERIT,
      description = "no progress or advice on stderr")
  boolean quiet;

  @Option(
      names = {"-y", "--yes"},
      scope = ScopeType.INHERIT,
      description = "do not ask")
  boolean yes;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      scope = ScopeType.INHERIT,
      description = "why, for the audit trail")
  String reason = "";

  @Option(
      names = "--as",
      paramLabel = "USER",
      scope = ScopeType.INHERIT,
      description = "who acts, for the audit trail (default: the user of this process)")
  @Nullable String user;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = Durations.class,
      scope = ScopeType.INHERIT,
      description = "how long to wait for the answer (default: 10s)")
  java.time.@Nullable Duration timeout;

  /** Reads {@link Format} in lower case. */
  static final class FormatConverter implements ITypeConverter<Format> {
    @Override
    public Format convert(String value) {
      for (Format each : Format.values()) {
        if (each.name().toLowerCase(Locale.ROOT).equals(value)) {
          return each;
        }
      }
      throw new TypeConversionException(
          "\"" + value + "\" is not a format; use table, wide, json, yaml or name");
    }
  }
}
