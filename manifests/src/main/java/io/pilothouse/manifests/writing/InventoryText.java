package io.pilothouse.manifests.writing;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.pilothouse.api.v1.InventoryMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** {@code machines.csv}: a column for each field that a machine has a value of. */
final class InventoryText {
  private static final CSVFormat FORMAT =
      CSVFormat.RFC4180.builder().setRecordSeparator("\n").get();
  private static final List<FieldDescriptor> NEEDED =
      InventoryMachine.getDescriptor().getFields().subList(0, 2);

  private InventoryText() {}

  static String of(List<InventoryMachine> machines) {
    List<FieldDescriptor> columns =
        InventoryMachine.getDescriptor().getFields().stream()
            .filter(
                column ->
                    NEEDED.contains(column)
                        || machines.stream().anyMatch(each -> !text(each, column).isEmpty()))
            .toList();
    StringBuilder text = new StringBuilder();
    try (CSVPrinter printer = new CSVPrinter(text, FORMAT)) {
      printer.printRecord(columns.stream().map(FieldDescriptor::getName));
      for (InventoryMachine machine : machines) {
        printer.printRecord(columns.stream().map(column -> text(machine, column)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return text.toString();
  }

  private static String text(InventoryMachine machine, FieldDescriptor column) {
    return machine.getField(column).toString();
  }
}
