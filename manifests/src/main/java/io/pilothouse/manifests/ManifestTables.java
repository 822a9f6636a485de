package io.pilothouse.manifests;

import io.pilothouse.manifests.ManifestDraft.HookDraft;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;

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
                  Shapes.list(
                      Shapes.placed(Shapes.object(ProcessTable.process(), ProcessDraft::new))),
                  (draft, value) -> draft.processes.addAll(value),
                  "What runs on the machine.")
              .optional(
                  "config",
                  Shapes.list(ConfigGlob.shape()),
                  (draft, value) -> draft.config.addAll(value),
                  "Globs of files in the manifest's directory; between two versions that differ in"
                      + " these alone, processes with a reload run on.")
              .optional(
                  "after-switch",
                  Shapes.object(hook(), HookDraft::new),
                  (draft, value) -> draft.afterSwitch = value,
                  "What is run once after a switch to this version, when all its processes are"
                      + " ready; it fails the switch by failing."));

  private ManifestTables() {}

  private static ObjectTable<HookDraft> hook() {
    return ObjectTable.<HookDraft>of()
        .required(
            "run",
            Shapes.text("./smoke-test"),
            (draft, value) -> draft.run = value,
            "A line for /bin/sh, run in the manifest's directory.")
        .optional(
            "timeout",
            Units.duration(),
            (draft, value) -> draft.timeout = value,
            "Time that it has; default 60s.");
  }
}
