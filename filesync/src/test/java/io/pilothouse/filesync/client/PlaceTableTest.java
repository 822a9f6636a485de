package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.client.PlaceTable.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaceTableTest {
  @TempDir Path dir;

  private static Row row(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return new Row(
        random.nextLong(), random.nextInt(), random.nextLong(), random.nextInt(1, 1 << 20));
  }

  private static void isWhole(PlaceTable table, int rows) throws IOException {
    for (int i = 0; i < rows; i++) {
      Row row = row(i);
      assertThat(table.row(table.find(row.key()))).isEqualTo(row);
      assertThat(table.find(row(-1 - i).key())).isNegative();
    }
  }

  @Test
  void growsFromMemoryIntoAFileWithoutAName() throws Exception {
    int rows = PlaceTable.MOST_IN_MEMORY + 1000;
    for (long expected : new long[] {0, 10, rows}) {
      try (PlaceTable table = new PlaceTable(dir, expected)) {
        for (int i = 0; i < rows; i++) {
          table.put(row(i));
        }
        isWhole(table, rows);
        assertThat(table.capacity()).isEqualTo(2 * PlaceTable.MOST_IN_MEMORY);
        assertThat(names()).isZero();
      }
    }
  }

  private long names() throws IOException {
    try (Stream<Path> list = Files.list(dir)) {
      return list.count();
    }
  }

  @Test
  void theFirstRowOfAKeyIsKept() throws Exception {
    try (PlaceTable table = new PlaceTable(dir, 0)) {
      Row first = row(1);
      table.put(first);
      table.put(new Row(first.key(), 7, 7, 7));
      assertThat(table.row(table.find(first.key()))).isEqualTo(first);
    }
  }

  @Test
  void whereNoFileCanBeMadeItKnowsTheFirstRows() throws Exception {
    Path nowhere = dir.resolve("nowhere");
    int rows = PlaceTable.MOST_IN_MEMORY / 4 * 3;
    for (long expected : new long[] {0, 10L * rows}) {
      try (PlaceTable table = new PlaceTable(nowhere, expected)) {
        for (int i = 0; i < rows + 1000; i++) {
          table.put(row(i));
        }
        isWhole(table, rows);
        assertThat(table.find(row(rows).key())).isNegative();
        assertThat(table.isFull()).isTrue();
      }
    }
  }

  @Test
  void aClosedOneKnowsNothingMore() {
    PlaceTable table = new PlaceTable(dir, PlaceTable.MOST_IN_MEMORY);
    table.put(row(1));
    assertThat(table.find(row(1).key())).isNotNegative();
    table.close();
    assertThat(table.find(row(1).key())).isNegative();
  }
}
