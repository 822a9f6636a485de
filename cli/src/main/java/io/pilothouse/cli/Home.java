package io.pilothouse.cli;

import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * The directory of one quick-start fleet ({@code PILOT_HOME}). {@code context.properties} in it
 * says where the Device Manager is; a properties file, because every command reads it and start-up
 * time counts.
 */
public record Home(Path dir) {
  /** The context's entry for where the fleet's certificates are; without it the fleet is plain. */
  public static final String PKI = "pki";

  /** The context's entry for where machines come for their certificates. */
  public static final String ENROL = "enrol";

  /** Resolves {@code --home}, {@code PILOT_HOME}, or {@code .pilot} here. */
  static Home resolve(Optional<String> flag, Map<String, String> environment) {
    String dir = flag.orElse(environment.getOrDefault("PILOT_HOME", ".pilot"));
    return new Home(Path.of(dir).toAbsolutePath().normalize());
  }

  public Path contextFile() {
    return dir.resolve("context.properties");
  }

  public Path fleet() {
    return dir.resolve("fleet");
  }

  public Path machines() {
    return dir.resolve("machines");
  }

  public Path machine(String name) {
    return machines().resolve(name);
  }

  /** Where a machine that enrolled has its key and certificate. */
  public Path machineTls(String name) {
    return machine(name).resolve("disk").resolve("tls");
  }

  /** Those that have one, sorted. */
  public List<Path> machinesTls() throws IOException {
    if (!Files.isDirectory(machines())) {
      return List.of();
    }
    try (Stream<Path> list = Files.list(machines())) {
      return list.map(each -> machineTls(String.valueOf(each.getFileName())))
          .filter(each -> Files.exists(each.resolve(TlsDirectory.CERTIFICATE)))
          .sorted()
          .toList();
    }
  }

  public Path run() {
    return dir.resolve("run");
  }

  public Path log() {
    return dir.resolve("log");
  }

  public Path data(String program) {
    return dir.resolve("data").resolve(program);
  }

  /** The fleet's authority and its certificates. */
  public Path pki() {
    return dir.resolve("pki");
  }

  public Path tickets() {
    return dir.resolve("tickets");
  }

  /** The fleet's context, or empty when there is none here. */
  public Optional<Properties> context() {
    if (!Files.isRegularFile(contextFile())) {
      return Optional.empty();
    }
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(contextFile())) {
      properties.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + contextFile(), e);
    }
    return Optional.of(properties);
  }

  /** A comma-separated entry of the context. */
  public List<String> contextList(String key) {
    return context().map(each -> each.getProperty(key, "")).stream()
        .flatMap(each -> List.of(each.split(",")).stream())
        .filter(each -> !each.isBlank())
        .toList();
  }
}
