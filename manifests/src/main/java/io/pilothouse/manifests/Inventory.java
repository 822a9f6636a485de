package io.pilothouse.manifests;

import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.manifests.pattern.Near;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.text.Node;
import io.pilothouse.manifests.text.Place;
import io.pilothouse.manifests.text.Problems;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** {@code machines.csv}: the machines that there are, a line each. */
final class Inventory {
  /** The file's name in a fleet directory. */
  static final String FILE = "machines.csv";

  /** Columns, in the order that examples show; a file may have another order. */
  enum Column {
    NAME,
    TYPE,
    SCALE_UNIT,
    RACK,
    SWITCH,
    FEED,
    MODEL,
    MAC,
    BMC,
    ADDRESS;

    String title() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Column> of(String title) {
      return List.of(values()).stream().filter(each -> each.title().equals(title)).findFirst();
    }
  }

  private static final Pattern NAME = Pattern.compile(Shapes.NAME);
  private static final Pattern LABEL = Pattern.compile(UnitTable.LABEL);
  private static final Pattern MAC = Pattern.compile("([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}");
  private static final Pattern BMC = Pattern.compile("[a-z][a-z0-9+]*:\\S+");
  private static final Pattern ADDRESS =
      Pattern.compile(
          "([A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]+\\]):([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}"
              + "|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])");
  private static final List<Column> NEEDED = List.of(Column.NAME, Column.TYPE);
  private static final List<String> TITLES =
      List.of(Column.values()).stream().map(Column::title).toList();

  /**
   * A line.
   *
   * @param offset where it begins in the file
   */
  record Row(InventoryMachine.Builder machine, long offset) {}

  private final CsvText text;
  private final Problems problems;
  private final Map<Column, Integer> columns = new EnumMap<>(Column.class);
  private final List<Row> rows = new ArrayList<>();
  private final Map<Column, Map<String, Row>> unique =
      new EnumMap<>(
          Map.of(
              Column.NAME,
              new HashMap<>(),
              Column.MAC,
              new HashMap<>(),
              Column.BMC,
              new HashMap<>()));

  /** What many machines have in common is one string. */
  private final Map<String, String> shared = new HashMap<>();

  private int width;
  private boolean complete = true;

  private Inventory(CsvText text, Problems problems) {
    this.text = text;
    this.problems = problems;
  }

  static Inventory read(String file, String content, Problems problems) {
    Inventory inventory = new Inventory(new CsvText(file, content), problems);
    inventory.parse(content);
    inventory.unique.values().forEach(Map::clear); // of a million lines it is a lot
    return inventory;
  }

  List<Row> rows() {
    return rows;
  }

  /** Whether no line had to be left out. */
  boolean isComplete() {
    return complete;
  }

  /** Place of a row's cell, or of the row when there is no such column. */
  Place place(Row row, Column column) {
    return text.cell(row.offset(), columns.getOrDefault(column, 0));
  }

  private void parse(String content) {
    // blank lines are left to us: the library would count them into the next record's position
    CSVFormat format = CSVFormat.RFC4180.builder().setIgnoreEmptyLines(false).get();
    long last = 0;
    try (CSVParser parser = CSVParser.parse(content, format)) {
      for (CSVRecord row : parser) {
        last = row.getCharacterPosition();
        if (row.size() == 1 && row.get(0).isBlank()) {
          continue;
        }
        if (width == 0) {
          if (!header(row)) {
            return;
          }
        } else {
          row(row);
        }
      }
    } catch (CSVException e) {
      problems.add(text.at(last), "not CSV: " + e.getMessage());
    } catch (UncheckedIOException e) {
      problems.add(text.at(last), "not CSV, in this line or a later one: " + e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
    if (width == 0 && problems.isEmpty()) {
      problems.add(
          Place.top(text.file()), "there is no header line; write " + String.join(",", TITLES));
    }
  }

  private boolean header(CSVRecord row) {
    width = row.size();
    boolean good = true;
    for (int i = 0; i < row.size(); i++) {
      Place place = text.cell(row.getCharacterPosition(), i);
      Optional<Column> column = Column.of(row.get(i));
      if (column.isEmpty()) {
        good = false;
        problems.add(
            place,
            "unknown column %s%s; columns are %s"
                .formatted(
                    Node.quote(row.get(i)),
                    Near.hint(row.get(i), TITLES),
                    String.join(",", TITLES)));
      } else if (columns.putIfAbsent(column.get(), i) != null) {
        good = false;
        problems.add(place, "the column \"" + row.get(i) + "\" is there twice");
      }
    }
    for (Column each : NEEDED) {
      if (good && !columns.containsKey(each)) {
        good = false;
        problems.add(
            text.at(row.getCharacterPosition()),
            "the header line has no column \"" + each.title() + "\"");
      }
    }
    return good;
  }

  private void row(CSVRecord row) {
    if (!isRead(row)) {
      complete = false;
    }
  }

  private boolean isRead(CSVRecord row) {
    long offset = row.getCharacterPosition();
    if (row.get(0).startsWith("#")) {
      problems.add(text.at(offset), "a CSV file has no comments; delete the line");
      return false;
    }
    if (row.size() != width) {
      problems.add(
          text.cell(offset, Math.min(row.size(), width)),
          "%d columns where the header has %d".formatted(row.size(), width));
      return false;
    }
    Row read = new Row(InventoryMachine.newBuilder(), offset);
    boolean good = true;
    for (Map.Entry<Column, Integer> each : columns.entrySet()) {
      good &= cell(read, each.getKey(), row.get(each.getValue()));
    }
    if (good) {
      rows.add(read);
    }
    return good;
  }

  private boolean cell(Row row, Column column, String value) {
    Optional<String> wrong = wrong(column, value);
    if (wrong.isPresent()) {
      problems.add(
          place(row, column),
          "%s: %s %s".formatted(column.title(), Node.quote(value), wrong.get()));
      return false;
    }
    String canonical = column == Column.MAC ? value.toLowerCase(Locale.ROOT) : value;
    Map<String, Row> seen = unique.get(column);
    if (seen != null && !canonical.isEmpty()) {
      Row first = seen.putIfAbsent(canonical, row);
      if (first != null) {
        problems.add(
            place(row, column),
            "%s: %s is there twice; the first one is in line %d"
                .formatted(column.title(), Node.quote(value), place(first, column).line()));
        return false;
      }
    }
    set(
        row.machine(),
        column,
        seen == null ? shared.computeIfAbsent(canonical, each -> each) : canonical);
    return true;
  }

  private static Optional<String> wrong(Column column, String value) {
    if (value.isEmpty()) {
      return NEEDED.contains(column)
          ? Optional.of("is empty; every machine has one")
          : Optional.empty();
    }
    Pattern pattern =
        switch (column) {
          case NAME, TYPE, SCALE_UNIT -> NAME;
          case RACK, SWITCH, FEED, MODEL -> LABEL;
          case MAC -> MAC;
          case BMC -> BMC;
          case ADDRESS -> ADDRESS;
        };
    if (pattern.matcher(value).matches()) {
      return Optional.empty();
    }
    return Optional.of(
        switch (column) {
          case NAME, TYPE, SCALE_UNIT ->
              "is not a name; names have 1 to 63 of a-z 0-9 . - and begin with a-z or 0-9";
          case RACK, SWITCH, FEED, MODEL ->
              "is not a label; labels have 1 to 63 letters, digits, spaces and . _ / : + -";
          case MAC -> "is not a MAC address; write for example 02:00:00:00:00:01";
          case BMC -> "is not a power address; write for example local:web-03";
          case ADDRESS -> "is not an address; write host:port, for example sw3.example:22";
        });
  }

  private static void set(InventoryMachine.Builder machine, Column column, String value) {
    switch (column) {
      case NAME -> machine.setName(value);
      case TYPE -> machine.setType(value);
      case SCALE_UNIT -> machine.setScaleUnit(value);
      case RACK -> machine.setRack(value);
      case SWITCH -> machine.setSwitch(value);
      case FEED -> machine.setFeed(value);
      case MODEL -> machine.setModel(value);
      case MAC -> machine.setMac(value);
      case BMC -> machine.setBmc(value);
      case ADDRESS -> machine.setAddress(value);
    }
  }
}
