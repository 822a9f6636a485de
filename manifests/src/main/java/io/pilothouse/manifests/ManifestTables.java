package io.pilothouse.manifests;

import io.pilothouse.manifests.ManifestDraft.LimitsDraft;
import io.pilothouse.manifests.ManifestDraft.PortDraft;
import io.pilothouse.manifests.ManifestDraft.ProcessDraft;
import io.pilothouse.manifests.ManifestDraft.ReadyDraft;
import io.pilothouse.manifests.ProcessSpec.Probe;
import io.pilothouse.manifests.ProcessSpec.Restart;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;
import java.util.Map;
import java.util.TreeMap;

/** Fields of a {@code manifest.yaml}. */
final class ManifestTables {
  static final Kind<ManifestDraft> MANIFEST =
      new Kind<>(
          "Manifest",
          "What a machine runs, beside the files that it needs.",
          ManifestDraft::new,
          ObjectTable.<ManifestDraft>of()
              .required(
                  "name", Shapes.name("web"), (draft, value) -> draft.name = value, "Its name.")
              .required(
                  "version",
                  FleetTables.version(),
                  (draft, value) -> draft.version = value,
                  "Its version, quoted: 1.10 without quotes would be the number 1.1.")
              .required(
                  "processes",
                  Shapes.list(Shapes.placed(Shapes.object(process(), ProcessDraft::new))),
                  (draft, value) -> draft.processes.addAll(value),
                  "What runs on the machine."));

  private ManifestTables() {}

  private static ObjectTable<ProcessDraft> process() {
    return ObjectTable.<ProcessDraft>of()
        .required(
            "name",
            Shapes.name("server"),
            (draft, value) -> draft.name = value,
            "Its name in the manifest.")
        .required(
            "run",
            Shapes.text("exec ./server"),
            (draft, value) -> draft.run = value,
            "A line for /bin/sh, run in the manifest's directory with PORT set.")
        .optional(
            "env",
            Shapes.environment(),
            (draft, value) -> draft.env = value,
            "Variables of its environment.")
        .optional(
            "limits",
            Shapes.object(limits(), LimitsDraft::new),
            (draft, value) -> draft.limits = value,
            "What it may use at most; checked, but not enforced by this version.")
        .optional(
            "restart",
            Shapes.oneOf(
                new TreeMap<>(
                    Map.of(
                        "always", Restart.ALWAYS,
                        "never", Restart.NEVER,
                        "on-failure", Restart.ON_FAILURE))),
            (draft, value) -> draft.restart = value,
            "When it is started again after it ended; default always.")
        .optional(
            "ready",
            Shapes.placed(Shapes.object(ready(), ReadyDraft::new)),
            (draft, value) -> draft.ready = value,
            "How to see that it serves; default: it runs.")
        .optional(
            "stop-grace",
            Units.durationOrZero(),
            (draft, value) -> draft.stopGrace = value,
            "Time between TERM and KILL when it is stopped; default 10s.");
  }

  private static ObjectTable<LimitsDraft> limits() {
    return ObjectTable.<LimitsDraft>of()
        .optional("cpus", Units.cpus(), (draft, value) -> draft.cpus = value, "Processors.")
        .optional("mem", Units.size(), (draft, value) -> draft.memory = value, "Memory.")
        .optional(
            "pids",
            Shapes.count(1, 4_194_304),
            (draft, value) -> draft.pids = value,
            "Processes and threads.");
  }

  private static ObjectTable<ReadyDraft> ready() {
    return ObjectTable.<ReadyDraft>of()
        .optional(
            "http",
            Shapes.object(http(), PortDraft::new),
            (draft, value) -> draft.probes.add(new Probe.Http(value.path, value.port())),
            "GET of a path answers with a status from 200 to 399.")
        .optional(
            "tcp",
            Shapes.object(tcp(), PortDraft::new),
            (draft, value) -> draft.probes.add(new Probe.Tcp(value.port())),
            "A connection can be made; {} for the machine's PORT.")
        .optional(
            "command",
            Shapes.text("test -f up"),
            (draft, value) -> draft.probes.add(new Probe.Command(value)),
            "A line for /bin/sh that exits with 0.")
        .optional(
            "interval",
            Units.duration(),
            (draft, value) -> draft.interval = value,
            "Time between two looks; default 1s.")
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
        .optional("port", port(), (draft, value) -> draft.port = value, "Default: PORT.");
  }

  private static ObjectTable<PortDraft> tcp() {
    return ObjectTable.<PortDraft>of()
        .optional("port", port(), (draft, value) -> draft.port = value, "Default: PORT.");
  }

  private static Shape<Integer> port() {
    return Shapes.count(1, 65_535);
  }
}
