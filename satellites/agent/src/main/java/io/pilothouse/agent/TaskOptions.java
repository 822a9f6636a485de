package io.pilothouse.agent;

import io.pilothouse.tasks.PortRange;
import io.pilothouse.tasks.fetch.FetchLimits;
import io.pilothouse.watchdog.RunAs;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Flags about tasks of frameworks. */
final class TaskOptions {
  @Option(
      names = "--fetch-cache",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = "What is kept of the URIs of frameworks' tasks at most; default 2GiB.")
  long fetchCache = FetchLimits.CACHE;

  @Option(
      names = "--executor-ports",
      paramLabel = "FIRST-LAST",
      converter = Ports.class,
      description =
          "Where frameworks' executors find the agent on this machine: the first of these that is"
              + " free, or any. Default 914-952 where the agent is root, since nobody else can take"
              + " one of those while it is replaced; else any.")
  PortRange executorPorts = RunAs.isRoot() ? PortRange.ROOTS : PortRange.ANY;

  /** Reads the flag. */
  static final class Ports implements ITypeConverter<PortRange> {
    @Override
    public PortRange convert(String text) {
      try {
        return PortRange.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
