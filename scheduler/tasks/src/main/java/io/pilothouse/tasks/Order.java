package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * That something is to end, in a file, before anything is done about it. Where the disk is full it
 * is done nevertheless, and written down later: what is to end may be what fills the disk.
 */
final class Order {
  private static final Logger log = LoggerFactory.getLogger(Order.class);
  private static final String KILL = "kill";

  private final Path meta;
  private Optional<AgentKill> unwritten = Optional.empty();

  /**
   * Of a task.
   *
   * @param meta directory for what the agent knows of it
   */
  Order(Path meta) {
    this.meta = meta;
  }

  /** One that an agent before this one had. */
  Optional<AgentKill> read() throws IOException {
    Path file = meta.resolve(KILL);
    return Files.isRegularFile(file)
        ? Optional.of(AgentKill.parseFrom(Files.readAllBytes(file)))
        : Optional.empty();
  }

  /** Written down, if there is room. */
  void write(AgentKill order) throws IOException {
    unwritten = Optional.of(order);
    writeAgain();
  }

  /** Tries again what there was no room for. */
  void writeAgain() throws IOException {
    if (unwritten.isPresent() && written(meta.resolve(KILL), unwritten.get().toByteArray())) {
      unwritten = Optional.empty();
    }
  }

  /**
   * Writes what is to be known by the next agent.
   *
   * @return whether there was room for it
   * @throws IOException for any other reason
   */
  static boolean written(Path file, byte[] bytes) throws IOException {
    try {
      DurableFiles.replace(file, bytes);
      return true;
    } catch (IOException e) {
      if (!DiskFull.is(e)) {
        throw e;
      }
      log.warn("{} is done though it cannot be written down: {}", file, e.toString());
      return false;
    }
  }
}
