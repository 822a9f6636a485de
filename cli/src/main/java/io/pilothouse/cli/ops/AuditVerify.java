package io.pilothouse.cli.ops;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.filesync.Sha256;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether the trail is still what was written, of a Device Manager or of an export. */
@CommandLine.Command(
    name = "verify",
    description =
        "Checks the hash chain of the audit trail: of the Device Manager's, or of an export"
            + " without asking anybody.")
final class AuditVerify extends Command {

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "written by pilot audit export; without it the Device Manager is asked")
  @Nullable Path file;

  @Option(
      names = "--contains",
      paramLabel = "HASH",
      description = "a hash that was noted down earlier must be in it")
  String contains = "";

  @Override
  protected ExitCode run() throws IOException {
    String wanted = contains.toLowerCase(Locale.ROOT);
    if (!wanted.isEmpty() && !Sha256.isHex(wanted)) {
      throw CliException.usage(
          "--contains \"%s\" is not a hash of 64 hexadecimal digits".formatted(contains),
          "pilot audit verify prints the newest one: note that down, away from the fleet");
    }
    ChainCheck check = new ChainCheck(wanted);
    Path given = file;
    try {
      if (given == null) {
        AuditPages pages =
            new AuditPages(request -> ask("ListEvents", request, ListEventsReply.parser()));
        ByteString head = pages.read(0, check::next);
        check.end(head);
      } else {
        read(given, check);
        check.end();
      }
    } catch (ChainCheck.BrokenException e) {
      throw new CliException(
          ExitCode.FAILED,
          "CHAIN_BROKEN",
          e.getMessage(),
          "do not trust the trail from there on; compare with an earlier export, and with each"
              + " replica's record");
    }
    show(
        () ->
            Json.object()
                .put("records", check.chained())
                .put("before_the_chain", check.before())
                .put("head", check.head()),
        () ->
            "the chain of %d records is unbroken%s%nnewest hash %s"
                .formatted(
                    check.chained(),
                    check.before() == 0
                        ? ""
                        : ", after %d that are older than it".formatted(check.before()),
                    check.chained() == 0 ? "none" : check.head()),
        () -> List.of(check.head()));
    return ExitCode.DONE;
  }

  private static void read(Path file, ChainCheck check)
      throws IOException, ChainCheck.BrokenException {
    if (!Files.isReadable(file)) {
      throw new CliException(
          ExitCode.FAILED,
          "NOT_FOUND",
          "cannot read " + file,
          "name a file that pilot audit export wrote");
    }
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      int number = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        try {
          AuditLine.Read read = AuditLine.read(line);
          check.next(read.previous(), read.record());
        } catch (AuditLine.BadLineException e) {
          throw new ChainCheck.BrokenException(
              "the chain breaks at line %d of %s: %s".formatted(number, file, e.getMessage()));
        }
      }
    } catch (java.nio.charset.CharacterCodingException e) {
      throw new ChainCheck.BrokenException("%s is not text in UTF-8".formatted(file));
    }
  }
}
