package io.pilothouse.examples.frameworks;

import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkException;
import io.pilothouse.mesos.v1.TaskID;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tasks of which it is not known what became of them: those just launched, whose launch may never
 * arrive, and after a new subscription all. They are asked for by name until each has an answer; a
 * task that the scheduler has never heard of is told as lost. For one thread at a time.
 */
public final class Doubts {
  private static final Logger LOG = LoggerFactory.getLogger(Doubts.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Map<String, Instant> asked = new LinkedHashMap<>();

  /** They will be told of soon, or are asked for. */
  public void about(Collection<String> tasks, Instant now) {
    tasks.forEach(each -> asked.put(each, now));
  }

  /** There was news of it. */
  public void heard(String task) {
    asked.remove(task);
  }

  /** Asks for those of which nothing was heard for a while. */
  public void tick(Framework framework, Instant now) {
    List<TaskID> silent = new ArrayList<>();
    asked.forEach(
        (task, since) -> {
          if (now.isAfter(since.plus(PATIENCE))) {
            silent.add(TaskID.newBuilder().setValue(task).build());
          }
        });
    if (silent.isEmpty() || !framework.isConnected()) {
      return;
    }
    silent.forEach(each -> asked.put(each.getValue(), now));
    try {
      framework.reconcile(silent);
    } catch (FrameworkException e) {
      LOG.warn("could not ask for {} tasks, and will again: {}", silent.size(), e.getMessage());
    }
  }
}
