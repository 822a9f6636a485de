package io.pilothouse.watchdog.checks;

import io.pilothouse.watchdog.PerfData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lines of the kernel's log that tell of broken hardware. The kernel stamps each with the time
 * since its boot, and by that stamp a line counts for {@code clear-after} and no longer: an agent
 * that starts again neither forgets a fresh line nor finds an old one anew. A line that the ring
 * has lost meanwhile is remembered.
 */
public final class KernelLog implements Check {
  /** {@code <6>[ 12.345678][ T123] text}; level and caller may be missing. */
  private static final Pattern LINE =
      Pattern.compile("(?:<\\d+>)?\\[\\s*(\\d{1,12})\\.(\\d{1,6})](?:\\[\\s*[TC]\\d+])?\\s?(.*)");

  private static final int REMEMBERED = 1000;

  /** Characters of a line; the kernel cuts its own at 1024 bytes. */
  private static final int LONGEST = 2048;

  private static final Duration TIMEOUT = Duration.ofSeconds(8);

  /** Where the lines come from. */
  public interface Source {
    List<String> lines() throws IOException, InterruptedException;
  }

  /** Time since boot. */
  public interface Uptime {
    Duration now() throws IOException;
  }

  private record Seen(long micros, String text) {}

  private final Source source;
  private final Uptime uptime;
  private final Duration clearAfter;
  private final Map<KernelPattern, Deque<Seen>> seen = new LinkedHashMap<>();

  /** Lines up to this stamp were read, and so many that have this very stamp. */
  private long readUpTo = -1;

  private int readAtLast;

  public KernelLog(Source source, Uptime uptime, Duration clearAfter) {
    this.source = source;
    this.uptime = uptime;
    this.clearAfter = clearAfter;
  }

  /**
   * The kernel's own log, or a file of the same form.
   *
   * @param file its path; empty means the kernel's own
   */
  public static KernelLog of(String file, Duration clearAfter) {
    Source source = file.isEmpty() ? KernelLog::dmesg : () -> file(Path.of(file));
    return new KernelLog(source, KernelLog::sinceBoot, clearAfter);
  }

  @Override
  public Finding look() throws IOException, InterruptedException {
    long now = micros(uptime.now());
    long oldest = now - micros(clearAfter);
    read(source.lines(), oldest);
    List<Finding> findings = new ArrayList<>();
    List<PerfData> counters = new ArrayList<>();
    for (KernelPattern pattern : KernelPattern.ALL) {
      Deque<Seen> hits = seen.getOrDefault(pattern, new ArrayDeque<>());
      hits.removeIf(each -> each.micros() < oldest);
      if (!hits.isEmpty()) {
        findings.add(pattern.finding(hits.size(), hits.getLast().text(), clearAfter));
        counters.add(new PerfData(pattern.fault(), hits.size(), ""));
      }
    }
    return Finding.worst(findings, Finding.ok("no line of the kernel tells of a fault"))
        .with(counters);
  }

  private void read(List<String> lines, long oldest) {
    long last = readUpTo;
    int skip = readAtLast;
    for (String line : lines) {
      // a longer one is none of the kernel's, and would keep the patterns busy
      Matcher matcher = LINE.matcher(line.substring(0, Math.min(line.length(), LONGEST)));
      if (!matcher.matches()) {
        continue; // the rest of a line that was cut, or of another program's file
      }
      long stamp = stamp(matcher);
      if (stamp < last || (stamp == last && skip-- > 0)) {
        continue;
      }
      readAtLast = stamp == readUpTo ? readAtLast + 1 : 1;
      readUpTo = Math.max(readUpTo, stamp);
      if (stamp >= oldest) {
        KernelPattern.of(matcher.group(3))
            .ifPresent(each -> remember(each, stamp, matcher.group(3)));
      }
    }
  }

  private void remember(KernelPattern pattern, long stamp, String text) {
    Deque<Seen> hits = seen.computeIfAbsent(pattern, none -> new ArrayDeque<>());
    hits.addLast(new Seen(stamp, text));
    if (hits.size() > REMEMBERED) {
      hits.removeFirst();
    }
  }

  private static long stamp(Matcher line) {
    String fraction = (line.group(2) + "000000").substring(0, 6);
    return Long.parseLong(line.group(1)) * 1_000_000 + Long.parseLong(fraction);
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1000;
  }

  private static List<String> dmesg() throws IOException, InterruptedException {
    Optional<Tool.Said> said = Tool.run(List.of("dmesg", "--raw"), TIMEOUT);
    if (said.isEmpty()) {
      throw new IOException("there is no dmesg here: install util-linux");
    }
    if (said.get().exit() != 0) {
      throw new IOException(
          "the kernel's log cannot be read: %s; run the agent as root"
              .formatted(said.get().output().strip()));
    }
    return said.get().output().lines().toList();
  }

  private static List<String> file(Path file) throws IOException {
    // bytes of a broken disk's name need not be UTF-8
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
  }

  private static Duration sinceBoot() throws IOException {
    String uptime = Files.readString(Path.of("/proc/uptime"));
    return Duration.ofMillis(
        (long) (Double.parseDouble(uptime.substring(0, uptime.indexOf(' '))) * 1000));
  }
}
