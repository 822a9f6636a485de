package io.pilothouse.cli.dm;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.BackupFile;
import io.pilothouse.api.v1.ReadBackupReply;
import io.pilothouse.api.v1.ReadBackupRequest;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.NewDirectory;
import io.pilothouse.client.LightClient;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;

/** A backup on its way in: beside its directory until it is whole and on the disk. */
final class BackupDirectory implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final NewDirectory directory;

  BackupDirectory(Path target) throws IOException {
    this.directory = new NewDirectory(target);
    Files.createDirectories(directory.unfinished().resolve("db"));
  }

  void fetch(BackupFile file, LightClient client, String backup) throws IOException {
    if (!file.getName().matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new CliException(
          ExitCode.FAILED, "BAD_NAME", "the replica names a file '" + file.getName() + "'", "");
    }
    MessageDigest sha256 = Sha256.digest();
    try (FileChannel out =
        FileChannel.open(
            directory.unfinished().resolve("db").resolve(file.getName()),
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
    directory.write("MANIFEST", manifest.getBytes(StandardCharsets.UTF_8), false);
    directory.finish();
  }

  @Override
  public void close() throws IOException {
    directory.close();
  }
}
