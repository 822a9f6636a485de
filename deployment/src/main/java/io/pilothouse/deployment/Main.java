package io.pilothouse.deployment;

import io.micrometer.core.instrument.FunctionCounter;
import io.pilothouse.client.DmClient;
import io.pilothouse.filesync.ByteSize;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Replicator;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import io.pilothouse.kit.HttpPage;
import io.pilothouse.kit.Program;
import io.pilothouse.kit.ProgramException;
import io.pilothouse.kit.ProgramOptions;
import io.pilothouse.kit.Rounds;
import io.pilothouse.manifests.table.Units;
import io.pilothouse.tls.HttpConnections;
import io.pilothouse.tls.Peers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** One replica of the Deployment Service. */
@Command(name = "deployment", description = "Holds manifest contents and serves them to machines.")
public final class Main implements Program.Body {
  private static final Duration STALE = Duration.ofSeconds(30);
  private static final int TRANSFERS_AT_ONCE = 64;
  private static final Duration COLLECT_EVERY = Duration.ofMinutes(10);
  private static final long SCRUB_BYTES_A_SECOND = 20L << 20;

  @Mixin private final ProgramOptions options = new ProgramOptions();

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Where the contents are kept.")
  private Path data = Path.of("");

  @Option(
      names = "--bandwidth",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = "Bytes a second that are sent at most (default: 200MiB).")
  private long bandwidth = 200L << 20;

  @Option(
      names = "--collect-after",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Contents are removed that had no name for so long (default: 24h).")
  private Duration collectAfter = Duration.ofHours(24);

  @Option(
      names = "--keep-free",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = "Room that uploads and copies leave on the disk (default: 256MiB).")
  private long keepFree = 256L << 20;

  /** Reads {@code 24h}. */
  static final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      return Units.parseDuration(value)
          .filter(each -> !each.isZero())
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'%s' is not a time above zero: write for example 90m, 24h or 7d"
                          .formatted(value)));
    }
  }

  /** Reads {@code 200MiB}. */
  static final class SizeConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String value) {
      try {
        return ByteSize.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  public static void main(String[] args) {
    Program.main(new Main(), args);
  }

  @Override
  public void start(Program program) {
    ContentStore store = program.closing(open());
    store.keepFree(keepFree);
    Housekeeping housekeeping = new Housekeeping(store, collectAfter, program.meters());
    ContentHandler handler = new ContentHandler(store, Throttle.of(bandwidth), TRANSFERS_AT_ONCE);
    DmClient client = program.closing(options.client());
    Replicator replicator =
        new Replicator(
            Throttle.of(bandwidth),
            new SplittableRandom(),
            data.resolve("transfers"),
            HttpConnections.to(Peers.CONTENTS, options.tls()));
    ReplicaService service =
        new ReplicaService(
            options.id(),
            options.http().toString(),
            client,
            store,
            replicator,
            Throttle.of(SCRUB_BYTES_A_SECOND),
            housekeeping,
            program.meters());
    Rounds fill =
        program.closing(
            new Rounds("fill", Duration.ofMillis(100), service::fill, program.meters()));
    Rounds report =
        program.closing(
            new Rounds("report", Duration.ofSeconds(2), service::report, program.meters()));
    Rounds scrub =
        program.closing(
            new Rounds("scrub", Duration.ofMinutes(10), service::scrub, program.meters()));
    Rounds collect =
        program.closing(
            new Rounds("collect", collectEvery(), housekeeping::collect, program.meters()));
    service.kicks(report::kick);
    FunctionCounter.builder("pilot.content.missed", handler, ContentHandler::missed)
        .register(program.meters());
    program.meters().gauge("pilot.content.disk.free.bytes", store, ContentStore::free);
    FunctionCounter.builder("pilot.content.served.bytes", handler, ContentHandler::servedBytes)
        .register(program.meters());
    FunctionCounter.builder("pilot.content.shed.requests", handler, ContentHandler::shedRequests)
        .register(program.meters());
    FunctionCounter.builder("pilot.content.damaged", store, ContentStore::damagedFound)
        .register(program.meters());
    HttpPage page = program.closing(options.page(program));
    page.context(ContentHandler.PATH, new UploadsByFew(handler))
        .status(
            () -> {
              Map<String, Object> status = service.status();
              status.put("served_bytes", handler.servedBytes());
              status.put("missed", handler.missed());
              status.put("shed_requests", handler.shedRequests());
              return status;
            })
        .check("fill", () -> fill.problem(STALE))
        .check("report", () -> report.problem(STALE))
        .start();
    fill.start();
    report.start();
    scrub.start();
    collect.start();
  }

  /** Often enough for what was given. */
  private Duration collectEvery() {
    Duration part = collectAfter.dividedBy(4);
    return part.compareTo(COLLECT_EVERY) < 0 ? part : COLLECT_EVERY;
  }

  private ContentStore open() {
    try {
      return new ContentStore(data);
    } catch (IOException e) {
      throw new ProgramException(
          "--data %s cannot be used: %s; give a directory that can be written"
              .formatted(data, e.getMessage()),
          e);
    }
  }
}
