package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.RefusedVerdict;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogReportReply;
import io.pilothouse.api.v1.WatchdogReportRequest;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.Durations;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Reports for an external watchdog. */
@CommandLine.Command(
    name = "report",
    description = {
      "Reports what an external watchdog found: report WATCHDOG MACHINE OK|WARNING|ERROR|UNKNOWN.",
      "With - instead of a machine it reads lines of JSON from its input, such as",
      "{\"machine\": \"web-03\", \"kind\": \"ERROR\", \"text\": \"fan 2 stands still\"}."
    })
final class WatchdogReport extends Command {
  private static final int BATCH = 500;

  @Parameters(index = "0", paramLabel = "WATCHDOG")
  String watchdog = "";

  @Parameters(index = "1", paramLabel = "MACHINE", description = "the machine, or - for stdin")
  String machine = "";

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "VERDICT",
      description = "OK, WARNING, ERROR or UNKNOWN")
  String verdict = "";

  @Option(names = "--text", paramLabel = "TEXT", description = "what was found, for people")
  String text = "";

  @Option(names = "--fault", paramLabel = "CODE", description = "fault code, for repair policies")
  String fault = "";

  @Option(names = "--fatal", description = "the hardware is to be replaced")
  boolean fatal;

  @Option(
      names = "--age",
      paramLabel = "DURATION",
      converter = Durations.class,
      description = "how long ago it was observed (default: now)")
  @Nullable Duration age;

  @Option(
      names = "--domain",
      paramLabel = "DOMAIN",
      description = "fault domain it was observed from, such as rack/r7")
  String domain = "";

  @Option(
      names = "--sequence",
      paramLabel = "N",
      description = "rising number of the report (default: numbered as it arrives)")
  long sequence;

  @Option(
      names = "--by",
      paramLabel = "PRINCIPAL",
      description = "who reports (default: watchdog/WATCHDOG)")
  String by = "";

  @Override
  protected ExitCode run() throws IOException {
    return machine.equals("-") ? fromInput() : one();
  }

  private ExitCode one() {
    VerdictReportItem.Builder item =
        VerdictReportItem.newBuilder()
            .setWatchdog(watchdog)
            .setMachine(machine)
            .setKind(kind())
            .setText(text)
            .setFault(fault)
            .setSequence(sequence)
            .setAgeMs(age == null ? 0 : age.toMillis());
    if (fatal) {
      item.setSeverity(Severity.FATAL);
    }
    WatchdogReportReply reply = send(List.of(item.build()));
    if (reply.getRefusedCount() > 0) {
      RefusedVerdict refused = reply.getRefused(0);
      throw new CliException(
          ExitCode.REFUSED, "REFUSED", refused.getMessage(), refused.getRemedy());
    }
    show(
        () ->
            Json.object()
                .put("watchdog", watchdog)
                .put("machine", machine)
                .put("verdict", item.getKind().name())
                .put("revision", reply.getRevision()),
        () -> "%s of %s: %s".formatted(watchdog, machine, item.getKind()),
        () -> List.of(machine));
    return ExitCode.DONE;
  }

  private VerdictKind kind() {
    return switch (verdict) {
      case "OK" -> VerdictKind.OK;
      case "WARNING" -> VerdictKind.WARNING;
      case "ERROR" -> VerdictKind.ERROR;
      case "UNKNOWN" -> VerdictKind.UNKNOWN;
      default ->
          throw CliException.usage(
              verdict.isEmpty() ? "the verdict is missing" : "\"" + verdict + "\" is not a verdict",
              "use OK, WARNING, ERROR or UNKNOWN");
    };
  }

  private ExitCode fromInput() throws IOException {
    if (!verdict.isEmpty()) {
      throw CliException.usage(
          "a verdict \"" + verdict + "\" beside -", "each line of the input has its own kind");
    }
    List<VerdictReportItem> batch = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    long sent = 0;
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    int number = 0;
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      number++;
      if (!line.isBlank()) {
        batch.add(VerdictLine.read(line, number, watchdog));
      }
      if (batch.size() == BATCH) {
        sent += flush(batch, refused);
      }
    }
    sent += flush(batch, refused);
    print(sent, refused);
    return refused.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
  }

  private long flush(List<VerdictReportItem> batch, List<String> refused) {
    if (batch.isEmpty()) {
      return 0;
    }
    WatchdogReportReply reply = send(batch);
    for (RefusedVerdict each : reply.getRefusedList()) {
      refused.add(
          "%s: %s; %s"
              .formatted(
                  batch.get(each.getItem()).getMachine(), each.getMessage(), each.getRemedy()));
    }
    long taken = (long) batch.size() - reply.getRefusedCount();
    batch.clear();
    return taken;
  }

  private void print(long sent, List<String> refused) {
    show(
        () -> {
          ObjectNode node = Json.object().put("watchdog", watchdog).put("taken", sent);
          ArrayNode array = node.putArray("refused");
          refused.forEach(array::add);
          return node;
        },
        () -> "%d reports taken, %d refused".formatted(sent, refused.size()),
        () -> List.of(watchdog));
    if (!json()) {
      refused.forEach(each -> say("refused: " + each));
    }
  }

  private WatchdogReportReply send(List<VerdictReportItem> items) {
    WatchdogReportRequest request =
        WatchdogReportRequest.newBuilder().addAllVerdicts(items).setDomain(domain).build();
    return askAs(
        by.isEmpty() ? "watchdog/" + watchdog : by,
        !by.isEmpty(),
        "pilothouse.v1.WatchdogApi/Report",
        request,
        WatchdogReportReply.parser());
  }
}
