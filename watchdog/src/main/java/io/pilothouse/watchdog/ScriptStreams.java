package io.pilothouse.watchdog;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The two streams that a script writes to, as named pipes that exist while it runs. */
final class ScriptStreams implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ScriptStreams.class);
  private static final int LIMIT = 68 * 1024;
  private static final Duration LAST_OUTPUT = Duration.ofMillis(300);
  private static final String NAME = "pilot-watchdog-";

  private final Path directory;
  private final ScriptOutput out;
  private final ScriptOutput err;

  /**
   * Makes them.
   *
   * @param pipes where
   */
  ScriptStreams(Path pipes) throws IOException, InterruptedException {
    directory = make(pipes);
    try {
      out = new ScriptOutput(out(), LIMIT);
      try {
        err = new ScriptOutput(err(), LIMIT);
      } catch (IOException e) {
        out.giveUp();
        throw e;
      }
    } catch (IOException e) {
      remove();
      throw e;
    }
  }

  /** Removes those of programs that were killed while a script ran. */
  static void removeLeftovers(Path pipes) {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(pipes, NAME + "*-*")) {
      for (Path each : all) {
        String[] parts = each.getFileName().toString().substring(NAME.length()).split("-", 2);
        if (parts[0].matches("\\d{1,9}") && ProcessHandle.of(Long.parseLong(parts[0])).isEmpty()) {
          remove(each);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // another program's, perhaps: they are small, and gone with the next boot
      log.debug("cannot remove what is left in {}", pipes, e);
    }
  }

  private static Path make(Path pipes) throws IOException, InterruptedException {
    Path made = Files.createTempDirectory(pipes, NAME + ProcessHandle.current().pid() + "-");
    Process mkfifo =
        new ProcessBuilder(
                "mkfifo",
                "-m",
                // the directory keeps others out; the script, whoever runs it, may open /dev/stderr
                "622",
                made.resolve("out").toString(),
                made.resolve("err").toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!mkfifo.waitFor(5, TimeUnit.SECONDS) || mkfifo.exitValue() != 0) {
      mkfifo.destroyForcibly();
      remove(made);
      throw new IOException("no named pipes can be made in " + made);
    }
    return made;
  }

  Path out() {
    return directory.resolve("out");
  }

  Path err() {
    return directory.resolve("err");
  }

  /** Starts to read; the script has both open. */
  void read() throws IOException {
    out.read();
    err.read();
  }

  /** Whether both have come to their ends: nothing that the script started writes to them. */
  boolean ended() throws InterruptedException {
    return out.ended(LAST_OUTPUT) && err.ended(LAST_OUTPUT);
  }

  String output() {
    return out.text();
  }

  String errors() {
    return err.text();
  }

  @Override
  public void close() throws IOException {
    try {
      out.giveUp();
    } finally {
      try {
        err.giveUp();
      } finally {
        remove();
      }
    }
  }

  private void remove() throws IOException {
    remove(directory);
  }

  private static void remove(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve("out"));
    Files.deleteIfExists(directory.resolve("err"));
    Files.deleteIfExists(directory);
  }
}
