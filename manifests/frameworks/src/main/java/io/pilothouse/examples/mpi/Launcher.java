package io.pilothouse.examples.mpi;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What makes ranks on many machines one program. */
public interface Launcher {

  /**
   * Begins a run, which waits for its machines.
   *
   * @param ranks of each machine, in order
   * @throws IOException says what is missing
   */
  Run start(MpiJob job, List<Integer> ranks) throws IOException;

  /** A run. */
  interface Run {
    /** What each machine has to execute, in order. */
    List<String> commands();

    /** Its status, when all ranks have ended. */
    CompletableFuture<Integer> exit();

    /** Ends it, and its ranks. */
    void kill();
  }
}
