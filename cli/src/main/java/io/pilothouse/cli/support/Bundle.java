package io.pilothouse.cli.support;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The files of a bundle and what became of each source. All of it is bounded and redacted. */
final class Bundle {
  /** Of one file. */
  static final int MOST_OF_ONE = 2 << 20;

  /** Of all together, before they are packed. */
  private static final int MOST = 48 << 20;

  /** What became of a source. */
  enum State {
    OK,
    /** There, but not all of it. */
    CUT,
    /** It did not answer, or answered with a refusal. */
    FAILED
  }

  /**
   * A source.
   *
   * @param file where its answer is, or would be
   */
  record Source(State state, String file, String detail) {}

  private final SortedMap<String, byte[]> files = new TreeMap<>();
  private final List<Source> sources = new ArrayList<>();
  private long size;

  /** Adds a text; what is too much at its end is cut. */
  void add(String file, String text) {
    String clean = Redaction.text(text);
    byte[] bytes = clean.getBytes(StandardCharsets.UTF_8);
    int room = (int) Math.min(MOST_OF_ONE, MOST - size);
    if (room <= 0) {
      failed(file, "left out: the bundle is full");
      return;
    }
    boolean cut = bytes.length > room;
    put(file, cut ? clean(bytes, room) : bytes);
    sources.add(
        cut
            ? new Source(State.CUT, file, "the first %s of %s bytes".formatted(room, bytes.length))
            : new Source(State.OK, file, bytes.length + " bytes"));
  }

  /** Whole characters only. */
  private static byte[] clean(byte[] bytes, int most) {
    int end = most;
    while (end > 0 && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return java.util.Arrays.copyOf(bytes, end);
  }

  /** Notes a source that is not there. */
  void failed(String file, String why) {
    sources.add(new Source(State.FAILED, file, Redaction.text(why)));
  }

  /** Adds what is not a source of its own: the bundle's own pages. */
  void put(String file, byte[] bytes) {
    files.put(file, bytes);
    size += bytes.length;
  }

  SortedMap<String, byte[]> files() {
    return files;
  }

  List<Source> sources() {
    return sources;
  }

  long failures() {
    return sources.stream().filter(each -> each.state() == State.FAILED).count();
  }

  /** A line for each source. */
  String report() {
    StringBuilder text = new StringBuilder();
    for (Source each : sources) {
      text.append("%-6s  %-32s  %s%n".formatted(each.state(), each.file(), each.detail().strip()));
    }
    return text.toString();
  }
}
