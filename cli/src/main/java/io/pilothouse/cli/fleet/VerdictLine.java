package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.cli.CliException;
import java.util.Locale;
import java.util.Map;

/** A report as a line of JSON, with the names of the API's fields. */
final class VerdictLine {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Map<String, VerdictKind> KINDS =
      Map.of(
          "OK", VerdictKind.OK,
          "WARNING", VerdictKind.WARNING,
          "ERROR", VerdictKind.ERROR,
          "UNKNOWN", VerdictKind.UNKNOWN);
  private static final String KEYS =
      "machine, kind, text, fault, severity, age_ms, valid_for_ms and sequence";

  private VerdictLine() {}

  static VerdictReportItem read(String line, int number, String watchdog) {
    JsonNode json;
    try {
      json = MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      throw bad(number, "is no JSON: " + e.getOriginalMessage());
    }
    if (json == null || !json.isObject()) {
      throw bad(number, "is no JSON object");
    }
    VerdictReportItem.Builder item = VerdictReportItem.newBuilder().setWatchdog(watchdog);
    for (Map.Entry<String, JsonNode> each : json.properties()) {
      set(item, each.getKey(), each.getValue(), number);
    }
    if (item.getMachine().isEmpty() || item.getKind() == VerdictKind.VERDICT_UNSPECIFIED) {
      throw bad(number, "names no " + (item.getMachine().isEmpty() ? "machine" : "kind"));
    }
    return item.build();
  }

  private static void set(VerdictReportItem.Builder item, String key, JsonNode value, int number) {
    switch (key) {
      case "machine" -> item.setMachine(value.asText());
      case "watchdog" -> {
        if (!value.asText().equals(item.getWatchdog())) {
          throw bad(number, "is of another watchdog, \"%s\"".formatted(value.asText()));
        }
      }
      case "kind" -> {
        VerdictKind kind = KINDS.get(value.asText());
        if (kind == null) {
          throw bad(number, "has the kind %s; use OK, WARNING, ERROR or UNKNOWN".formatted(value));
        }
        item.setKind(kind);
      }
      case "text" -> item.setText(value.asText());
      case "fault" -> item.setFault(value.asText());
      case "severity" -> {
        switch (value.asText().toLowerCase(Locale.ROOT)) {
          case "fatal" -> item.setSeverity(Severity.FATAL);
          case "normal" -> item.setSeverity(Severity.NORMAL);
          default -> throw bad(number, "has the severity %s; use normal or fatal".formatted(value));
        }
      }
      case "age_ms" -> item.setAgeMs(whole(key, value, number));
      case "valid_for_ms" -> item.setValidForMs(whole(key, value, number));
      case "sequence" -> item.setSequence(whole(key, value, number));
      default -> throw bad(number, "has a key \"%s\"; use %s".formatted(key, KEYS));
    }
  }

  private static long whole(String key, JsonNode value, int number) {
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw bad(number, "has %s %s; expected a whole number".formatted(key, value));
    }
    return value.asLong();
  }

  private static CliException bad(int number, String what) {
    return CliException.usage(
        "line %d %s".formatted(number, what),
        "correct it; the lines before its batch of 500 were reported");
  }
}
