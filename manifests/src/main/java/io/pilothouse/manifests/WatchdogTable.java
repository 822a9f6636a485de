package io.pilothouse.manifests;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Shapes.Placed;
import io.pilothouse.manifests.table.Units;
import java.util.Map;
import java.util.TreeMap;

/** Fields of a Watchdog document, and of the header of a script that was dropped in. */
final class WatchdogTable {
  /** What the header of a script may say. */
  static final ObjectTable<WatchdogDraft> HEADER = common(ObjectTable.of());

  static final Kind<WatchdogDraft> WATCHDOG =
      new Kind<>(
          "Watchdog",
          "Something that judges machines.",
          WatchdogDraft::new,
          common(
              ObjectTable.<WatchdogDraft>of()
                  .required(
                      "name",
                      Shapes.name("disk"),
                      (draft, value) -> draft.spec.setName(value),
                      "Its name.")
                  .optional(
                      "run",
                      Shapes.placed(
                          Shapes.oneOf(
                              new TreeMap<>(
                                  Map.of(
                                      "builtin",
                                      WatchdogSpec.Runner.BUILTIN,
                                      "external",
                                      WatchdogSpec.Runner.EXTERNAL,
                                      "remote",
                                      WatchdogSpec.Runner.REMOTE,
                                      "script",
                                      WatchdogSpec.Runner.SCRIPT)))),
                      (draft, value) -> draft.run = value,
                      "builtin, remote (`pilot watchdog builtins` lists both), external (reported through the"
                          + " API) or script.")
                  .optional(
                      "builtin",
                      Shapes.placed(Shapes.text("crash-loop")),
                      (draft, value) -> {
                        draft.builtin = value;
                        draft.spec.setBuiltin(value.value());
                      },
                      "Which built-in or remote one; default the one of its own name.")
                  .optional(
                      "script",
                      Shapes.placed(Shapes.text("disk.sh")),
                      (draft, value) -> draft.script = value,
                      "The executable, a path from this file's directory; at most 64 KiB.")
                  .optional(
                      "args",
                      Shapes.placed(Shapes.list(Shapes.text("-v"))),
                      (draft, value) -> {
                        draft.args = value;
                        draft.spec.addAllArgs(value.value());
                      },
                      "Arguments of the script; KEY=VALUE for a built-in one.")
                  .optional(
                      "quorum",
                      Shapes.placed(Shapes.count(1, 16)),
                      (draft, value) -> {
                        draft.spec.setQuorum(value.value());
                        draft.quorum = value;
                      },
                      "Of a remote one: an ERROR needs observers in so many fault domains;"
                          + " default 1.")
                  .optional(
                      "reporters",
                      Shapes.placed(
                          Shapes.list(
                              Shapes.matching(
                                  "(operator|machine|satellite|watchdog)/[A-Za-z0-9][A-Za-z0-9._@-]{0,62}",
                                  "watchdog/burn-test",
                                  "a principal, such as watchdog/burn-test"))),
                      (draft, value) -> {
                        draft.spec.addAllReporters(value.value());
                        draft.reporters = value;
                      },
                      "Of an external one: the principals that may report; default watchdog/NAME.")
                  .optional(
                      "quota-per-minute",
                      Shapes.placed(Shapes.count(1, 10_000_000)),
                      (draft, value) -> {
                        draft.spec.setQuotaPerMinute(value.value());
                        draft.quota = value;
                      },
                      "Reports of one reporter that are taken; default three times what its machines"
                          + " need at every.")));

  private WatchdogTable() {}

  private static ObjectTable<WatchdogDraft> common(ObjectTable<WatchdogDraft> table) {
    return table
        .optional(
            "every",
            Units.duration(),
            (draft, value) -> draft.spec.setEveryMs(value.toMillis()),
            "How often it runs; default 60s.")
        .optional(
            "timeout",
            Units.duration(),
            (draft, value) -> draft.spec.setTimeoutMs(value.toMillis()),
            "When it is killed; default 10s.")
        .optional(
            "valid-for",
            Shapes.placed(Units.duration()),
            (draft, value) -> {
              draft.spec.setValidForMs(value.value().toMillis());
              draft.validFor = new Placed<>(value.place(), value.value().toMillis());
            },
            "How long its verdict counts; silence beyond it is an error; default 3 x every.")
        .optional(
            "severity",
            Shapes.oneOf(new TreeMap<>(Map.of("fatal", Severity.FATAL, "normal", Severity.NORMAL))),
            (draft, value) -> draft.spec.setSeverity(value),
            "Of an ERROR that names none; fatal means replace the hardware; default normal.")
        .optional(
            "types",
            Shapes.list(Shapes.reference("MachineType", "frontend")),
            (draft, value) -> draft.spec.addAllTypes(value),
            "Machine types it runs on, beside those that list it.")
        .optional(
            "mode",
            Shapes.oneOf(
                new TreeMap<>(
                    Map.of("live", WatchdogState.Mode.LIVE, "shadow", WatchdogState.Mode.SHADOW))),
            (draft, value) -> draft.spec.setInitialMode(value),
            "When it is new: shadow (recorded, counts for nothing) or live; default shadow.")
        .optional(
            "timeout-is",
            Shapes.oneOf(new TreeMap<>(Map.of("error", true, "unknown", false))),
            (draft, value) -> draft.spec.setTimeoutIsError(value),
            "The verdict when it is killed for its time-out: error or unknown; default unknown.")
        .optional(
            "promote-after",
            Units.duration(),
            (draft, value) -> draft.spec.setPromoteAfterMs(value.toMillis()),
            "Shadow becomes live after so long without an ERROR that nothing confirmed; default"
                + " never.")
        .optional(
            "silence",
            Shapes.oneOf(new TreeMap<>(Map.of("error", false, "ignore", true))),
            (draft, value) -> draft.spec.setSilenceIgnored(value),
            "What a report that does not come is: error, or ignore; default error.")
        .optional(
            "protocol",
            Shapes.oneOf(
                new TreeMap<>(
                    Map.of(
                        "consul",
                        WatchdogSpec.Protocol.CONSUL,
                        "nagios",
                        WatchdogSpec.Protocol.NAGIOS,
                        "npd",
                        WatchdogSpec.Protocol.NPD))),
            (draft, value) -> draft.spec.setProtocol(value),
            "How a script's exit status is read: nagios, consul or npd; default nagios.")
        .optional(
            "user",
            Shapes.matching(
                "[a-z_][a-z0-9_.-]{0,31}", "nobody", "a user's name, such as nobody or root"),
            (draft, value) -> draft.spec.setUser(value),
            "Whom a script runs as where the agent is root; default nobody.");
  }
}
