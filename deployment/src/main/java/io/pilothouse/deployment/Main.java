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
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
    ContentHandler handler = new ContentHandler(store, Throttle.of(bandwidth), TRANSFERS_AT_ONCE);
    DmClient client = program.closing(options.client());
    Replicator replicator =
        new Replicator(Throttle.of(bandwidth), new SplittableRandom(), data.resolve("transfers"));
    ReplicaService service =
        new ReplicaService(
            options.id(),
            options.http().toString(),
            client,
            store,
            replicator,
            Throttle.of(SCRUB_BYTES_A_SECOND),
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
    service.kicks(report::kick);
    FunctionCounter.builder("pilot.content.served.bytes", handler, ContentHandler::servedBytes)
        .register(program.meters());
    FunctionCounter.builder("pilot.content.shed.requests", handler, ContentHandler::shedRequests)
        .register(program.meters());
    FunctionCounter.builder("pilot.content.damaged", store, ContentStore::damagedFound)
        .register(program.meters());
    HttpPage page = program.closing(options.page(program));
    page.context(ContentHandler.PATH, handler)
        .status(service::status)
        .check("fill", () -> fill.problem(STALE))
        .check("report", () -> report.problem(STALE))
        .start();
    fill.start();
    report.start();
    scrub.start();
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
