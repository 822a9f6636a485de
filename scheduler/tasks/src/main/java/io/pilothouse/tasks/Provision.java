package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.tasks.fetch.Fetching;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The directory that a command is to run in, and what it wants fetched into it. Under the monitor
 * of {@link Tasks}; what fetches has a thread.
 */
final class Provision {
  private final Machine machine;
  private final String container;
  private final Path mark;
  private Optional<Fetching> fetching = Optional.empty();

  /**
   * For a container.
   *
   * @param meta directory for what the agent knows of it
   */
  Provision(Machine machine, String container, Path meta) {
    this.machine = machine;
    this.container = container;
    this.mark = meta.resolve("fetching");
  }

  /**
   * Makes the directory, and begins to fetch if there is something to.
   *
   * @return whether the command has to wait; the agent's rounds begin when it no more has to
   * @throws IOException in words for the framework
   */
  boolean begin(TaskCommand command, Path sandbox) throws IOException {
    if (wasWaiting()) {
      DurableFiles.deleteTree(sandbox); // of an agent before this one
    }
    command.prepare(sandbox);
    if (command.command().getUrisCount() == 0) {
      return false;
    }
    DurableFiles.replace(mark, new byte[0]);
    fetching =
        Optional.of(
            machine
                .fetcher()
                .start(
                    container, command.command().getUrisList(), command.user(), machine.changed()));
    return true;
  }

  boolean isWaiting() {
    return fetching.isPresent();
  }

  /** Whether an agent before this one ended while it fetched. */
  boolean wasWaiting() {
    return Files.exists(mark);
  }

  /**
   * Whether all is there; the wait is over then.
   *
   * @throws IOException when it cannot be, in words for the framework; the wait is over then, too
   */
  boolean isReady(Path sandbox) throws IOException {
    Fetching now = fetching.orElseThrow();
    if (!now.isDone()) {
      return false;
    }
    fetching = Optional.empty();
    if (now.failure().isPresent()) {
      throw new IOException(now.failure().get());
    }
    now.moveInto(sandbox);
    Files.delete(mark);
    DurableFiles.syncDirectory(DurableFiles.parent(mark));
    return true;
  }

  /** Nobody needs it any more. */
  void cancel() {
    fetching.ifPresent(Fetching::cancel);
    fetching = Optional.empty();
  }
}
