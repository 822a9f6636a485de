package io.pilothouse.examples.mpi;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hydra, mpich's process manager. Its {@code mpiexec}, run beside the framework with {@code
 * -launcher manual}, logs in nowhere: it prints what each machine has to execute, a proxy that
 * calls back and starts the machine's ranks, and waits. The proxies become our tasks. Output of all
 * ranks comes back by them, and is {@code mpiexec}'s.
 */
public final class Hydra implements Launcher {
  private static final String COMMAND = "HYDRA_LAUNCH: ";
  private static final String ALL = "HYDRA_LAUNCH_END";
  private static final long PATIENCE_S = 20;
  private static final long GRACE_S = 3;

  private final String address;
  private final Consumer<String> output;

  /**
   * Needs Debian's package mpich here and on the machines.
   *
   * @param address of this host, as machines reach it
   * @param output is told each line that a job prints
   */
  public Hydra(String address, Consumer<String> output) {
    this.address = address;
    this.output = output;
  }

  @Override
  public Run start(MpiJob job, List<Integer> ranks) throws IOException {
    List<String> hosts = new ArrayList<>();
    for (int machine = 0; machine < ranks.size(); machine++) {
      // nobody looks these names up: they tell mpiexec which ranks share a machine
      hosts.add("machine" + machine + ":" + ranks.get(machine));
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                "mpiexec",
                "-launcher",
                "manual",
                "-localhost",
                address,
                "-hosts",
                String.join(",", hosts),
                "-n",
                Integer.toString(job.ranks())));
    command.addAll(job.program());
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .start();
    } catch (IOException e) {
      throw new IOException("mpiexec does not start; is it there? apt-get install mpich", e);
    }
    Running run = new Running(process);
    Thread reader = Thread.ofVirtual().name("mpiexec-" + job.name()).start(() -> read(run));
    try {
      run.awaitCommands(ranks.size());
    } catch (IOException e) {
      run.kill();
      reader.interrupt();
      throw e;
    }
    return run;
  }

  /** All that it says, until its end. */
  private void read(Running run) {
    try (BufferedReader in = run.process.inputReader()) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith(COMMAND)) {
          run.said.add(line.substring(COMMAND.length()).strip());
        } else if (line.startsWith(ALL)) {
          run.said.add(ALL);
        } else {
          output.accept(line);
        }
      }
      run.exit.complete(run.process.waitFor());
    } catch (IOException e) {
      run.kill();
      run.exit.complete(-1); // its output is gone, and what it did with it
    } catch (InterruptedException e) {
      run.kill();
      run.exit.complete(-1);
      Thread.currentThread().interrupt();
    }
  }

  private static final class Running implements Run {
    private final Process process;
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private List<String> commands = List.of();

    Running(Process process) {
      this.process = process;
    }

    void awaitCommands(int machines) throws IOException {
      List<String> all = new ArrayList<>();
      while (true) {
        @Nullable String line;
        try {
          line = said.poll(PATIENCE_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted while it waited for mpiexec", e);
        }
        if (line == null) {
          throw new IOException(
              "mpiexec has not said within %d s what machines are to execute"
                  .formatted(PATIENCE_S));
        }
        if (line.equals(ALL)) {
          break;
        }
        all.add(line);
      }
      if (all.size() != machines) {
        throw new IOException(
            "mpiexec has commands for %d machines, not for %d: %s"
                .formatted(all.size(), machines, all));
      }
      commands = List.copyOf(all);
    }

    @Override
    public List<String> commands() {
      return commands;
    }

    @Override
    public CompletableFuture<Integer> exit() {
      return exit;
    }

    @Override
    public void kill() {
      process.destroy(); // it has its proxies end their ranks
      // and waits for those that have never come
      CompletableFuture.delayedExecutor(GRACE_S, TimeUnit.SECONDS)
          .execute(process::destroyForcibly);
    }
  }
}
