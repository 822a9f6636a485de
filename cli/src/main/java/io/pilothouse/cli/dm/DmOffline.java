package io.pilothouse.cli.dm;

import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.dev.ChildProgram;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is done with files, by a program that knows their formats. */
abstract class DmOffline extends Command {

  abstract List<String> arguments();

  @Override
  protected ExitCode run() throws Exception {
    return ChildProgram.run("inspect", "io.pilothouse.dm.inspect.Main", arguments());
  }

  /** Is it whole? */
  @CommandLine.Command(
      name = "verify",
      description =
          "Compares a backup with what it says of itself: each file, and the whole state.")
  static final class Verify extends DmOffline {
    @Parameters(paramLabel = "DIR", description = "made by pilot dm backup or restore")
    String dir = "";

    @Override
    List<String> arguments() {
      return List.of("verify", dir);
    }
  }

  /** A new cluster. */
  @CommandLine.Command(
      name = "restore",
      description = {
        "Makes of a backup what the replicas of a NEW cluster begin with: device-manager --restore",
        "TARGET. Old replicas cannot join it; leases are over; machines keep their keys."
      })
  static final class Restore extends DmOffline {
    @Parameters(paramLabel = "BACKUP", description = "made by pilot dm backup")
    String backup = "";

    @Parameters(paramLabel = "TARGET", description = "a new directory; a copy for each replica")
    String target = "";

    @Option(
        names = "--cluster",
        paramLabel = "NAME",
        required = true,
        description = "the new cluster's name, another than the old one's")
    String cluster = "";

    @Option(
        names = "--record",
        paramLabel = "DIR",
        description = "also what was decided later: record/ of a replica's data directory")
    String record = "";

    @Option(
        names = "--until",
        paramLabel = "INDEX|TIME",
        description = "of the record, up to this log index or time (RFC 3339) (default: all)")
    String until = "";

    @Override
    List<String> arguments() {
      List<String> arguments =
          new ArrayList<>(List.of("restore", backup, target, "--cluster", cluster));
      ChildProgram.add(arguments, "--record", record);
      ChildProgram.add(arguments, "--until", until);
      return arguments;
    }
  }

  /** Entries. */
  @CommandLine.Command(
      name = "log",
      description = {
        "Prints the entries of a Raft log or a record as JSON lines: of a data directory, a",
        "directory of segments, or one segment. A damaged one is named, with the place."
      })
  static final class InspectLog extends DmOffline {
    @Parameters(paramLabel = "PATH", description = "of a replica that is stopped, or a copy")
    String path = "";

    @Option(names = "--from", paramLabel = "INDEX", description = "begin (default: the first)")
    String from = "";

    @Option(names = "--to", paramLabel = "INDEX", description = "end (default: the last)")
    String to = "";

    @Override
    List<String> arguments() {
      List<String> arguments = new ArrayList<>(List.of("log", path));
      ChildProgram.add(arguments, "--from", from);
      ChildProgram.add(arguments, "--to", to);
      return arguments;
    }
  }

  /** Entities. */
  @CommandLine.Command(
      name = "snapshot",
      description = {
        "Prints the entities of a snapshot, a database, a backup or a data directory as JSON lines."
      })
  static final class InspectSnapshot extends DmOffline {
    @Parameters(paramLabel = "PATH", description = "of a replica that is stopped, or a copy")
    String path = "";

    @Option(names = "--table", paramLabel = "NAME", description = "of one table: machine")
    String table = "";

    @Option(names = "--key", paramLabel = "KEY", description = "of keys that begin so: web-0")
    String key = "";

    @Option(names = "--summary", description = "how many of each, and the state's digest")
    boolean summary;

    @Override
    List<String> arguments() {
      List<String> arguments = new ArrayList<>(List.of("snapshot", path));
      ChildProgram.add(arguments, "--table", table);
      ChildProgram.add(arguments, "--key", key);
      if (summary) {
        arguments.add("--summary");
      }
      return arguments;
    }
  }

  /** Differences. */
  @CommandLine.Command(
      name = "diff",
      description = {
        "Compares two states, each a snapshot, a database, a backup or a data directory: exit code",
        "3 and the first differences by entity when they are not the same."
      })
  static final class InspectDiff extends DmOffline {
    @Parameters(paramLabel = "A", description = "one")
    String one = "";

    @Parameters(paramLabel = "B", description = "the other")
    String other = "";

    @Option(names = "--most", paramLabel = "N", description = "differences shown (default: 20)")
    String most = "";

    @Override
    List<String> arguments() {
      List<String> arguments = new ArrayList<>(List.of("diff", one, other));
      ChildProgram.add(arguments, "--most", most);
      return arguments;
    }
  }
}
