package io.pilothouse.watchdog.checks;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Runs a program of the system for a check: bounded in time and in what it says. */
final class Tool {
  private static final int MOST = 16 << 20;

  /**
   * What it said.
   *
   * @param exit 128 + n for death by signal n
   */
  record Said(int exit, String output) {}

  private Tool() {}

  /**
   * Runs it; empty when there is no such program.
   *
   * @throws IOException when it does not end in time, or says more than 16 MiB
   */
  static Optional<Said> run(List<String> command, Duration timeout)
      throws IOException, InterruptedException {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      return Optional.empty(); // the JDK says so when it cannot be executed
    }
    AtomicBoolean whole = new AtomicBoolean(true);
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    Thread reader =
        Thread.ofPlatform()
            .name("tool-output")
            .daemon()
            .start(() -> whole.set(read(process.getInputStream(), output)));
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(command.get(0) + " did not end within " + timeout.toMillis() + " ms");
      }
      if (!reader.join(timeout) || !whole.get()) {
        throw new IOException(command.get(0) + " says more than can be read");
      }
      return Optional.of(new Said(process.exitValue(), output.toString(StandardCharsets.UTF_8)));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static boolean read(InputStream in, ByteArrayOutputStream output) {
    byte[] buffer = new byte[8192];
    try (in) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (output.size() + read > MOST) {
          return false;
        }
        output.write(buffer, 0, read);
      }
      return true;
    } catch (IOException e) {
      return false; // it was killed while it spoke
    }
  }
}
