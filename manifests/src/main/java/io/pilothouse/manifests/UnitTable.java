package io.pilothouse.manifests;

import io.pilothouse.manifests.pattern.MachinePattern;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Shapes.Placed;
import java.util.Optional;

/** Fields of a ScaleUnit. */
final class UnitTable {
  /** A rack, switch, power feed or model: people's own labels, kept as they are. */
  static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9 ._/:+-]{0,61}[A-Za-z0-9._+-])?";

  static final Kind<UnitDraft> SCALE_UNIT =
      new Kind<>(
          "ScaleUnit",
          "Machines that a rollout switches together.",
          UnitDraft::new,
          ObjectTable.<UnitDraft>of()
              .required(
                  "name",
                  Shapes.name("su-1"),
                  (draft, value) -> draft.unit.setName(value),
                  "Its name.")
              .required(
                  "order",
                  Shapes.count(1, 1_000_000),
                  (draft, value) -> draft.unit.setOrder(value),
                  "Place in a rollout; the lowest is first, the canary.")
              .optional(
                  "racks",
                  Shapes.list(label("r1")),
                  UnitDraft::racks,
                  "Members by rack; or name the unit in machines.csv.")
              .optional(
                  "machines",
                  Shapes.list(patterns()),
                  UnitDraft::machines,
                  "Members by name or pattern, web-[001-480]."));

  private UnitTable() {}

  private static Shape<Placed<String>> label(String example) {
    return Shapes.placed(
        Shapes.matching(LABEL, example, "a rack; write it as machines.csv has it"));
  }

  private static Shape<Placed<MachinePattern>> patterns() {
    return Shapes.placed(pattern());
  }

  /** A machine's name, or a pattern of names. */
  static Shape<MachinePattern> pattern() {
    Shape<String> text = Shapes.text("web-03");
    Shape<String> pattern = Shapes.matching(MachinePattern.REGEX, "web-03", "a pattern");
    return Shapes.parsed(
        text,
        pattern::schema,
        (node, value, reading) ->
            switch (MachinePattern.parse(value)) {
              case MachinePattern.Parsed.Good good -> Optional.of(good.pattern());
              case MachinePattern.Parsed.Bad bad -> {
                reading.problem(node.place(), "\"" + value + "\" " + bad.why());
                yield Optional.empty();
              }
            });
  }
}
