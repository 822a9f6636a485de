package io.pilothouse.dm.backtest;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.pilothouse.api.log.v1.RecordItem;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.dm.record.SegmentReader;
import io.pilothouse.manifests.LoadResult;
import io.pilothouse.manifests.PolicyFile;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What another repair policy would have done; started by {@code pilot policy test}. */
@Command(
    name = "backtest",
    mixinStandardHelpOptions = true,
    description = "Replays the recorded log under another repair policy.",
    footer = {
      "",
      "Exit codes: 0 done, 1 the record cannot answer, 2 wrong flags or policy, 8 nobody answers.",
    })
public final class Main implements Callable<Integer> {

  @Parameters(arity = "0..1", paramLabel = "FILE", description = "A file with a RepairPolicy.")
  private @Nullable Path file;

  @Option(
      names = "--from",
      paramLabel = "T",
      description = "Begin: RFC 3339, or how long ago; as far as the record reaches when left out.")
  private String from = "";

  @Option(
      names = "--to",
      paramLabel = "T",
      defaultValue = "0s",
      description = "End; now when it is left out.")
  private String to = "0s";

  @Option(names = "--servers", split = ",", paramLabel = "HOST:PORT", description = "HTTP ports.")
  private List<String> servers = List.of();

  @Option(
      names = "--tls",
      paramLabel = "DIR",
      defaultValue = "${env:PILOT_TLS}",
      description = "cert.pem, key.pem and ca.pem to ask with (default: PILOT_TLS, or plain)")
  private @Nullable Path tls;

  @Option(names = "--user", paramLabel = "NAME", description = "Whom to ask as.")
  private String user = System.getProperty("user.name", "unknown");

  @Option(
      names = "--record",
      paramLabel = "DIR",
      description = "Read segments in this directory rather than ask a server.")
  private @Nullable Path record;

  @Option(names = "--type", paramLabel = "TYPE", description = "Only this machine type.")
  private String type = "";

  @Option(names = "--policy", paramLabel = "NAME", description = "Types that have this one.")
  private String policy = "";

  @Option(names = "-o", paramLabel = "FORMAT", description = "table or json.")
  private String format = "table";

  @Option(names = "--dump", description = "Print the recorded items as JSON lines instead.")
  private boolean dump;

  private final PrintStream out;
  private final PrintStream err;

  Main(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Ends the process with the exit code. */
  public static void main(String[] args) {
    System.exit(run(System.out, System.err, args));
  }

  static int run(PrintStream out, PrintStream err, String... args) {
    return new CommandLine(new Main(out, err)).execute(args);
  }

  @Override
  public Integer call() {
    try {
      work();
      out.flush();
      return 0;
    } catch (BacktestException e) {
      return fail(e);
    } catch (UnreachableException e) {
      return fail(
          new BacktestException(
              BacktestException.UNREACHABLE,
              "UNREACHABLE",
              String.valueOf(e.getMessage()),
              "start a replica, name others with --servers, or read a record with --record DIR"));
    } catch (TlsException e) {
      return fail(
          new BacktestException(
              BacktestException.FAILED, "TLS", String.valueOf(e.getMessage()), e.remedy()));
    } catch (DmException e) {
      return fail(
          new BacktestException(
              BacktestException.FAILED, e.code(), String.valueOf(e.getMessage()), e.remedy()));
    } catch (IOException e) {
      return fail(
          new BacktestException(
              BacktestException.FAILED,
              "RECORD",
              "the record cannot be read: " + e.getMessage(),
              "read the record of another replica"));
    }
  }

  private int fail(BacktestException e) {
    if (format.equals("json")) {
      err.println(
          "{\"error\":{\"code\":%s,\"message\":%s,\"remedy\":%s}}"
              .formatted(
                  quoted(e.code()), quoted(String.valueOf(e.getMessage())), quoted(e.remedy())));
    } else {
      err.println("pilot: " + e.getMessage());
      if (!e.remedy().isEmpty()) {
        err.println("  remedy: " + e.remedy());
      }
    }
    return e.exitCode();
  }

  private static String quoted(String text) {
    return com.fasterxml.jackson.databind.node.TextNode.valueOf(text).toString();
  }

  private void work() throws BacktestException, IOException {
    InstantSource clock = InstantSource.system();
    long begin = from.isEmpty() ? 0 : When.parse("--from", from, clock);
    long end = When.parse("--to", to, clock);
    if (begin >= end) {
      throw usage("--from %s is not before --to %s".formatted(from, to), "give a range of time");
    }
    if (!format.equals("table") && !format.equals("json")) {
      throw usage("-o is '" + format + "'", "write -o table or -o json");
    }
    @Nullable RepairPolicy tested = dump ? null : policy();
    try (RecordSource source = source(begin, end)) {
      if (tested == null) {
        dump(source);
        return;
      }
      Outcome outcome =
          Backtest.run(
              source,
              new Backtest.Question(String.valueOf(file), tested, policy, type, begin, end));
      out.print(format.equals("json") ? JsonReport.of(outcome) + "\n" : TextReport.of(outcome));
    }
  }

  private RecordSource source(long begin, long end) throws BacktestException, IOException {
    if (record != null) {
      return new DirectorySource(record, begin, end);
    }
    if (servers.isEmpty()) {
      throw usage("no record is named", "give --servers HOST:PORT or --record DIR");
    }
    return new ServerSource(
        servers,
        "operator/" + user,
        tls == null ? Optional.empty() : Optional.of(TlsDirectory.open(tls)),
        begin,
        end);
  }

  private RepairPolicy policy() throws BacktestException {
    if (file == null) {
      throw usage("no FILE with a policy is named", "name one, or ask for --dump");
    }
    return switch (PolicyFile.load(file)) {
      case LoadResult.Loaded<RepairPolicy> loaded -> loaded.value();
      case LoadResult.Rejected<RepairPolicy> rejected ->
          throw usage(
              rejected.problems().stream().map(Object::toString).collect(Collectors.joining("\n")),
              "`pilot schema RepairPolicy` says what a policy may hold");
    };
  }

  /** Every recorded item in its order, one JSON object a line. */
  private void dump(RecordSource source) throws BacktestException, IOException {
    JsonFormat.Printer printer =
        JsonFormat.printer().omittingInsignificantWhitespace().preservingProtoFieldNames();
    Optional<SegmentReader> segment = source.next();
    while (segment.isPresent()) {
      Optional<RecordItem> item = segment.get().next();
      while (item.isPresent()) {
        try {
          out.println(printer.print(item.get()));
        } catch (InvalidProtocolBufferException e) {
          throw new IOException("an item of a newer version", e);
        }
        item = segment.get().next();
      }
      segment = source.next();
    }
  }

  private static BacktestException usage(String message, String remedy) {
    return new BacktestException(BacktestException.USAGE, "USAGE", message, remedy);
  }
}
