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
 * keeps it over a restart of the agent.
 *
 * @param text empty for one that is known by nothing
 */
record ExecutorToken(String text) {
  private static final int BYTES = 32;
  private static final String FILE = "token";

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
    return new ExecutorToken(text);
  }

  static ExecutorToken load(Path meta) throws IOException {
    Path file = meta.resolve(FILE);
    return new ExecutorToken(Files.isRegularFile(file) ? Files.readString(file).strip() : "");
  }

  boolean is(String given) {
    return !text.isEmpty()
        && MessageDigest.isEqual(
            given.getBytes(StandardCharsets.UTF_8), text.getBytes(StandardCharsets.UTF_8));
  }

  /** Logs of records must not tell it. */
  @Override
  public String toString() {
    return "ExecutorToken[…]";
  }
}
