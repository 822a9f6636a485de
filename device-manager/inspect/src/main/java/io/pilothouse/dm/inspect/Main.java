package io.pilothouse.dm.inspect;

import java.io.IOException;
import java.io.PrintStream;
import java.time.DateTimeException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Started by {@code pilot dm}. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Reads the files of a Device Manager that need not run.",
    subcommands = {
      LogCommand.class,
      SnapshotCommand.class,
      DiffCommand.class,
      VerifyCommand.class,
      RestoreCommand.class
    },
    footer = {"", "Exit codes: 0 done, 1 damaged or not there, 2 wrong flags, 3 states differ."})
public final class Main implements Runnable {

  static final int DAMAGED = 1;
  static final int DIFFERENT = 3;

  /** Until the parser has set it. */
  static final Main UNSET = new Main(System.out);

  @Spec private CommandSpec spec = CommandSpec.create();

  private final PrintStream out;

  private Main(PrintStream out) {
    this.out = out;
  }

  /** Ends the process with the exit code. */
  public static void main(String[] args) {
    System.exit(run(System.out, System.err, args));
  }

  static int run(PrintStream out, PrintStream err, String... args) {
    CommandLine line = new CommandLine(new Main(out));
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          out.flush();
          if (e instanceof IOException
              || e instanceof IllegalArgumentException
              || e instanceof DateTimeException) {
            err.println("pilot: " + e.getMessage());
            return DAMAGED;
          }
          throw e;
        });
    int code = line.execute(args);
    out.flush();
    return code;
  }

  PrintStream out() {
    return out;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a verb is missing");
  }
}
