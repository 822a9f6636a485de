package io.pilothouse.watchdog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs a health script by the Nagios plugin convention: exit 0 OK, 1 WARNING, 2 CRITICAL (= ERROR),
 * 3 UNKNOWN; the first line of output is the text, what follows {@code |} is performance data. A
 * time-out, death by signal, any other exit status, and a file that cannot be executed are UNKNOWN.
 *
 * <p>The script runs in a session of its own and its whole process group is killed at the time-out:
 * killing the script alone leaves what it started, and that keeps its output open.
 */
public final class ScriptRunner {
  private static final int TEXT_LIMIT = 4096;
  private static final int OUTPUT_LIMIT = 68 * 1024;
  private static final Duration LAST_OUTPUT = Duration.ofMillis(500);
  private static final Duration KILL_WAIT = Duration.ofSeconds(2);

  /**
   * What to run.
   *
   * @param timeoutIsError whether a time-out is an ERROR rather than UNKNOWN
   * @param environment added to this program's
   */
  public record Job(
      Path script,
      List<String> args,
      Path directory,
      Duration timeout,
      boolean timeoutIsError,
      Map<String, String> environment) {}

  /** Runs it to its end, or to its time-out. */
  public ScriptResult run(Job job) throws InterruptedException {
    Instant start = Instant.now();
    if (!Files.isRegularFile(job.script())) {
      return unknown(job.script() + " is not there", start);
    }
    if (!Files.isExecutable(job.script())) {
      return unknown(job.script() + " is not executable: chmod +x it", start);
    }
    Process process;
    try {
      process = start(job);
    } catch (IOException e) {
      return unknown("cannot be run: " + e.getMessage(), start);
    }
    ScriptOutput out = new ScriptOutput(process.getInputStream(), OUTPUT_LIMIT);
    ScriptOutput err = new ScriptOutput(process.getErrorStream(), OUTPUT_LIMIT);
    boolean ended = process.waitFor(job.timeout().toMillis(), TimeUnit.MILLISECONDS);
    if (!ended) {
      return timedOut(job, process, err, start);
    }
    if (!out.ended(LAST_OUTPUT)) {
      killGroup(process); // something that it started holds its output open
      out.ended(LAST_OUTPUT);
    }
    err.ended(LAST_OUTPUT);
    Duration took = Duration.between(start, Instant.now());
    return judge(process.exitValue(), out.text(), err.text(), took);
  }

  private static Process start(Job job) throws IOException {
    List<String> command = new ArrayList<>(List.of("setsid", job.script().toString()));
    command.addAll(job.args());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(job.directory().toFile())
            .redirectInput(new File("/dev/null"));
    builder.environment().putAll(job.environment());
    return builder.start();
  }

  private static ScriptResult timedOut(Job job, Process process, ScriptOutput err, Instant start)
      throws InterruptedException {
    killGroup(process);
    boolean dead = process.waitFor(KILL_WAIT.toMillis(), TimeUnit.MILLISECONDS);
    VerdictKind kind = job.timeoutIsError() ? VerdictKind.ERROR : VerdictKind.UNKNOWN;
    String text =
        dead
            ? "timed out after " + job.timeout().toMillis() + " ms"
            : "timed out and unkillable since " + Instant.now() + " (pid " + process.pid() + ")";
    return ScriptResult.of(kind, text, Duration.between(start, Instant.now()), err.text());
  }

  private static void killGroup(Process process) throws InterruptedException {
    // the script's pid is its group's: setsid made it the leader
    ProcessGroups.signal(process.pid(), "KILL");
    process.destroyForcibly();
  }

  private static ScriptResult unknown(String text, Instant start) {
    return ScriptResult.of(VerdictKind.UNKNOWN, text, Duration.between(start, Instant.now()), "");
  }

  /** The verdict of an exit status and an output: the convention without a process. */
  public static ScriptResult judge(int exit, String output, String stderr, Duration took) {
    List<String> lines = output.lines().toList();
    String first = lines.isEmpty() ? "" : lines.get(0);
    StringBuilder perf = new StringBuilder();
    for (String line : lines) {
      int bar = line.indexOf('|');
      if (bar >= 0) {
        perf.append(line.substring(bar + 1)).append(' ');
      }
    }
    String text = first.contains("|") ? first.substring(0, first.indexOf('|')).strip() : first;
    VerdictKind kind =
        switch (exit) {
          case 0 -> VerdictKind.OK;
          case 1 -> VerdictKind.WARNING;
          case 2 -> VerdictKind.ERROR;
          default -> VerdictKind.UNKNOWN;
        };
    if (exit > 3 || exit < 0) {
      String how = exit > 128 ? "died by signal " + (exit - 128) : "exited with " + exit;
      text =
          how + ", which the plugin convention does not know" + (text.isEmpty() ? "" : ": " + text);
    }
    JsonNode extra = lastLine(lines);
    return new ScriptResult(
        kind,
        kind == VerdictKind.ERROR ? extra.path("fault").asText("") : "",
        kind == VerdictKind.ERROR ? severity(extra) : Severity.SEVERITY_UNSPECIFIED,
        text.length() > TEXT_LIMIT ? text.substring(0, TEXT_LIMIT) : text,
        PerfData.parse(perf.toString()),
        exit,
        took,
        stderr);
  }

  private static Severity severity(JsonNode extra) {
    return switch (extra.path("severity").asText("")) {
      case "fatal" -> Severity.FATAL;
      case "normal" -> Severity.NORMAL;
      default -> Severity.SEVERITY_UNSPECIFIED;
    };
  }

  /** The optional last line of JSON; an empty object when there is none. */
  private static JsonNode lastLine(List<String> lines) {
    ObjectMapper mapper = new ObjectMapper();
    String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1).strip();
    if (!last.startsWith("{")) {
      return mapper.createObjectNode();
    }
    try {
      return mapper.readTree(last);
    } catch (IOException e) {
      return mapper.createObjectNode(); // a line that only begins like JSON is plain output
    }
  }
}
