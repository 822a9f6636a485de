package io.pilothouse.examples.index;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What one column says to a query.
 *
 * @param column number of the column
 * @param machine which of the column's servers answered
 * @param version of that server
 * @param matches documents that match, more than {@code hits} as a rule
 * @param hits the best of them, the best first
 */
record ColumnAnswer(int column, String machine, String version, int matches, List<Index.Hit> hits) {

  /** On the wire: a line for the column, then one a hit, fields between tabs. */
  String lines() {
    StringBuilder lines =
        new StringBuilder("%d\t%s\t%s\t%d\n".formatted(column, machine, version, matches));
    for (Index.Hit hit : hits) {
      lines.append(
          String.format(Locale.ROOT, "%.4f\t%d\t%s\n", hit.score(), hit.id(), hit.title()));
    }
    return lines.toString();
  }

  /**
   * Reads the lines.
   *
   * @throws IllegalArgumentException when they are none
   */
  static ColumnAnswer of(String lines) {
    List<String[]> rows = lines.lines().map(each -> each.split("\t", 4)).toList();
    if (rows.isEmpty() || rows.get(0).length != 4) {
      throw new IllegalArgumentException("not an answer of a column: " + lines);
    }
    String[] head = rows.get(0);
    List<Index.Hit> hits = new ArrayList<>();
    for (String[] row : rows.subList(1, rows.size())) {
      hits.add(new Index.Hit(Double.parseDouble(row[0]), Integer.parseInt(row[1]), row[2]));
    }
    return new ColumnAnswer(
        Integer.parseInt(head[0]), head[1], head[2], Integer.parseInt(head[3]), hits);
  }
}
