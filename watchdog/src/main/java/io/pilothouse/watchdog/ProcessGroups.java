package io.pilothouse.watchdog;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Signals to whole process groups, which the JDK cannot send: one shell that lives as long as this
 * program sends them, because starting a process for each costs more than most health scripts do.
 */
public final class ProcessGroups {
  private static final Pattern NAME = Pattern.compile("[A-Z]+[0-9]*");
  private static final Sender SENDER = new Sender();

  private ProcessGroups() {}

  /** Sends a signal to a group; replaced in tests. */
  interface Signal {
    void send(long group, String signal) throws IOException, InterruptedException;
  }

  /**
   * Sends a signal to every process of a group; a group that is gone is no error.
   *
   * @param group id of the group: the pid of its leader
   * @param signal name without SIG, for example TERM
   * @throws IOException when no process can be started to send it
   */
  public static void signal(long group, String signal) throws IOException, InterruptedException {
    if (group <= 1) {
      throw new IllegalArgumentException("process group " + group + " (expected: above 1)");
    }
    if (!NAME.matcher(signal).matches()) {
      throw new IllegalArgumentException("signal \"" + signal + "\" (expected: such as TERM)");
    }
    SENDER.send("kill -s " + signal + " -- -" + group);
  }

  /** The shell; it ends with this program, whose death closes its input. */
  private static final class Sender {
    private static final String SENT = "sent";

    private Optional<Shell> shell = Optional.empty();

    synchronized void send(String command) throws IOException, InterruptedException {
      try {
        boolean done = shell.isPresent() && shell.get().did(command);
        if (!done) {
          end();
          shell = Optional.of(Shell.start());
          if (!shell.get().did(command)) {
            throw new IOException("the shell that sends signals did not do: " + command);
          }
        }
      } catch (IOException | InterruptedException e) {
        end(); // its answer is still to come, and would be taken for that of the next command
        throw e;
      }
    }

    private void end() {
      shell.ifPresent(each -> each.process().destroyForcibly());
      shell = Optional.empty();
    }

    private record Shell(Process process, BufferedWriter to, BufferedReader from) {
      private static final Duration ANSWER = Duration.ofSeconds(2);

      static Shell start() throws IOException {
        Process process =
            new ProcessBuilder("/bin/sh").redirectError(ProcessBuilder.Redirect.DISCARD).start();
        return new Shell(process, process.outputWriter(), process.inputReader());
      }

      /** False when somebody has ended or stopped the shell. */
      boolean did(String command) throws InterruptedException {
        try {
          to.write(command + " 2>/dev/null; echo " + SENT + "\n");
          to.flush();
          long deadline = System.nanoTime() + ANSWER.toNanos();
          while (!from.ready()) {
            if (!process.isAlive() || System.nanoTime() - deadline > 0) {
              return false;
            }
            Thread.sleep(1);
          }
          return SENT.equals(from.readLine());
        } catch (IOException e) {
          return false;
        }
      }
    }
  }
}
