package io.pilothouse.tasks.check;

import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.CheckStatusInfo;
import io.pilothouse.processes.Family;
import io.pilothouse.processes.ProcFs;
import io.pilothouse.watchdog.ProcessGroups;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a command exits with. It runs in a session of its own, which is killed after the look; at
 * the time-out all that it started is, also what forked away.
 */
public final class CommandLook implements Probe {
  private static final Logger log = LoggerFactory.getLogger(CommandLook.class);

  /** The variable that all of one look are told by. */
  public static final String MARK = "PILOT_CHECK";

  /** Of its output, the end; for the words about a failure. */
  private static final int TOLD = 300;

  /** Starts the command. */
  public interface Start {
    /**
     * In a session of its own, with both outputs in one pipe.
     *
     * @param marks variables that it is to have
     * @throws IOException in words for its framework
     */
    Process start(Map<String, String> marks) throws IOException;
  }

  private final Start start;

  public CommandLook(Start start) {
    this.start = start;
  }

  @Override
  public Finding look(Duration timeout) throws InterruptedException {
    CheckStatusInfo.Builder status = CheckStatusInfo.newBuilder().setType(CheckInfo.Type.COMMAND);
    status.getCommandBuilder();
    Map<String, String> marks = Map.of(MARK, UUID.randomUUID().toString());
    Process process;
    try {
      process = start.start(marks);
    } catch (IOException e) {
      return new Finding(status.build(), "Failed to create subprocess: " + e.getMessage());
    }
    Output output = new Output(process.getInputStream());
    boolean ended = false;
    try {
      Thread.ofVirtual().name("check-output").start(output);
      ended = process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS);
      if (!ended) {
        return new Finding(
            status.build(),
            "Command timed out after %s secs".formatted(timeout.toMillis() / 1000.0));
      }
    } finally {
      end(process, marks, ended);
    }
    int code = process.exitValue();
    status.getCommandBuilder().setExitCode(code);
    return new Finding(
        status.build(), code == 0 ? "" : "Command exited with status " + code + output.told());
  }

  /** Looks into every process of the machine only where it must. */
  private static void end(Process process, Map<String, String> marks, boolean ended)
      throws InterruptedException {
    boolean interrupted = Thread.interrupted(); // a kill waits
    try {
      if (!ended) {
        new Family(process.pid(), marks, Optional.empty()).kill();
      } else if (ProcFs.groupRuns(process.pid())) {
        ProcessGroups.signal(process.pid(), "KILL");
      }
      process.getInputStream().close();
    } catch (IOException e) {
      log.warn("what a check started cannot be killed: {}", e.getMessage());
    }
    if (interrupted) {
      throw new InterruptedException();
    }
  }

  /** Reads on whatever comes, so that nobody waits for it, and keeps little. */
  private static final class Output implements Runnable {
    private final InputStream in;
    private String end = "";

    Output(InputStream in) {
      this.in = in;
    }

    @Override
    public void run() {
      byte[] piece = new byte[4096];
      try {
        for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
          add(new String(piece, 0, read, StandardCharsets.UTF_8));
        }
      } catch (IOException e) {
        log.debug("the output of a check ended: {}", e.toString());
      }
    }

    private synchronized void add(String text) {
      String all = end + text;
      end = all.substring(Math.max(0, all.length() - TOLD));
    }

    synchronized String told() {
      String text = end.replaceAll("\\p{Cc}+", " ").strip();
      return text.isEmpty() ? "" : ": " + text;
    }
  }
}
