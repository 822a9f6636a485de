package io.pilothouse.tasks;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The statuses of one task, each on the disk before anybody hears of it, until the framework has
 * acknowledged it. A file for each, replaced by one rename: {@code 00000002.update}, acknowledged
 * {@code 00000002.acked}; the last ones stay, so that a restarted agent knows how the task is.
 */
final class UpdateLog {
  private static final Logger log = LoggerFactory.getLogger(UpdateLog.class);
  private static final String WAITS = ".update";
  private static final String ACKED = ".acked";

  /** Acknowledged ones that are kept, for an executor that did not hear of it and tells again. */
  private static final int KEPT = 32;

  private record Entry(long number, TaskStatus status) {}

  private final Path dir;
  private final Deque<Entry> waiting = new ArrayDeque<>();
  private final Deque<ByteString> acknowledged = new ArrayDeque<>();
  private Optional<TaskStatus> latest = Optional.empty();
  private long next = 1;
  private long size;

  private UpdateLog(Path dir) {
    this.dir = dir;
  }

  /** What is there, or a log without any. */
  static UpdateLog open(Path dir) throws IOException {
    UpdateLog updates = new UpdateLog(dir);
    Files.createDirectories(dir);
    List<Path> files;
    try (Stream<Path> list = Files.list(dir)) {
      files = list.sorted().toList();
    }
    for (Path file : files) {
      updates.load(file);
    }
    return updates;
  }

  private void load(Path file) throws IOException {
    String name = file.getFileName().toString();
    boolean waits = name.endsWith(WAITS);
    if (!waits && !name.endsWith(ACKED)) {
      return; // half written when the power went
    }
    long number = Long.parseLong(name.substring(0, name.indexOf('.')));
    next = Math.max(next, number + 1);
    try {
      TaskStatus status = TaskStatus.parseFrom(Files.readAllBytes(file));
      latest = Optional.of(status);
      if (waits) {
        hold(new Entry(number, status));
      } else {
        acknowledged.addLast(status.getUuid());
      }
    } catch (InvalidProtocolBufferException e) {
      log.warn("{} is damaged and left out", file);
    }
  }

  void append(TaskStatus status) throws IOException {
    Entry entry = new Entry(next, status);
    DurableFiles.replace(file(entry, WAITS), status.toByteArray());
    next++; // not before: where the disk is full each try would leave a file of its own
    hold(entry);
    latest = Optional.of(status);
  }

  private void hold(Entry entry) {
    waiting.addLast(entry);
    size += entry.status().getSerializedSize();
  }

  /** The one to be told now: one at a time, in order. */
  Optional<TaskStatus> first() {
    return Optional.ofNullable(waiting.peekFirst()).map(Entry::status);
  }

  /**
   * The framework has heard the first.
   *
   * @return whether it was this one; another was acknowledged before, or is none of this task
   */
  boolean acknowledge(ByteString uuid) throws IOException {
    Entry first = waiting.peekFirst();
    if (first == null || !first.status().getUuid().equals(uuid)) {
      return false;
    }
    Files.move(file(first, WAITS), file(first, ACKED), StandardCopyOption.ATOMIC_MOVE);
    if (first.number() > KEPT) {
      Entry before = new Entry(first.number() - KEPT, first.status());
      Files.deleteIfExists(file(before, ACKED));
    }
    DurableFiles.syncDirectory(dir);
    waiting.removeFirst();
    size -= first.status().getSerializedSize();
    acknowledged.addLast(uuid);
    if (acknowledged.size() > KEPT) {
      acknowledged.removeFirst();
    }
    return true;
  }

  /** Whether a status with this uuid waits here, or was acknowledged lately. */
  boolean knows(ByteString uuid) {
    return isAcknowledged(uuid)
        || waiting.stream().anyMatch(each -> each.status().getUuid().equals(uuid));
  }

  boolean isAcknowledged(ByteString uuid) {
    return acknowledged.contains(uuid);
  }

  /** Of those that wait, in bytes. */
  long size() {
    return size;
  }

  private Path file(Entry entry, String ending) {
    return dir.resolve("%08d%s".formatted(entry.number(), ending));
  }

  /** The newest, told or not. */
  Optional<TaskStatus> latest() {
    return latest;
  }

  /** Whether one that was said for this reason is not acknowledged yet. */
  boolean isWaiting(Reason reason) {
    return waiting.stream()
        .map(Entry::status)
        .anyMatch(each -> each.hasReason() && each.getReason() == reason);
  }

  int unacknowledged() {
    return waiting.size();
  }

  boolean hasEnded() {
    return latest.map(TaskStatus::getState).filter(UpdateLog::isTerminal).isPresent();
  }

  /** Whether the task is over, and its framework knows. */
  boolean isDone() {
    return hasEnded() && waiting.isEmpty();
  }

  static boolean isTerminal(TaskState state) {
    return switch (state) {
      case TASK_FINISHED,
          TASK_FAILED,
          TASK_KILLED,
          TASK_ERROR,
          TASK_LOST,
          TASK_DROPPED,
          TASK_GONE ->
          true;
      case TASK_STAGING,
          TASK_STARTING,
          TASK_RUNNING,
          TASK_KILLING,
          TASK_UNREACHABLE,
          TASK_GONE_BY_OPERATOR,
          TASK_UNKNOWN ->
          false;
    };
  }
}
