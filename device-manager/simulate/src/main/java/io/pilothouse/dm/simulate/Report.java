package io.pilothouse.dm.simulate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/** Outcomes side by side: as a table for people and as JSON for scripts. */
final class Report {
  private final List<Outcome> outcomes;

  Report(List<Outcome> outcomes) {
    this.outcomes = List.copyOf(outcomes);
  }

  String table() {
    List<List<String>> rows = new ArrayList<>();
    row(rows, "", Outcome::control);
    row(rows, "time to detect, p50", each -> time(each.detect(), each.detect().median()));
    row(rows, "time to detect, p99", each -> time(each.detect(), each.detect().p99()));
    row(rows, "time to repair, p50", each -> time(each.repair(), each.repair().median()));
    row(rows, "time to repair, p99", each -> time(each.repair(), each.repair().p99()));
    row(rows, "troubles over before found", each -> text(each.passed()));
    row(rows, "DoNothing", each -> text(each.repairs().doNothings()));
    row(rows, "Reboot", each -> text(each.repairs().reboots()));
    row(rows, "ReImage", each -> text(each.repairs().reImages()));
    row(rows, "Replace", each -> text(each.repairs().replaces()));
    row(rows, "escalations", each -> text(each.repairs().escalations()));
    row(rows, "wrong repairs", each -> text(each.repairs().wrong()));
    row(rows, "  of machines that were well", each -> text(each.repairs().needless()));
    row(rows, "  stronger than needed", each -> text(each.repairs().tooStrong()));
    row(rows, "  of another machine", each -> text(each.repairs().wrongMachine()));
    row(rows, "share of wrong repairs", each -> percent(each.repairs().wrongShare()));
    for (String kind : kinds()) {
      row(rows, "peak taken, " + kind, each -> share(each.taken(), kind));
    }
    for (String kind : kinds()) {
      row(rows, "peak lost, " + kind, each -> share(each.lost(), kind));
    }
    row(rows, "incidents", each -> text(each.incidents()));
    row(
        rows,
        "log entries per machine and day",
        each -> each.entries() == 0 ? "-" : decimal(each.entriesPerMachineDay()));
    row(rows, "machine-hours lost", each -> decimal(each.lostHours()));
    row(rows, "availability", each -> String.format(Locale.ROOT, "%.4f %%", each.availability()));
    return aligned(rows);
  }

  private SortedSet<String> kinds() {
    SortedSet<String> kinds = new TreeSet<>();
    outcomes.forEach(
        each -> {
          kinds.addAll(each.taken().keySet());
          kinds.addAll(each.lost().keySet());
        });
    return kinds;
  }

  private void row(List<List<String>> rows, String name, Function<Outcome, String> value) {
    List<String> row = new ArrayList<>(List.of(name));
    outcomes.forEach(each -> row.add(value.apply(each)));
    rows.add(row);
  }

  private static String aligned(List<List<String>> rows) {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        String padding = " ".repeat(widths[i] - row.get(i).length());
        line.append(i == 0 ? row.get(i) + padding : "  " + padding + row.get(i));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString().stripTrailing();
  }

  private static String time(Quantiles times, long millis) {
    return times.samples() == 0 ? "-" : words(millis);
  }

  /** As people say it: seconds below two minutes, minutes below two hours, else hours. */
  static String words(long millis) {
    Duration span = Duration.ofMillis(millis);
    if (span.toSeconds() < 120) {
      return span.toSeconds() + " s";
    }
    return span.toMinutes() < 120
        ? span.toMinutes() + " min"
        : String.format(Locale.ROOT, "%.1f h", millis / (double) Spans.HOUR);
  }

  private static String share(SortedMap<String, Double> shares, String kind) {
    return percent(100 * shares.getOrDefault(kind, 0.0));
  }

  private static String percent(double value) {
    return String.format(Locale.ROOT, "%.1f %%", value);
  }

  private static String decimal(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String text(int count) {
    return Integer.toString(count);
  }

  String json(long seed) {
    ObjectNode root = JsonNodeFactory.instance.objectNode().put("seed", seed);
    ArrayNode all = root.putArray("outcomes");
    for (Outcome each : outcomes) {
      ObjectNode node = all.addObject().put("control", each.control());
      node.put("machines", each.machines()).put("days", each.millis() / (double) Spans.DAY);
      times(node.putObject("time_to_detect"), each.detect());
      times(node.putObject("time_to_repair"), each.repair());
      node.put("passed_unfound", each.passed());
      Outcome.Repairs repairs = each.repairs();
      node.putObject("repairs")
          .put("do_nothing", repairs.doNothings())
          .put("reboot", repairs.reboots())
          .put("re_image", repairs.reImages())
          .put("replace", repairs.replaces())
          .put("escalated", repairs.escalations())
          .put("wrong", repairs.wrong())
          .put("wrong_well", repairs.needless())
          .put("wrong_too_strong", repairs.tooStrong())
          .put("wrong_other_machine", repairs.wrongMachine())
          .put("wrong_percent", repairs.wrongShare());
      ObjectNode taken = node.putObject("peak_taken_percent");
      each.taken().forEach((kind, share) -> taken.put(kind, 100 * share));
      ObjectNode lost = node.putObject("peak_lost_percent");
      each.lost().forEach((kind, share) -> lost.put(kind, 100 * share));
      node.put("incidents", each.incidents())
          .put("log_entries", each.entries())
          .put("lease_renewals", each.renewals())
          .put("log_entries_per_machine_day", each.entriesPerMachineDay())
          .put("machine_hours_lost", each.lostHours())
          .put("availability_percent", each.availability());
    }
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void times(ObjectNode node, Quantiles times) {
    node.put("samples", times.samples())
        .put("p50_ms", times.median())
        .put("p99_ms", times.p99())
        .put("max_ms", times.most());
  }
}
