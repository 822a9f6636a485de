package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The trail as JSON lines that can be verified without a Device Manager. */
@CommandLine.Command(
    name = "export",
    description =
        "Writes the audit trail as JSON lines, each with its hash and the one before it; what was"
            + " written can be verified anywhere.")
final class AuditExport extends Command {

  @Parameters(paramLabel = "FILE", description = "where to; - is the standard output")
  String file = "";

  @Option(
      names = "--after",
      paramLabel = "REVISION",
      description = "only records after this revision: those that an earlier export lacks")
  long after;

  private long records;

  @Override
  protected ExitCode run() throws IOException {
    if (file.equals("-")) {
      pages().read(after, (previous, record) -> print(AuditLine.write(previous, record)));
      return ExitCode.DONE;
    }
    Path to = Path.of(file).toAbsolutePath();
    Path unfinished = to.resolveSibling(to.getFileName() + ".unfinished");
    try {
      try (BufferedWriter out = Files.newBufferedWriter(unfinished, StandardCharsets.UTF_8)) {
        pages()
            .read(
                after,
                (previous, record) -> {
                  out.write(AuditLine.write(previous, record));
                  out.write('\n');
                  records++;
                });
      }
      Files.move(unfinished, to, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new CliException(
          ExitCode.FAILED,
          "CANNOT_WRITE",
          "cannot write %s: %s".formatted(to, e),
          "name a file in a directory that exists and that you may write");
    } finally {
      Files.deleteIfExists(unfinished);
    }
    say("%d records written to %s".formatted(records, file));
    return ExitCode.DONE;
  }

  private AuditPages pages() {
    return new AuditPages(request -> ask("ListEvents", request, ListEventsReply.parser()));
  }
}
