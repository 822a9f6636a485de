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

  /** Adds a text; what is too much at its end is cut, in whole lines. */
  void add(String file, String text) {
    int room = (int) Math.min(MOST_OF_ONE, MOST - size);
    // looking for secrets takes its time: not in what is left out
    boolean cut = text.length() > room / 3 && utf8(text).length > room;
    String kept = cut ? firstLines(text, room) : text;
    if (room <= 0 || (cut && kept.isEmpty())) {
      failed(file, "left out: there is no room for it");
      return;
    }
    byte[] bytes = utf8(Redaction.text(kept));
    put(file, bytes);
    sources.add(
        cut
            ? new Source(
                State.CUT,
                file,
                "the first %s of %s characters".formatted(kept.length(), text.length()))
            : new Source(State.OK, file, bytes.length + " bytes"));
  }

  private static String firstLines(String text, int room) {
    byte[] bytes = utf8(text);
    int end = room;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
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
