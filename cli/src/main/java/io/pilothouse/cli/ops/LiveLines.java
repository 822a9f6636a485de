package io.pilothouse.cli.ops;

import io.pilothouse.cli.Terminal;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Lines on a terminal that are drawn over those of before: in one write, each row over the old one,
 * so that nothing flickers and nothing is left over. The cursor is hidden within that write only: a
 * signal finds it shown, below the lines.
 */
final class LiveLines {
  private static final Pattern PAINT = Pattern.compile("\033\\[[0-9;]*m");
  private static final String HIDE = "\033[?25l";
  private static final String SHOW = "\033[?25h";
  private static final String CLEAR_LINE = "\033[K";
  private static final String CLEAR_BELOW = "\033[J";
  private static final String INDENT = "    ";
  private static final String MORE = "…";

  private final PrintStream out;
  private List<String> drawn = List.of();

  LiveLines(PrintStream out) {
    this.out = out;
  }

  /** Draws lines; those that are too long go on in the next row. */
  void draw(List<String> lines, Terminal.Size size) {
    // the last row is the cursor's; what scrolled out above could not be drawn over
    List<String> rows = first(rows(lines, size.columns()), size.rows() - 1);
    if (rows.equals(drawn)) {
      return;
    }
    StringBuilder frame = new StringBuilder(HIDE);
    int up = height(size.columns());
    if (up > 0) {
      frame.append("\033[").append(up).append('A');
    }
    frame.append('\r');
    rows.forEach(each -> frame.append(each).append(CLEAR_LINE).append('\n'));
    out.print(frame.append(CLEAR_BELOW).append(SHOW));
    out.flush();
    drawn = rows;
  }

  /** Rows of what was drawn: a terminal that was made narrower has broken some of them. */
  private int height(int columns) {
    return drawn.stream().mapToInt(each -> Math.max(1, Math.ceilDiv(shown(each), columns))).sum();
  }

  /** Rows of at most so many columns, broken between words where there are such. */
  static List<String> rows(List<String> lines, int columns) {
    List<String> rows = new ArrayList<>();
    for (String line : lines) {
      if (shown(line) <= columns) {
        rows.add(line);
      } else {
        rows.addAll(broken(PAINT.matcher(line).replaceAll(""), columns));
      }
    }
    return rows;
  }

  private static List<String> broken(String line, int columns) {
    List<String> rows = new ArrayList<>();
    String rest = line;
    String indent = "";
    while (indent.length() + rest.length() > columns) {
      int most = Math.max(1, columns - indent.length());
      int space = rest.lastIndexOf(' ', most);
      int end = space > most / 2 ? space : most;
      rows.add(indent + rest.substring(0, end).stripTrailing());
      rest = rest.substring(end).stripLeading();
      indent = columns > 2 * INDENT.length() ? INDENT : "";
    }
    if (!rest.isEmpty()) {
      rows.add(indent + rest);
    }
    return rows;
  }

  /** At most so many; the last one says when there are more. */
  static List<String> first(List<String> rows, int most) {
    if (rows.size() <= most) {
      return rows;
    }
    List<String> first = new ArrayList<>(rows.subList(0, Math.max(0, most - 1)));
    first.add(MORE);
    return first;
  }

  private static int shown(String line) {
    return PAINT.matcher(line).replaceAll("").length();
  }
}
