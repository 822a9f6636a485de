package io.pilothouse.tasks.fetch;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.Optional;

/** The one program at a time that a fetch needs beside this one; ended with the fetch. */
final class Helper implements AutoCloseable {
  private Optional<Process> running = Optional.empty();
  private boolean closed;

  /**
   * Starts one; what it writes as error is dropped.
   *
   * @param input its standard input
   */
  synchronized Process start(List<String> command, File input) throws IOException {
    if (closed) {
      throw new IOException("the fetch is over");
    }
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(new File("/"))
            .redirectInput(input)
            .redirectError(Redirect.DISCARD);
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    running = Optional.of(process);
    return process;
  }

  @Override
  public synchronized void close() {
    closed = true;
    running.ifPresent(Process::destroyForcibly);
  }
}
