package io.pilothouse.agent;

import io.pilothouse.manifests.ProcessSpec.BeforeStop;
import io.pilothouse.manifests.ProcessSpec.Stop;
import io.pilothouse.processes.Family;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stops a process: lets it be drained, asks it to end, and kills it when it does not. */
record ProcessStop(String name, Stop how, ShellLine shell) {
  private static final Logger log = LoggerFactory.getLogger(ProcessStop.class);

  /** Returns when all of it is gone. */
  void stop(Family family) throws IOException, InterruptedException {
    if (how.before().isPresent()) {
      drain(how.before().get());
    }
    long start = System.nanoTime();
    Optional<String> failure =
        how.command().isPresent()
            ? shell.run("stop-command", how.command().get(), how.grace())
            : Optional.empty();
    failure.ifPresent(each -> log.warn("{}: {}", name, each));
    if (how.command().isEmpty() || failure.isPresent()) {
      family.terminate();
    }
    family.end(how.grace().minusNanos(System.nanoTime() - start));
  }

  /** A hook that fails holds up no stop: the machine may have to be rid of the process. */
  private void drain(BeforeStop before) throws InterruptedException {
    if (before.run().isPresent()) {
      shell
          .run("before-stop", before.run().get(), before.timeout())
          .ifPresent(each -> log.warn("{}: {}", name, each));
    }
    Thread.sleep(before.pause());
  }
}
