package io.pilothouse.watchdog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The Nagios plugin convention: exit 0 OK, 1 WARNING, 2 CRITICAL (= ERROR), 3 UNKNOWN, everything
 * else and death by a signal UNKNOWN. The first line of output is the text, what follows {@code |}
 * in it, and after the first {@code |} in the lines below, is performance data. Ours: a last line
 * {@code {"fault": "disk.smart", "severity": "fatal"}} names the fault of an ERROR.
 */
public final class PluginConvention {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int TEXT_LIMIT = 4096;
  private static final int NO_SUCH_COMMAND = 127;
  private static final int CANNOT_EXECUTE = 126;
  private static final int SIGNALS = 128;
  private static final int LAST_SIGNAL = 64;
  private static final Pattern FAULT = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");

  private PluginConvention() {}

  /**
   * The verdict by the Nagios convention.
   *
   * @param exit status as the JDK gives it: 128 + n for death by signal n
   */
  public static ScriptResult judge(int exit, String output, String stderr, Duration took) {
    return judge(WatchdogSpec.Protocol.NAGIOS, exit, output, stderr, took);
  }

  /** The verdict by a protocol; unspecified means NAGIOS. Only that has performance data. */
  public static ScriptResult judge(
      WatchdogSpec.Protocol protocol, int exit, String output, String stderr, Duration took) {
    boolean nagios = isNagios(protocol);
    List<String> lines = output.lines().toList();
    String first = lines.isEmpty() ? "" : lines.get(0);
    int bar = nagios ? first.indexOf('|') : -1;
    String text = printable(bar >= 0 ? first.substring(0, bar) : first);
    VerdictKind kind = failedToRun(exit, stderr) ? VerdictKind.UNKNOWN : kind(protocol, exit);
    boolean undeclared = nagios ? exit < 0 || exit > 3 : kind == VerdictKind.UNKNOWN && exit > 2;
    if (failedToRun(exit, stderr) || undeclared) {
      text = outside(exit, stderr) + (text.isEmpty() ? "" : ": " + text);
    }
    List<String> notes = new ArrayList<>();
    Map<String, String> extra = lastLine(lines);
    String fault = extra.getOrDefault("fault", "");
    if (!fault.isEmpty() && !FAULT.matcher(fault).matches()) {
      notes.add("fault code \"%s\" is not used: expected like disk.smart".formatted(fault));
      fault = "";
    }
    Severity severity = severity(extra.getOrDefault("severity", ""), notes);
    boolean error = kind == VerdictKind.ERROR;
    if (!error && (!fault.isEmpty() || severity != Severity.SEVERITY_UNSPECIFIED)) {
      notes.add("the last line's fault and severity count only for an ERROR");
    }
    return new ScriptResult(
        kind,
        error ? fault : "",
        error ? severity : Severity.SEVERITY_UNSPECIFIED,
        limited(text),
        nagios ? PerfData.parse(performanceData(lines)) : List.of(),
        exit,
        took,
        stderr,
        notes);
  }

  private static boolean isNagios(WatchdogSpec.Protocol protocol) {
    return switch (protocol) {
      case CONSUL, NPD -> false;
      case NAGIOS, PROTOCOL_UNSPECIFIED, UNRECOGNIZED -> true;
    };
  }

  private static VerdictKind kind(WatchdogSpec.Protocol protocol, int exit) {
    boolean died = exit < 0 || isSignal(exit);
    return switch (protocol) {
      case CONSUL ->
          switch (exit) {
            case 0 -> VerdictKind.OK;
            case 1 -> VerdictKind.WARNING;
            default -> died ? VerdictKind.UNKNOWN : VerdictKind.ERROR;
          };
      case NPD ->
          switch (exit) {
            case 0 -> VerdictKind.OK;
            case 1 -> VerdictKind.ERROR;
            default -> VerdictKind.UNKNOWN;
          };
      case NAGIOS, PROTOCOL_UNSPECIFIED, UNRECOGNIZED ->
          switch (exit) {
            case 0 -> VerdictKind.OK;
            case 1 -> VerdictKind.WARNING;
            case 2 -> VerdictKind.ERROR;
            default -> VerdictKind.UNKNOWN;
          };
    };
  }

  private static boolean isSignal(int exit) {
    return exit > SIGNALS && exit <= SIGNALS + LAST_SIGNAL;
  }

  /** Whether what starts scripts speaks, and the script never did. */
  private static boolean failedToRun(int exit, String stderr) {
    boolean starter = stderr.startsWith("setsid: ") || stderr.startsWith("setpriv: ");
    boolean ofStarter = exit == NO_SUCH_COMMAND || exit == CANNOT_EXECUTE;
    return starter && (ofStarter || (exit == 1 && stderr.startsWith("setpriv: ")));
  }

  private static String outside(int exit, String stderr) {
    if (isSignal(exit)) {
      return "died by signal %d (status %d)".formatted(exit - SIGNALS, exit);
    }
    if (failedToRun(exit, stderr)) {
      return "cannot be run: " + printable(stderr.lines().findFirst().orElse(""));
    }
    return "exited with " + exit + ", which its protocol does not know";
  }

  private static String performanceData(List<String> lines) {
    StringBuilder data = new StringBuilder();
    boolean inData = false;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      int bar = line.indexOf('|');
      if (inData) {
        data.append(line).append('\n');
      } else if (bar >= 0) {
        data.append(line, bar + 1, line.length()).append('\n');
        inData = i > 0; // below the first line, the first bar ends the long text for good
      }
    }
    return data.toString();
  }

  private static Severity severity(String given, List<String> notes) {
    return switch (given) {
      case "fatal" -> Severity.FATAL;
      case "normal" -> Severity.NORMAL;
      case "" -> Severity.SEVERITY_UNSPECIFIED;
      default -> {
        notes.add("severity \"%s\" is not used: expected normal or fatal".formatted(given));
        yield Severity.SEVERITY_UNSPECIFIED;
      }
    };
  }

  /** The texts of the optional last line of JSON; empty when there is none. */
  private static Map<String, String> lastLine(List<String> lines) {
    String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1).strip();
    Map<String, String> fields = new TreeMap<>();
    if (!last.startsWith("{") || !last.endsWith("}")) {
      return fields;
    }
    try (JsonParser json = JSON.createParser(last)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        if (json.nextToken() == JsonToken.VALUE_STRING) {
          fields.put(name, json.getText());
        } else {
          json.skipChildren();
        }
      }
      return fields;
    } catch (IOException e) {
      return Map.of(); // a line that only begins like JSON is plain output
    }
  }

  /** Without what would move a terminal's cursor. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cc}", " ").strip();
  }

  /** At most 4 KiB of UTF-8, no character cut. */
  private static String limited(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= TEXT_LIMIT) {
      return text;
    }
    int end = TEXT_LIMIT;
    while ((bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }
}
