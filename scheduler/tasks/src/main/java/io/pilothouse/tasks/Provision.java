package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.tasks.fetch.Fetcher;
import io.pilothouse.tasks.fetch.Fetching;
import io.pilothouse.tasks.oci.Prepared;
import io.pilothouse.tasks.oci.Preparing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The directory that a command is to run in, what it wants fetched into it, and the container that
 * it asks for. Under the monitor of {@link Tasks}; what fetches and unpacks has threads.
 */
final class Provision {
  /** That an agent does not survive: what is fetched may be what ends it. */
  private static final int MOST_TRIES = 2;

  private final Machine machine;
  private final String container;
  private final Path mark;
  private Optional<Fetching> fetching = Optional.empty();
  private Optional<Preparing> preparing = Optional.empty();
  private boolean waits;

  /**
   * For a container.
   *
   * @param meta directory for what the agent knows of it
   */
  Provision(Machine machine, String container, Path meta) {
    this.machine = machine;
    this.container = container;
    this.mark = mark(meta);
  }

  private static Path mark(Path meta) {
    return meta.resolve("fetching");
  }

  /** How often it was begun to fetch, and nobody lived to see the end. */
  private static int tries(Path mark) throws IOException {
    if (!Files.exists(mark)) {
      return 0;
    }
    String text = Files.readString(mark).strip();
    try {
      return text.isEmpty() ? 1 : Integer.parseInt(text); // an older agent wrote no number
    } catch (NumberFormatException e) {
      throw new IOException("%s has no number but '%s'".formatted(mark, text), e);
    }
  }

  private static void write(Path mark, int tries) throws IOException {
    DurableFiles.replace(mark, Integer.toString(tries).getBytes(StandardCharsets.UTF_8));
  }

  /** An agent ends in order: what it fetches is not to blame. */
  static void leave(Path meta) throws IOException {
    int tries = tries(mark(meta));
    if (tries > 0) {
      write(mark(meta), tries - 1);
    }
  }

  /**
   * Makes the directory, and begins to fetch and unpack if there is something to.
   *
   * @param image of the container that it is to run in; empty for none
   * @return whether the command has to wait; the agent's rounds begin when it no more has to
   * @throws IOException in words for the framework
   */
  boolean begin(TaskCommand command, Path sandbox, Optional<String> image) throws IOException {
    int before = tries(mark);
    if (before >= MOST_TRIES) {
      throw new IOException(
          ("the machine's agent ended %d times while it fetched the URIs%s, and it is not tried"
                  + " again: look at the agent's log, and at what %s")
              .formatted(
                  before,
                  image.isPresent() ? " or unpacked the image" : "",
                  image.isPresent() ? "they hold" : "the URIs hold"));
    }
    if (wasWaiting()) {
      Trash.take(machine.tasks(), sandbox); // of an agent before this one
    }
    command.prepare(sandbox);
    boolean fetches = command.command().getUrisCount() > 0;
    if (!fetches && image.isEmpty()) {
      return false;
    }
    write(mark, before + 1);
    if (fetches) {
      fetching =
          Optional.of(
              machine
                  .fetcher()
                  .start(
                      new Fetcher.Wanted(
                          container, command.command().getUrisList(), command.user(), sandbox),
                      machine.changed()));
    }
    preparing =
        image.map(
            name ->
                machine.bundles().prepare(container, name, machine.fetcher(), machine.changed()));
    waits = true;
    return true;
  }

  boolean isWaiting() {
    return waits;
  }

  /** Whether an agent before this one ended while it fetched. */
  boolean wasWaiting() {
    return Files.exists(mark);
  }

  /**
   * Whether all is in the sandbox; the wait is over then.
   *
   * @throws IOException when it cannot be, in words for the framework; the wait is over then, too
   */
  boolean isReady() throws IOException {
    boolean done =
        fetching.map(Fetching::isDone).orElse(true)
            && preparing.map(Preparing::isDone).orElse(true);
    Optional<String> failure =
        fetching.flatMap(Fetching::failure).or(() -> preparing.flatMap(Preparing::failure));
    if (!done && failure.isEmpty()) {
      return false;
    }
    if (failure.isPresent()) {
      cancel();
      throw new IOException(failure.get());
    }
    waits = false;
    fetching = Optional.empty();
    Files.delete(mark);
    DurableFiles.syncDirectory(DurableFiles.parent(mark));
    return true;
  }

  /** The container that it runs in; only after {@link #isReady} of one with an image. */
  Prepared prepared() {
    return preparing.orElseThrow().prepared();
  }

  /** Nobody needs it any more. */
  void cancel() {
    waits = false;
    fetching.ifPresent(Fetching::cancel);
    fetching = Optional.empty();
    preparing.ifPresent(Preparing::cancel);
    preparing = Optional.empty();
  }
}
