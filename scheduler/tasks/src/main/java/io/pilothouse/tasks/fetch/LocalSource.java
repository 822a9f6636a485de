package io.pilothouse.tasks.fetch;

import io.pilothouse.filesync.DiskFull;
import io.pilothouse.watchdog.RunAs;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of this machine, read by a program that is the command's user: nobody gets by a URI what
 * the command could not read itself.
 */
final class LocalSource implements Source {
  private static final Logger log = LoggerFactory.getLogger(LocalSource.class);

  private static final int ABSENT = 3;
  private static final int NO_FILE = 4;
  private static final int NO_RIGHT = 5;

  /** Says what tells this content from another in one line, and the content unless it is known. */
  private static final String READ =
      """
      [ -e "$1" ] || exit 3
      [ -f "$1" ] || exit 4
      [ -r "$1" ] || exit 5
      is=$(stat -L -c '%s %y %i' -- "$1") || exit 3
      echo "$is"
      [ "$is" = "$2" ] || exec cat -- "$1"
      """;

  private static final int LONGEST_LINE = 200;
  private static final int PIECE = 64 << 10;
  private static final Duration ENDS_WITHIN = Duration.ofSeconds(2);

  private final Item item;
  private final FetchLimits limits;
  private final Optional<RunAs> user;
  private final Helper helper;

  /** When there was something to read last (nanoTime). */
  private volatile long movedAt;

  LocalSource(Item item, FetchLimits limits, Optional<RunAs> user, Helper helper) {
    this.item = item;
    this.limits = limits;
    this.user = user;
    this.helper = helper;
  }

  @Override
  public Optional<Validator> get(Path to, Validator known)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(user.map(RunAs::prefix).orElse(List.of()));
    command.addAll(
        List.of("/bin/sh", "-c", READ, "pilot-read", item.local().orElseThrow(), known.tag()));
    Process process = helper.start(command, new File("/dev/null"));
    movedAt = System.nanoTime();
    FutureTask<Optional<Validator>> reading = new FutureTask<>(() -> read(process, to, known));
    Thread reader = Thread.ofVirtual().name("fetch-reader").start(reading);
    try {
      return inTime(reading);
    } finally {
      process.destroyForcibly();
      if (!reader.join(ENDS_WITHIN)) {
        // not even a killed program ends that waits for a dead disk: it keeps nobody else waiting
        log.warn("what reads {} does not end: it is left behind", item.shown());
      }
    }
  }

  /** A pipe in its place, or a mount that is dead, would keep it for ever. */
  private Optional<Validator> inTime(FutureTask<Optional<Validator>> reading)
      throws IOException, InterruptedException {
    long begun = System.nanoTime();
    while (true) {
      try {
        return reading.get(limits.stall().toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        long now = System.nanoTime();
        if (now - begun >= limits.whole().toNanos() || now - movedAt >= limits.stall().toNanos()) {
          throw new FetchException(
              item, "it could not be read in time: is it a file on a disk that answers?");
        }
      } catch (ExecutionException e) {
        switch (e.getCause()) {
          case IOException failure -> throw failure;
          case InterruptedException given -> throw given;
          case RuntimeException failure -> throw failure;
          case Error failure -> throw failure;
          default -> throw new IOException(e.getCause());
        }
      }
    }
  }

  private Optional<Validator> read(Process process, Path to, Validator known)
      throws IOException, InterruptedException {
    try (InputStream in = new BufferedInputStream(process.getInputStream())) {
      String is = line(in);
      boolean same = !is.isEmpty() && is.equals(known.tag());
      if (!is.isEmpty() && !same) {
        write(in, to);
      }
      int status = process.waitFor();
      if (status != 0 || is.isEmpty()) {
        throw new FetchException(item, words(status));
      }
      return same ? Optional.empty() : Optional.of(new Validator(is, ""));
    }
  }

  private String words(int status) {
    String who = user.map(RunAs::user).orElseGet(() -> RunAs.self().user());
    return switch (status) {
      case ABSENT -> "there is no such file on this machine that %s can see".formatted(who);
      case NO_FILE -> "it is no file: name one, or an archive of the directory";
      case NO_RIGHT ->
          "%s may not read it: chmod it, or run the task as another user".formatted(who);
      default -> "it could not be read to its end (status %d)".formatted(status);
    };
  }

  private void write(InputStream in, Path to) throws IOException {
    byte[] piece = new byte[PIECE];
    long got = 0;
    try (OutputStream out = Files.newOutputStream(to)) {
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        got += read;
        if (got > limits.file()) {
          throw new FetchException(
              item, "it has more than %d bytes, which is the most".formatted(limits.file()));
        }
        out.write(piece, 0, read);
        movedAt = System.nanoTime();
      }
    } catch (IOException e) {
      throw DiskFull.is(e) ? new FetchException(item, "the machine's disk is full") : e;
    }
  }

  private String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
      if (line.size() < LONGEST_LINE) {
        line.write(next);
      }
    }
    movedAt = System.nanoTime();
    return line.toString(StandardCharsets.UTF_8);
  }
}
