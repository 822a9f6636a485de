package io.pilothouse.examples.mpi;

import java.util.List;

/**
 * An MPI program.
 *
 * @param ranks processes, all at the same time
 * @param program and its arguments; at the same path on every machine
 */
public record MpiJob(String name, int ranks, List<String> program) {
  public MpiJob {
    program = List.copyOf(program);
    // part of its tasks' ids, which are names of directories on machines
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,63}")) {
      throw new IllegalArgumentException(
          "job '%s': a name has letters, digits, - and _, at most 64".formatted(name));
    }
    if (ranks < 1) {
      throw new IllegalArgumentException(
          "job %s has %d ranks: at least one is needed".formatted(name, ranks));
    }
    if (program.isEmpty()) {
      throw new IllegalArgumentException("job " + name + ": which program it runs is missing");
    }
  }
}
