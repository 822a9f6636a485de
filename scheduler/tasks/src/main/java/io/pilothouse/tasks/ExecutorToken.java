package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * What an executor is known by when it calls. In a file that nobody else reads, since the executor
 * keeps it over a restart of the agent. Under the monitor of {@link Tasks}.
 */
final class ExecutorToken {
  private static final int BYTES = 32;
  private static final String FILE = "token";
  private static final String USED = "token-used";

  private final Path meta;

  /** Empty for one that is known by nothing. */
  private final String text;

  private boolean used;

  private ExecutorToken(Path meta, String text) {
    this.meta = meta;
    this.text = text;
    this.used = Files.exists(meta.resolve(USED));
  }

  /** A new one, in a directory that has none. */
  static ExecutorToken create(Path meta) throws IOException {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    Path file =
        Files.createFile(
            meta.resolve(FILE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    DurableFiles.write(file, text.getBytes(StandardCharsets.UTF_8));
    return new ExecutorToken(meta, text);
  }

  static ExecutorToken load(Path meta) throws IOException {
    Path file = meta.resolve(FILE);
    return new ExecutorToken(meta, Files.isRegularFile(file) ? Files.readString(file).strip() : "");
  }

  /** As the executor's environment has it. */
  String text() {
    return text;
  }

  boolean is(String given) {
    return !text.isEmpty()
        && MessageDigest.isEqual(
            given.getBytes(StandardCharsets.UTF_8), text.getBytes(StandardCharsets.UTF_8));
  }

  /** The executor has shown it: from now on, under the next agent too, it is known by it alone. */
  void shown() throws IOException {
    if (!used) {
      Files.createFile(meta.resolve(USED));
      used = true;
    }
  }

  /** Whether the executor has ever shown it. */
  boolean wasShown() {
    return used;
  }

  /** Logs must not tell it. */
  @Override
  public String toString() {
    return "ExecutorToken[…]";
  }
}
