package io.pilothouse.watchdog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The two streams that a script writes to, as named pipes that exist while it runs. */
final class ScriptStreams implements AutoCloseable {
  private static final int LIMIT = 68 * 1024;
  private static final Duration LAST_OUTPUT = Duration.ofMillis(300);

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

  private static Path make(Path pipes) throws IOException, InterruptedException {
    Path made = Files.createTempDirectory(pipes, "pilot-watchdog-");
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
      Files.deleteIfExists(made.resolve("out"));
      Files.deleteIfExists(made.resolve("err"));
      Files.delete(made);
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
    Files.deleteIfExists(out());
    Files.deleteIfExists(err());
    Files.deleteIfExists(directory);
  }
}
