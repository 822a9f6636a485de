package io.pilothouse.manifests;

import io.pilothouse.manifests.ManifestDraft.LookDraft;
import io.pilothouse.manifests.ManifestDraft.PortDraft;
import io.pilothouse.manifests.ManifestDraft.ProbeDraft;
import io.pilothouse.manifests.table.Mappings;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.table.Units;

/** Fields of {@code ready} and {@code live}. */
final class LookTable {
  private static final String PORT = "A number, or a name of the manifest's ports; default: PORT.";

  private LookTable() {}

  static Shape<LookDraft> ready() {
    return Shapes.object(look("1s"), LookDraft::new);
  }

  static Shape<LookDraft> live() {
    return Shapes.object(
        look("10s")
            .optional(
                "failures",
                Shapes.count(1, 1000),
                (draft, value) -> draft.failures = value,
                "Looks in a row that must fail; default 3."),
        LookDraft::new);
  }

  private static ObjectTable<LookDraft> look(String interval) {
    return ObjectTable.<LookDraft>of()
        .optional(
            "http",
            Shapes.object(http(), PortDraft::new),
            (draft, value) -> draft.probes.add(ProbeDraft.http(value)),
            "GET of a path answers with a status from 200 to 399.")
        .optional(
            "tcp",
            Shapes.object(tcp(), PortDraft::new),
            (draft, value) -> draft.probes.add(ProbeDraft.tcp(value)),
            "A connection can be made; {} for the machine's PORT.")
        .optional(
            "command",
            Shapes.text("test -f up"),
            (draft, value) -> draft.probes.add(ProbeDraft.command(value)),
            "A line for /bin/sh that exits with 0.")
        .optional(
            "interval",
            Units.duration(),
            (draft, value) -> draft.interval = value,
            "Time between two looks; default %s.".formatted(interval))
        .optional(
            "timeout",
            Units.duration(),
            (draft, value) -> draft.timeout = value,
            "Time that one look has; default 2s.");
  }

  private static ObjectTable<PortDraft> http() {
    return ObjectTable.<PortDraft>of()
        .required(
            "path",
            Shapes.matching("/[!-~]*", "/healthz", "a path; write for example /healthz"),
            (draft, value) -> draft.path = value,
            "Path of the URL.")
        .optional("port", port(), (draft, value) -> draft.port = value, PORT);
  }

  private static ObjectTable<PortDraft> tcp() {
    return ObjectTable.<PortDraft>of()
        .optional("port", port(), (draft, value) -> draft.port = value, PORT);
  }

  private static Shape<Placed<String>> port() {
    return Shapes.placed(Mappings.numberOrName(1, 65_535, ProcessTable.PORT_NAME));
  }
}
