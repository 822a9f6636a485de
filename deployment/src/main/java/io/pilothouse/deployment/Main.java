package io.pilothouse.deployment;

import io.pilothouse.client.DmClient;
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
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One replica of the Deployment Service. */
@Command(name = "deployment", description = "Holds manifest contents and serves them to machines.")
public final class Main implements Program.Body {
  private static final Duration STALE = Duration.ofSeconds(30);
  private static final int TRANSFERS_AT_ONCE = 64;

  @Mixin private final ProgramOptions options = new ProgramOptions();

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Where the contents are kept.")
  private Path data = Path.of("");

  @Option(
      names = "--bandwidth",
      paramLabel = "BYTES",
      description = "Bytes a second that are sent at most, for example 209715200.")
  private long bandwidth = 200L << 20;

  public static void main(String[] args) {
    Program.main(new Main(), args);
  }

  @Override
  public void start(Program program) {
    if (bandwidth <= 0) {
      throw new ProgramException("--bandwidth " + bandwidth + ": give more than 0 bytes a second");
    }
    ContentStore store = open();
    ContentHandler handler = new ContentHandler(store, Throttle.of(bandwidth), TRANSFERS_AT_ONCE);
    DmClient client = program.closing(options.client());
    Replicator replicator =
        new Replicator(Throttle.of(bandwidth), new SplittableRandom(), data.resolve("transfers"));
    ReplicaService service =
        new ReplicaService(
            options.id(), options.http().toString(), client, store, replicator, program.meters());
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
    program.meters().gauge("pilot.content.served.bytes", handler, ContentHandler::servedBytes);
    program.meters().gauge("pilot.content.shed.requests", handler, ContentHandler::shedRequests);
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
          "--data " + data + " cannot be used: " + e + "; give a directory that can be written", e);
    }
  }
}
