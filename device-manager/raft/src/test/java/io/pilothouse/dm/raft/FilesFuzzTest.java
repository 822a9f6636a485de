package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a replica and of a backup, as a disk or a person left them. */
class FilesFuzzTest {
  private static HostPort at(int port) {
    return new HostPort("127.0.0.1", port);
  }

  private static void both(Summary summary) {
    assertThat(summary.refused()).as(summary.toString()).isPositive();
    assertThat(summary.taken()).as(summary.toString()).isPositive();
  }

  @Test
  void manifestsOfBackups(@TempDir Path dir) throws IOException {
    Files.createDirectories(dir.resolve(BackupManifest.DB));
    Files.writeString(dir.resolve(BackupManifest.DB).resolve("CURRENT"), "MANIFEST-000001\n");
    BackupManifest sound =
        new BackupManifest(
            BackupManifest.BACKUP,
            "a",
            "dm-1",
            3,
            70,
            1_000,
            "d".repeat(64),
            "s".repeat(64),
            "0.1.0",
            2,
            BackupManifest.items(dir.resolve(BackupManifest.DB)));
    both(
        Fuzz.of("backup-manifest")
            .sound(sound.text())
            .tokens(
                "=", "\n", "file=", " ", "/", "..", ".", "\0", "\u00ff", "-1", "99999999999999999")
            .inputs(1_500)
            .allocating(8 << 20, 2_000)
            .run(
                input -> {
                  Files.write(dir.resolve(BackupManifest.NAME), input);
                  try {
                    List<String> damage = BackupManifest.read(dir).damage(dir);
                    damage.forEach(Wording::check);
                    return damage.isEmpty();
                  } catch (IOException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                }));
  }

  /** Those of the logs of the golden replicas. */
  private static List<Path> segments(Path dir) throws IOException {
    List<Path> segments = new ArrayList<>();
    for (Path each : GoldenReplica.releases()) {
      Path target = dir.resolve(String.valueOf(each.getFileName()));
      segments.addAll(
          LogFiles.list(GoldenReplica.unzip(each.resolve(GoldenReplica.REPLICA), target)));
    }
    return segments;
  }

  @Test
  void segmentsOfTheLog(@TempDir Path dir) throws IOException {
    Path segment = dir.resolve("log_inprogress_0");
    Fuzz fuzz =
        Fuzz.of("log-segment").tokens("\0\0\0\0\0\0\0\0", "RaftLog1", "\u00ff\u00ff\u00ff\u007f");
    List<byte[]> likely = new ArrayList<>();
    for (Path each : segments(dir.resolve("golden"))) {
      likely.add(Files.readAllBytes(each));
    }
    Summary summary =
        fuzz.likely(likely)
            .inputs(150)
            .allocating(64 << 20, 2_000)
            .run(
                input -> {
                  Files.write(segment, input);
                  try {
                    LogFiles.read(segment, logged -> assertThat(logged.index()).isNotNegative());
                    return true;
                  } catch (IOException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                });
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  @Test
  void whoseDirectoryItIs(@TempDir Path dir) throws IOException {
    Path root = dir.resolve("dm-1");
    Files.createDirectories(root);
    ReplicaConfig config =
        new ReplicaConfig("dm-1", "a", root, List.of(new Peer("dm-1", at(1), at(2), at(3))));
    both(
        Fuzz.of("cluster-file")
            .sound("cluster=a\nreplica=dm-1\ndirectory=x\njoined=false\nbegun=false\n")
            .tokens("=", "\n", "cluster=", "\0", "\u00ff", "\r", "begun=true", "\u001b[2J")
            .inputs(2_000)
            .allocating(8 << 20, 2_000)
            .run(
                input -> {
                  Files.write(root.resolve("cluster"), input);
                  try (DataDir opened = DataDir.open(config)) {
                    return opened.root().equals(root.toAbsolutePath());
                  } catch (ReplicaStartException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                }));
  }
}
