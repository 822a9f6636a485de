package io.pilothouse.driver;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Statuses until the framework has acknowledged them, and tasks until the first of theirs is: with
 * these an executor subscribes again.
 */
final class Updates {
  private static final int TIMESTAMP = 6;
  private static final int SOURCE_EXECUTOR = 2;

  private final Surroundings around;

  /** By their ids' bytes in hexadecimal; in the order in which they came. */
  private final Map<String, byte[]> tasks = new LinkedHashMap<>();

  private final Map<String, byte[]> updates = new LinkedHashMap<>();

  /** Of {@link #updates}, those that the agent has not taken yet. */
  private final List<String> untaken = new ArrayList<>();

  /** What the last SUBSCRIBE told. */
  private List<String> offered = List.of();

  Updates(Surroundings around) {
    this.around = around;
  }

  private static String key(byte[] id) {
    return HexFormat.of().formatHex(id);
  }

  synchronized void launched(byte[] task) throws IOException {
    tasks.put(key(Fields.of(task).bytes(2)), task);
  }

  /** With what the driver knows of it: whose it is, a uuid, and when. */
  synchronized void add(byte[] status, Fields fields) {
    UUID random = UUID.randomUUID();
    byte[] uuid =
        ByteBuffer.allocate(16)
            .putLong(random.getMostSignificantBits())
            .putLong(random.getLeastSignificantBits())
            .array();
    Message whole =
        new Message()
            .fields(status)
            .bytes(5, around.agentId())
            .bytes(7, around.executor())
            .number(9, SOURCE_EXECUTOR)
            .bytes(Task.STATUS_UUID, uuid);
    if (!fields.has(TIMESTAMP)) {
      whole.real(TIMESTAMP, System.currentTimeMillis() / 1000.0);
    }
    updates.put(key(uuid), whole.toBytes());
    untaken.add(key(uuid));
  }

  /** The agent has heard the last SUBSCRIBE. */
  synchronized void subscribed() {
    untaken.removeAll(offered);
  }

  synchronized void acknowledged(byte[] task, byte[] uuid) {
    updates.remove(key(uuid));
    untaken.remove(key(uuid));
    tasks.remove(key(task));
  }

  /** The oldest that the agent has not taken; empty if it has all. */
  synchronized byte[] next() {
    return untaken.isEmpty() ? new byte[0] : updates.get(untaken.get(0));
  }

  /** The agent has it, or never will. */
  synchronized void done(byte[] update, boolean taken) throws IOException {
    String key = key(Fields.of(update).bytes(Task.STATUS_UUID));
    untaken.remove(key);
    if (!taken) {
      updates.remove(key);
    }
  }

  /** Body of SUBSCRIBE. */
  synchronized Message subscribe() {
    offered = List.copyOf(updates.keySet());
    Message body = new Message().all(1, tasks.values());
    updates.values().forEach(each -> body.message(2, new Message().bytes(1, each)));
    return body;
  }
}
