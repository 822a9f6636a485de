package io.pilothouse.manifests;

import io.pilothouse.manifests.ProcessDraft.BackOffDraft;
import io.pilothouse.manifests.ProcessDraft.BeforeStopDraft;
import io.pilothouse.manifests.ProcessDraft.LimitsDraft;
import io.pilothouse.manifests.ProcessDraft.LogsDraft;
import io.pilothouse.manifests.ProcessDraft.ReloadDraft;
import io.pilothouse.manifests.ProcessDraft.SecretDraft;
import io.pilothouse.manifests.ProcessSpec.Reload;
import io.pilothouse.manifests.ProcessSpec.Restart;
import io.pilothouse.manifests.ProcessSpec.Secret;
import io.pilothouse.manifests.table.Mappings;
import io.pilothouse.manifests.table.ObjectTable;
import io.pilothouse.manifests.table.Shape;
import io.pilothouse.manifests.table.Shapes;
import io.pilothouse.manifests.table.Units;
import java.util.Map;
import java.util.TreeMap;

/** Fields of a process of a {@code manifest.yaml}. */
final class ProcessTable {
  /** A name that is a port's, and part of a variable's. */
  static final String PORT_NAME = "[a-z][a-z0-9-]{0,30}";

  private static final String FILE_NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}";

  private ProcessTable() {}

  static ObjectTable<ProcessDraft> process() {
    return stopping(starting(running(ObjectTable.of())));
  }

  private static ObjectTable<ProcessDraft> running(ObjectTable<ProcessDraft> table) {
    return table
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
            Mappings.environment(),
            (draft, value) -> draft.env = value,
            "Variables of its environment.")
        .optional(
            "env-files",
            Shapes.list(Shapes.placed(relative("conf/server.env"))),
            (draft, value) -> draft.envFiles.addAll(value),
            "Files of the manifest with lines NAME=VALUE; env goes before them, a later file before"
                + " an earlier one.")
        .optional(
            "secrets",
            Shapes.list(Shapes.placed(Shapes.object(secret(), SecretDraft::new))),
            (draft, value) -> draft.secrets.addAll(value),
            "Files of the machine's secrets/ that it is given; it waits for a missing one.")
        .optional(
            "user",
            Shapes.matching(
                "[a-z_][a-z0-9_.-]{0,31}", "www-data", "a user's name; write for example www-data"),
            (draft, value) -> draft.user = value,
            "Whom it runs as, where the agent is root; default: as the agent.")
        .optional(
            "ports",
            Mappings.numbers(PORT_NAME, 0, 1000, "{admin: 1}"),
            (draft, value) -> draft.ports = value,
            "Names of ports, and what is added to PORT for each; every process of the manifest gets"
                + " the number as PORT_NAME.")
        .optional(
            "limits",
            Shapes.object(limits(), LimitsDraft::new),
            (draft, value) -> draft.limits = value,
            "What it may use at most with all that it starts.")
        .optional(
            "logs",
            Shapes.object(logs(), LogsDraft::new),
            (draft, value) -> draft.logs = value,
            "Bounds of its log.");
  }

  private static ObjectTable<ProcessDraft> starting(ObjectTable<ProcessDraft> table) {
    return table
        .optional(
            "after",
            Shapes.list(Shapes.placed(Shapes.name("database"))),
            (draft, value) -> draft.after.addAll(value),
            "Processes that must be ready before it is started, and are stopped after it.")
        .optional(
            "start-timeout",
            Units.duration(),
            (draft, value) -> draft.startTimeout = value,
            "Time in which it must be ready, else it is started anew; default: any.")
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
            "back-off",
            Shapes.checked(
                Shapes.object(backOff(), BackOffDraft::new),
                draft -> draft.first.compareTo(draft.longest) <= 0,
                "first is longer than longest; write for example {first: 1s, longest: 1m}"),
            (draft, value) -> draft.backOff = value.build(),
            "Pause before it is started again, doubled each time.")
        .optional(
            "ready",
            Shapes.placed(LookTable.ready()),
            (draft, value) -> draft.ready = value,
            "How to see that it serves; default: it runs.")
        .optional(
            "live",
            Shapes.placed(LookTable.live()),
            (draft, value) -> draft.live = value,
            "How to see that it hangs, once it was ready: then it is started anew; default: it"
                + " runs.");
  }

  private static ObjectTable<ProcessDraft> stopping(ObjectTable<ProcessDraft> table) {
    return table
        .optional(
            "before-stop",
            Shapes.checked(
                Shapes.object(beforeStop(), BeforeStopDraft::new),
                draft -> draft.run != null || !draft.wait.isZero(),
                "neither run nor wait; write for example {wait: 5s}"),
            (draft, value) -> draft.beforeStop = value.build(),
            "What is done while it still serves, so that load balancers can drain it.")
        .optional(
            "stop-command",
            Shapes.text("./stop"),
            (draft, value) -> draft.stopCommand = value,
            "A line for /bin/sh that stops it; default: TERM to all of it.")
        .optional(
            "stop-grace",
            Units.durationOrZero(),
            (draft, value) -> draft.stopGrace = value,
            "Time between TERM and KILL when it is stopped; default 10s.")
        .optional(
            "reload",
            Shapes.placed(Shapes.object(reload(), ReloadDraft::new)),
            (draft, value) -> draft.reload = value,
            "How it takes in changed files of the manifest's config; default: by a restart.");
  }

  /** A path within the manifest. */
  static Shape<String> relative(String example) {
    return Shapes.matching(
        "(?!/)(?!(.*/)?[.][.](/.*)?$)[^\\n]+",
        example,
        "a path in the manifest's directory; write for example " + example);
  }

  private static ObjectTable<SecretDraft> secret() {
    return ObjectTable.<SecretDraft>of()
        .required(
            "name",
            Shapes.matching(FILE_NAME, "DB_PASSWORD", "a name; use A-Z a-z 0-9 _ . and -"),
            (draft, value) -> draft.name = value,
            "Name of the variable, or of the file in the directory PILOT_SECRETS.")
        .optional(
            "from",
            Shapes.matching(FILE_NAME, "db-password", "a file's name; use A-Z a-z 0-9 _ . and -"),
            (draft, value) -> draft.from = value,
            "The file in the machine's secrets/; default: of the same name.")
        .optional(
            "as",
            Shapes.oneOf(new TreeMap<>(Map.of("env", Secret.As.ENV, "file", Secret.As.FILE))),
            (draft, value) -> draft.as = value,
            "A variable or a file; default file.");
  }

  private static ObjectTable<LimitsDraft> limits() {
    return ObjectTable.<LimitsDraft>of()
        .optional("cpus", Units.cpus(), (draft, value) -> draft.cpus = value, "Processors.")
        .optional(
            "mem",
            Units.size(),
            (draft, value) -> draft.memory = value,
            "Memory; above it, it is killed.")
        .optional(
            "pids",
            Shapes.count(1, 4_194_304),
            (draft, value) -> draft.pids = value,
            "Processes and threads.");
  }

  private static ObjectTable<LogsDraft> logs() {
    return ObjectTable.<LogsDraft>of()
        .optional(
            "max-size",
            Shapes.checked(
                Units.size(), value -> value >= 4096, "it is too small; write at least 4KiB"),
            (draft, value) -> draft.maxSize = value,
            "Size of a file; default 10MiB.")
        .optional(
            "keep",
            Shapes.count(1, 100),
            (draft, value) -> draft.keep = value,
            "Older files that are kept; default 2.");
  }

  private static ObjectTable<BackOffDraft> backOff() {
    return ObjectTable.<BackOffDraft>of()
        .optional(
            "first",
            Units.duration(),
            (draft, value) -> draft.first = value,
            "The first pause; default 500ms.")
        .optional(
            "longest",
            Units.duration(),
            (draft, value) -> draft.longest = value,
            "The longest pause; default 30s.");
  }

  private static ObjectTable<BeforeStopDraft> beforeStop() {
    return ObjectTable.<BeforeStopDraft>of()
        .optional(
            "wait",
            Units.duration(),
            (draft, value) -> draft.wait = value,
            "Time that it goes on serving after run; default none.")
        .optional(
            "run",
            Shapes.text("./drain"),
            (draft, value) -> draft.run = value,
            "A line for /bin/sh.")
        .optional(
            "timeout",
            Units.duration(),
            (draft, value) -> draft.timeout = value,
            "Time that run has; default 10s.");
  }

  private static ObjectTable<ReloadDraft> reload() {
    return ObjectTable.<ReloadDraft>of()
        .optional(
            "signal",
            Shapes.oneOf(
                new TreeMap<>(
                    Map.of("HUP", "HUP", "USR1", "USR1", "USR2", "USR2", "WINCH", "WINCH"))),
            (draft, value) -> draft.ways.add(new Reload.Signal(value)),
            "A signal to the process itself.")
        .optional(
            "command",
            Shapes.text("./reload"),
            (draft, value) -> draft.ways.add(new Reload.Command(value)),
            "A line for /bin/sh that exits with 0 when the files were taken in.");
  }
}
