package io.pilothouse.manifests;

import io.pilothouse.manifests.text.Place;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A CSV file's text, to find the place of a cell. The CSV library knows only where a record begins;
 * columns are counted when there is something to say, which is seldom.
 */
final class CsvText {
  private final String file;
  private final String text;
  private final int[] lineStarts;

  CsvText(String file, String text) {
    this.file = file;
    this.text = text;
    List<Integer> starts = new ArrayList<>(List.of(0));
    for (int at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      starts.add(at + 1);
    }
    this.lineStarts = starts.stream().mapToInt(Integer::intValue).toArray();
  }

  String file() {
    return file;
  }

  /** Place of a character. */
  Place at(long offset) {
    int clipped = (int) Math.min(Math.max(offset, 0), text.length());
    int found = Arrays.binarySearch(lineStarts, clipped);
    int line = found >= 0 ? found : -found - 2;
    return new Place(file, line + 1, clipped - lineStarts[line] + 1);
  }

  /** Place of a cell of the record that begins at {@code offset}; of its end if it has fewer. */
  Place cell(long offset, int index) {
    boolean quoted = false;
    int left = index;
    int at = (int) offset;
    for (; at < text.length() && left > 0; at++) {
      char c = text.charAt(at);
      if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && c == ',') {
        left--;
      } else if (!quoted && (c == '\n' || c == '\r')) {
        break;
      }
    }
    return at(at);
  }
}
