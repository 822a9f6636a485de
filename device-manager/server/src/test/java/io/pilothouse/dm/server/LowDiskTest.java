package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.OperatorGrpc.OperatorBlockingStub;
import io.pilothouse.api.v1.SetFreezeRequest;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.ReplicaConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica on a file system of 900 MiB, which only root can mount. */
@Tag("system")
class LowDiskTest {

  @TempDir private Path disk;
  private boolean mounted;

  @BeforeEach
  void mountSmallDisk() throws Exception {
    mounted = run("mount", "-t", "tmpfs", "-o", "size=900m", "tmpfs", disk.toString()) == 0;
    assertThat(mounted).as("a tmpfs, which only root can mount").isTrue();
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      // RocksDB's library was loaded from there and stays mapped
      assertThat(run("umount", "-l", disk.toString())).isZero();
    }
  }

  @Test
  void writesStopBeforeTheDiskIsFullAndGoOnWhenThereIsRoom() throws Exception {
    Peer self = new Peer("dm-1", port(), port(), port());
    ReplicaConfig config = new ReplicaConfig("dm-1", "test", disk.resolve("dm-1"), List.of(self));
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", self.grpc().port()).usePlaintext().build();
    try (DeviceManager dm = DeviceManager.start(config)) {
      OperatorBlockingStub operator = operator(channel);
      until(() -> answers(operator));
      operator.applyFleet(FleetRequest.newBuilder().setFleet(TestFleet.spec()).build());
      Path filler = disk.resolve("filler");
      fill(filler, Files.getFileStore(disk).getUsableSpace() - (400L << 20));

      until(() -> !freezes(operator));
      until(() -> codes(operator).contains("DM_DISK_LOW"));
      assertThat(dm.failure()).isNotDone();

      Files.delete(filler);
      until(() -> freezes(operator));
      // a warning stays: there is less than 1 GiB on the whole disk
      assertThat(dm.failure()).isNotDone();
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  /** Whether a write is taken; one that is refused says why. */
  private static boolean freezes(OperatorBlockingStub operator) {
    try {
      return operator
              .setFreeze(
                  SetFreezeRequest.newBuilder()
                      .setFrozen(true)
                      .setContext(WriteContext.newBuilder().setReason("trial"))
                      .build())
              .getRevision()
          > 0;
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(e.getStatus().getDescription()).contains("the disk of the leader dm-1 has");
      return false;
    }
  }

  private static List<String> codes(OperatorBlockingStub operator) {
    return operator.getStatus(GetStatusRequest.getDefaultInstance()).getCodesList().stream()
        .filter(each -> each.getSeverity().equals("ERR"))
        .map(HealthCode::getCode)
        .toList();
  }

  private static boolean answers(OperatorBlockingStub operator) {
    try {
      return operator.getStatus(GetStatusRequest.getDefaultInstance()).getQuorum();
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private static OperatorBlockingStub operator(ManagedChannel channel) {
    Metadata headers = new Metadata();
    headers.put(CallerIdentity.PRINCIPAL, "operator/alice");
    return OperatorGrpc.newBlockingStub(
            ClientInterceptors.intercept(
                channel, MetadataUtils.newAttachHeadersInterceptor(headers)))
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static void fill(Path file, long bytes) throws IOException {
    byte[] block = new byte[1 << 20];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (long left = bytes; left > 0; left -= block.length) {
        out.write(block, 0, (int) Math.min(left, block.length));
      }
    }
  }

  private static void until(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited in vain").isNegative();
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static HostPort port() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new HostPort("127.0.0.1", free.getLocalPort());
    }
  }

  private static int run(String... command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return -1;
    }
    process.getInputStream().readAllBytes();
    return process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }
}
