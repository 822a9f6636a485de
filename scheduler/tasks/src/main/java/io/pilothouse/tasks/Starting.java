package io.pilothouse.tasks;

import io.pilothouse.processes.Cgroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a keeper starts: a command of the machine, or a container. */
interface Starting {
  /**
   * Writes down what it needs: {@code command} for its standard input, at the least.
   *
   * @param meta directory for what the agent knows of it
   * @throws IOException when it cannot be said, in words for its framework
   */
  void write(Path meta, Map<String, String> environment, Optional<Cgroup> cgroup)
      throws IOException;

  /** The words that it is started by, in its groups. */
  List<String> line(Optional<Cgroup> cgroup);
}
