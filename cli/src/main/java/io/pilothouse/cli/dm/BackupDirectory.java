package io.pilothouse.cli.dm;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.BackupFile;
import io.pilothouse.api.v1.ReadBackupReply;
import io.pilothouse.api.v1.ReadBackupRequest;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.client.LightClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.stream.Stream;

/** A backup on its way in: beside its directory until it is whole and on the disk. */
final class BackupDirectory implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Path target;
  private final Path unfinished;
  private boolean finished;

  BackupDirectory(Path target) throws IOException {
    this.target = target.toAbsolutePath().normalize();
    this.unfinished = this.target.resolveSibling(this.target.getFileName() + ".unfinished");
    remove(unfinished);
    Files.createDirectories(unfinished.resolve("db"));
  }

  /** Refuses a directory that holds anything. */
  static void requireNew(Path target) throws IOException {
    if (Files.exists(target) && !isEmptyDirectory(target)) {
      throw new CliException(
          ExitCode.REFUSED, "NOT_EMPTY", target + " exists already", "choose a new directory");
    }
  }

  void fetch(BackupFile file, LightClient client, String backup) throws IOException {
    if (!file.getName().matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new CliException(
          ExitCode.FAILED, "BAD_NAME", "the replica names a file '" + file.getName() + "'", "");
    }
    MessageDigest sha256 = sha256();
    try (FileChannel out =
        FileChannel.open(
            unfinished.resolve("db").resolve(file.getName()),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE)) {
      for (long at = 0; at < file.getSize(); at = out.position()) {
        ReadBackupReply piece =
            client.call(
                DmMembers.SERVICE + "ReadBackup",
                ReadBackupRequest.newBuilder()
                    .setBackup(backup)
                    .setFile(file.getName())
                    .setOffset(at)
                    .build(),
                ReadBackupReply.parser(),
                PATIENCE,
                PATIENCE);
        write(out, piece.getBytes());
        sha256.update(piece.getBytes().asReadOnlyByteBuffer());
      }
      out.force(true);
    }
    String found = HexFormat.of().formatHex(sha256.digest());
    if (!found.equals(file.getSha256())) {
      throw new CliException(
          ExitCode.FAILED,
          "DAMAGED",
          "%s came with SHA-256 %s, not %s".formatted(file.getName(), found, file.getSha256()),
          "try again; when it stays so, back up --from another replica and look at this one's disk");
    }
  }

  private static void write(FileChannel out, ByteString bytes) throws IOException {
    if (bytes.isEmpty()) {
      throw new IOException("the file ended before its size");
    }
    ByteBuffer left = bytes.asReadOnlyByteBuffer();
    while (left.hasRemaining()) {
      out.write(left);
    }
  }

  void finish(String manifest) throws IOException {
    Path file = unfinished.resolve("MANIFEST");
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer text = ByteBuffer.wrap(manifest.getBytes(StandardCharsets.UTF_8));
      while (text.hasRemaining()) {
        out.write(text);
      }
      out.force(true);
    }
    sync(unfinished.resolve("db"));
    sync(unfinished);
    Files.deleteIfExists(target); // an empty one
    Files.move(unfinished, target);
    sync(target.getParent());
    finished = true;
  }

  @Override
  public void close() throws IOException {
    if (!finished) {
      remove(unfinished);
    }
  }

  private static boolean isEmptyDirectory(Path dir) throws IOException {
    if (!Files.isDirectory(dir)) {
      return false;
    }
    try (Stream<Path> files = Files.list(dir)) {
      return files.findAny().isEmpty();
    }
  }

  private static void sync(Path dir) throws IOException {
    try (FileChannel channel = FileChannel.open(dir, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void remove(Path dir) throws IOException {
    if (Files.exists(dir)) {
      try (Stream<Path> found = Files.walk(dir)) {
        for (Path each : found.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
