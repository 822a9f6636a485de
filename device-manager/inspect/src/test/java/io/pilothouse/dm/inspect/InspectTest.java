package io.pilothouse.dm.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.dm.raft.BackupManifest;
import io.pilothouse.dm.raft.Backups;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.Replica;
import io.pilothouse.dm.raft.ReplicaConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a replica that has stopped, whole and damaged. */
class InspectTest {

  @TempDir private Path root;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int inspect(Object... args) {
    out.reset();
    err.reset();
    return Main.run(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        Stream.of(args).map(Object::toString).toArray(String[]::new));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aReplicasFilesAreShownComparedVerifiedAndBegunAnewFrom() throws Exception {
    Path data = root.resolve("data");
    Path backup = root.resolve("backup");
    try (Replica replica = start(data)) {
      acquire(replica, "repair");
      fetch(replica.backups(), backup);
      acquire(replica, "provisioning");
    }

    assertThat(inspect("log", data)).isZero();
    assertThat(out().lines())
        .anySatisfy(line -> assertThat(line).contains("members [dm-1="))
        .anySatisfy(line -> assertThat(line).contains("\"role\":\"provisioning\""));
    assertThat(inspect("log", data.resolve("record"), "--from", "2")).isZero();
    assertThat(out()).contains("\"role\":\"provisioning\"").doesNotContain("\"role\":\"repair\"");

    assertThat(inspect("snapshot", data, "--table", "lease")).isZero();
    assertThat(out().lines())
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).startsWith("{\"table\":\"lease\",\"key\":"));
    assertThat(inspect("snapshot", data, "--table", "leases")).isEqualTo(Main.DAMAGED);
    assertThat(err()).contains("no table 'leases'; there are [meta, fleet, machine");

    assertThat(inspect("diff", data, data)).isZero();
    assertThat(inspect("diff", backup, data)).isEqualTo(Main.DIFFERENT);
    assertThat(out()).contains("lease provisioning", "  A has none", "entities differ");

    assertThat(inspect("verify", backup)).isZero();
    assertThat(out()).contains("is whole: a backup of cluster inspected at index");

    Path set = root.resolve("set");
    assertThat(inspect("restore", backup, set, "--cluster", "renewed", "--until", "2")).isOne();
    assertThat(err()).contains("--until needs --record");
    assertThat(
            inspect(
                "restore", backup, set, "--cluster", "renewed", "--record", data.resolve("record")))
        .as(err())
        .isZero();
    assertThat(inspect("snapshot", set, "--table", "lease", "--key", "prov")).isZero();
    assertThat(out()).contains("provisioning");
  }

  @Test
  void damageIsNamedWithItsPlace() throws Exception {
    Path data = root.resolve("data");
    Path backup = root.resolve("backup");
    try (Replica replica = start(data)) {
      for (int i = 0; i < 20; i++) {
        acquire(replica, "repair");
      }
      fetch(replica.backups(), backup);
    }
    Path segment;
    try (Stream<Path> files = Files.walk(data.resolve("raft"))) {
      segment =
          files
              .filter(each -> each.getFileName().toString().startsWith("log_"))
              .findAny()
              .orElseThrow();
    }
    assertThat(inspect("log", segment)).as(err()).isZero();
    flip(segment, 600);
    assertThat(inspect("log", segment)).isEqualTo(Main.DAMAGED);
    assertThat(err()).contains(segment + " is damaged after index ", ", at byte ");

    Path table = tables(backup).get(0);
    flip(table, 40);
    assertThat(inspect("verify", backup)).isEqualTo(Main.DAMAGED);
    assertThat(err()).contains(table + " is damaged: SHA-256");
    Files.delete(table);
    assertThat(inspect("verify", backup)).isEqualTo(Main.DAMAGED);
    assertThat(err()).contains(table + " is missing");
    assertThat(inspect("snapshot", root)).isEqualTo(Main.DAMAGED);
    assertThat(err()).contains("holds no database", "backup, data");
  }

  private static List<Path> tables(Path backup) throws IOException {
    try (Stream<Path> files = Files.list(backup.resolve(BackupManifest.DB))) {
      return files.filter(each -> each.toString().endsWith(".sst")).sorted().toList();
    }
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] ^= 4;
    Files.write(file, bytes);
  }

  private static Replica start(Path data) throws Exception {
    Peer self = new Peer("dm-1", port(), port(), port());
    Replica replica =
        Replica.start(
            new ReplicaConfig("dm-1", "inspected", data, List.of(self)), new SimpleMeterRegistry());
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!replica.isLeader()) {
      assertThat(System.nanoTime() - end).as("it leads").isNegative();
      LockSupport.parkNanos(5_000_000);
    }
    return replica;
  }

  private static void acquire(Replica replica, String role) throws Exception {
    Reply reply =
        replica
            .submit(
                Request.newBuilder()
                    .setPrincipal("satellite/s-1")
                    .setRequestId(role)
                    .setCommand(
                        Command.newBuilder()
                            .setAcquireLease(
                                AcquireLease.newBuilder()
                                    .setRole(role)
                                    .setHolder("s-1")
                                    .setTtlMs(60_000)))
                    .build())
            .get(30, TimeUnit.SECONDS);
    assertThat(reply.hasRefusal()).as(reply.getRefusal().getMessage()).isFalse();
  }

  private static void fetch(Backups backups, Path to) throws IOException {
    Backups.Begun begun = backups.begin().orElseThrow();
    Path db = Files.createDirectories(to.resolve(BackupManifest.DB));
    for (BackupManifest.Item each : begun.manifest().files()) {
      ByteBuffer left = backups.read(begun.id(), each.name(), 0, (int) each.size()).orElseThrow();
      byte[] bytes = new byte[left.remaining()];
      left.get(bytes);
      Files.write(db.resolve(each.name()), bytes);
    }
    Files.writeString(to.resolve(BackupManifest.NAME), begun.manifest().text());
  }

  private static HostPort port() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new HostPort("127.0.0.1", free.getLocalPort());
    }
  }
}
