package io.pilothouse.cli.offers;

import io.pilothouse.api.v1.ReadTaskFileRequest;
import io.pilothouse.api.v1.TaskSandbox;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.GlobalOptions.Format;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Prints what a task wrote. */
@CommandLine.Command(
    name = "logs",
    description = {
      "Prints what a task wrote to its standard output, or another file of its sandbox, as it is.",
      "After 10 MiB stdout begins anew; what came before is in --file stdout.1. A task that is over",
      "still has its files as long as its sandbox is kept, a week at most. For a task in an executor",
      "of the framework's own: what the executor wrote."
    })
final class TaskLogs extends SchedulerCommand {
  private static final Duration LOOK = Duration.ofMillis(500);

  /** With nothing but refusals that may pass. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Set<String> MAY_PASS =
      Set.of(
          "UNREACHABLE",
          "NO_SCHEDULER",
          "FAILED_PRECONDITION",
          "RESOURCE_EXHAUSTED",
          "DEADLINE_EXCEEDED");

  @Mixin final SandboxOf of = new SandboxOf();

  @Option(names = "--stderr", description = "its standard error instead")
  boolean stderr;

  @Option(names = "--file", paramLabel = "PATH", description = "another file of its sandbox")
  @Nullable String file;

  @Option(
      names = {"-f", "--follow"},
      description = "goes on with what is written until the task ends")
  boolean follow;

  @Option(
      names = "--tail",
      paramLabel = "N",
      defaultValue = "-1",
      description = "begins with the last N lines; default: with the first")
  long tail;

  @Override
  protected ExitCode run() throws InterruptedException {
    TaskSandbox sandbox = of.check();
    if (stderr && file != null) {
      throw CliException.usage(
          "--stderr and --file are two files", "leave one of them out: one file is printed");
    }
    if (tail < -1) {
      throw CliException.usage("--tail %d is no number of lines".formatted(tail), "give 0 or more");
    }
    if (format() != Format.TABLE) {
      throw CliException.usage(
          "-o %s is not possible: the file is printed as it is"
              .formatted(format().name().toLowerCase(Locale.ROOT)),
          "leave -o out");
    }
    String path = file == null ? (stderr ? "stderr" : "stdout") : file;
    ReadTaskFileRequest.Builder question =
        ReadTaskFileRequest.newBuilder().setOf(sandbox).setPath(path);
    TaskFileReader reader = new TaskFileReader(question, System.out, this::say);
    conversation(
        stubs -> {
          TaskFileReader.Pieces pieces = request -> stubs.get().readTaskFile(request);
          if (tail >= 0) {
            reader.skipToLast(tail, pieces);
          }
          if (!follow) {
            reader.printAll(pieces);
          }
          return true;
        });
    if (follow) {
      follow(reader);
    }
    return ExitCode.DONE;
  }

  /** Through changes of leaders, and agents that are away for a moment. */
  private void follow(TaskFileReader reader) throws InterruptedException {
    long refusedSince = -1;
    while (true) {
      try {
        conversation(
            stubs -> {
              followOn(reader, request -> stubs.get().readTaskFile(request));
              return true;
            });
        return;
      } catch (CliException e) {
        if (!reader.hasHeard() || !MAY_PASS.contains(e.code())) {
          throw e;
        }
        long now = System.nanoTime();
        if (refusedSince < 0 || reader.heardAt() - refusedSince > 0) {
          refusedSince = now;
          say("%s; goes on when it can".formatted(e.getMessage()));
        }
        if (now - refusedSince > PATIENCE.toNanos()) {
          throw e;
        }
        Thread.sleep(LOOK);
      }
    }
  }

  private static void followOn(TaskFileReader reader, TaskFileReader.Pieces pieces) {
    while (true) {
      switch (reader.printNext(pieces)) {
        case READ -> {}
        case WAIT -> pause();
        case END -> {
          return;
        }
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(LOOK);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliException(ExitCode.GAVE_UP, "INTERRUPTED", "interrupted", "");
    }
  }
}
