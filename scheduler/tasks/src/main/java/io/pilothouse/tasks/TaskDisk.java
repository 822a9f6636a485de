package io.pilothouse.tasks;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Where things of tasks are on the machine's disk. Sandboxes lie as Mesos' tools expect them:
 * {@code frameworks/F/executors/E/runs/C}.
 *
 * @param root of all of it, below the machine's disk
 */
record TaskDisk(Path root) {
  /** Of one name; a hash takes 65 of it. */
  private static final int LONGEST = 200;

  private static final String PLAIN = "-_.";

  /** What the agent is called by schedulers: kept as long as the disk is. */
  Path agentId() {
    return root.resolve("agent-id");
  }

  /** The highest token of a scheduler's lease that was seen. */
  Path token() {
    return root.resolve("token");
  }

  /** What the agent knows of the tasks it has, by container; nothing of it is the tasks' own. */
  Path meta() {
    return root.resolve("meta");
  }

  Path meta(String container) {
    return meta().resolve(container);
  }

  /** What the agent knows of the executors that frameworks named, by container. */
  Path executors() {
    return root.resolve("executors");
  }

  /** The port that they know the agent at; the next agent has it, too. */
  Path executorPort() {
    return root.resolve("executor-port");
  }

  /** What is being fetched for tasks, and what is kept of it; nobody but the agent gets there. */
  Path fetch() {
    return root.resolve("fetch");
  }

  /** What outlives tasks. */
  Path volumes() {
    return root.resolve("volumes");
  }

  /** What is to be deleted; nobody but the agent gets there. */
  Path trash() {
    return root.resolve("trash");
  }

  Path frameworks() {
    return root.resolve("frameworks");
  }

  /** Where a task runs and may write. */
  Path sandbox(String framework, String executor, String container) {
    return frameworks()
        .resolve(name(framework))
        .resolve("executors")
        .resolve(name(executor))
        .resolve("runs")
        .resolve(container);
  }

  /** An id of a framework's making as the name of a file: never a path, never too long. */
  static String name(String id) {
    StringBuilder name = new StringBuilder();
    for (byte each : id.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (each & 0xff);
      boolean alone = c == '.' && name.isEmpty();
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || PLAIN.indexOf(c) >= 0;
      if (plain && !alone) {
        name.append(c);
      } else {
        name.append('%').append(HexFormat.of().withUpperCase().toHexDigits(each));
      }
    }
    return name.length() <= LONGEST
        ? name.toString()
        : name.substring(0, LONGEST - 65) + "%" + sha256(id);
  }

  private static String sha256(String text) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
