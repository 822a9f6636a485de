package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.MetadataUtils;
import io.pilothouse.api.v1.BackupFile;
import io.pilothouse.api.v1.BeginBackupReply;
import io.pilothouse.api.v1.BeginBackupRequest;
import io.pilothouse.api.v1.ChangeMembersRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.GetMembersReply;
import io.pilothouse.api.v1.GetMembersRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.OperatorGrpc.OperatorBlockingStub;
import io.pilothouse.api.v1.ReadBackupRequest;
import io.pilothouse.api.v1.ReplicasGrpc;
import io.pilothouse.api.v1.SetFeatureLevelReply;
import io.pilothouse.api.v1.SetFeatureLevelRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.dm.raft.BackupManifest;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.ReplicaConfig;
import io.pilothouse.dm.raft.ReplicaStartException;
import io.pilothouse.dm.state.Levels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole of one replica: Raft, RocksDB, gRPC and HTTP. */
class DeviceManagerTest {

  /** Of the Device Manager: one that is renamed would leave them silent. */
  private static final List<String> METRICS_OF_RULES_AND_DASHBOARD =
      metricsOf("prometheus/pilothouse.rules.yml", "grafana/pilothouse.json");

  @TempDir private Path dir;

  private static List<String> metricsOf(String... files) {
    Pattern metric =
        Pattern.compile("\\b(dm_[a-z_]+|pilot_(?:health_level|machines|repairs|open))\\b");
    Set<String> names = new TreeSet<>();
    for (String file : files) {
      Path path = Path.of("../../packaging/src").resolve(file);
      try {
        metric.matcher(Files.readString(path)).results().forEach(each -> names.add(each.group(1)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    assertThat(names).hasSizeGreaterThan(8);
    return List.copyOf(names);
  }

  private ReplicaConfig config() throws IOException {
    List<HostPort> free = new ArrayList<>();
    List<ServerSocket> held = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      held.add(socket);
      free.add(new HostPort("127.0.0.1", socket.getLocalPort()));
    }
    for (ServerSocket socket : held) {
      socket.close();
    }
    Peer self = new Peer("dm-1", free.get(0), free.get(1), free.get(2));
    return new ReplicaConfig("dm-1", "test", dir.resolve("dm-1"), List.of(self));
  }

  private static ManagedChannel connect(ReplicaConfig config) {
    HostPort grpc = config.self().grpc();
    return ManagedChannelBuilder.forAddress(grpc.host(), grpc.port()).usePlaintext().build();
  }

  private static OperatorBlockingStub operator(ManagedChannel channel) {
    Metadata headers = new Metadata();
    headers.put(CallerIdentity.PRINCIPAL, "operator/alice");
    return OperatorGrpc.newBlockingStub(
            ClientInterceptors.intercept(
                channel, MetadataUtils.newAttachHeadersInterceptor(headers)))
        .withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  /** Asks until there is a leader. */
  private static StatusReply status(OperatorBlockingStub operator) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (true) {
      try {
        return operator.getStatus(GetStatusRequest.getDefaultInstance());
      } catch (StatusRuntimeException e) {
        assertThat(System.nanoTime() - end).as(e.getMessage()).isNegative();
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  @Test
  void aFleetThatIsTooLargeForTheLogComesPackedAsTheFirstThing() throws Exception {
    ReplicaConfig config = config();
    Fleet.Builder large = TestFleet.spec().toBuilder();
    for (int i = 0; i < 40_000; i++) {
      large.addMachines(
          InventoryMachine.newBuilder()
              .setName("m-%06d".formatted(i))
              .setType("frontend")
              .setScaleUnit("su-1")
              .setModel("a model of a machine with a long name")
              .setMac("02:00:00:%02x:%02x:%02x".formatted(i >> 16, (i >> 8) & 255, i & 255))
              .setBmc("redfish+https://bmc-%06d.site-one.example".formatted(i)));
    }
    assertThat(large.build().getSerializedSize()).isGreaterThan(4 << 20);
    try (DeviceManager dm = DeviceManager.start(config)) {
      ManagedChannel channel = connect(config);
      assertThat(status(operator(channel)).getTotal()).isZero();
      operator(channel).applyFleet(FleetRequest.newBuilder().setFleet(large).build());
      assertThat(
              operator(channel)
                  .getMachine(GetMachineRequest.newBuilder().setName("m-039999").build())
                  .getMachine()
                  .getBmc())
          .isEqualTo("redfish+https://bmc-039999.site-one.example");
      assertThat(dm.failure()).isNotDone();
      channel.shutdownNow();
    }
  }

  @Test
  void whatWasAppliedIsThereAfterARestart() throws Exception {
    ReplicaConfig config = config();
    try (DeviceManager dm = DeviceManager.start(config)) {
      ManagedChannel channel = connect(config);
      StatusReply status = status(operator(channel));
      assertThat(status.getLeader()).isEqualTo("dm-1");
      assertThat(status.getQuorum()).isTrue();

      operator(channel).applyFleet(FleetRequest.newBuilder().setFleet(TestFleet.spec()).build());
      assertThat(
              operator(channel)
                  .listEvents(ListEventsRequest.newBuilder().setSubject("fleet").build())
                  .getItemsCount())
          .isEqualTo(1);
      EdgeHarness.until(
          () ->
              HealthGrpc.newBlockingStub(channel)
                      .check(HealthCheckRequest.getDefaultInstance())
                      .getStatus()
                  == ServingStatus.SERVING);
      assertThat(page(config, "/metrics"))
          .contains("dm_calls_seconds_count{method=\"ApplyFleet\",status=\"OK\"} 1")
          .contains("jvm_memory_used_bytes")
          .contains("pilot_machines{condition=\"out_of_service\"} 2")
          .contains(METRICS_OF_RULES_AND_DASHBOARD);
      assertThat(page(config, "/status")).contains("\"role\":\"leader\"");
      assertThat(dm.failure()).isNotDone();
      end(channel);
    }

    try (DeviceManager again = DeviceManager.start(config)) {
      ManagedChannel channel = connect(config);
      assertThat(status(operator(channel)).getFleet()).isEqualTo("test");
      assertThat(status(operator(channel)).getTotal()).isEqualTo(2);
      assertThat(again.failure()).isNotDone();
      end(channel);
    }
  }

  @Test
  void aBackupComesPieceByPieceAndIsWhole() throws Exception {
    ReplicaConfig config = config();
    try (DeviceManager dm = DeviceManager.start(config)) {
      ManagedChannel channel = connect(config);
      status(operator(channel));
      operator(channel).applyFleet(FleetRequest.newBuilder().setFleet(TestFleet.spec()).build());
      ReplicasGrpc.ReplicasBlockingStub replicas = replicas(channel);
      GetMembersReply members = replicas.getMembers(GetMembersRequest.getDefaultInstance());
      assertThat(members.getMembersList())
          .singleElement()
          .satisfies(
              each -> {
                assertThat(each.getId()).isEqualTo("dm-1");
                assertThat(each.getUp()).isTrue();
                assertThat(each.getDiskFree()).isPositive();
                assertThat(each.getGrpcAddress()).isEqualTo(config.self().grpc().toString());
              });

      int newest = Levels.BUILD.max();
      assertThat(members.getFeatureLevel()).isEqualTo(newest);
      assertThat(members.getPossibleLevel()).isEqualTo(newest);
      SetFeatureLevelReply finalised =
          replicas.setFeatureLevel(SetFeatureLevelRequest.getDefaultInstance());
      assertThat(finalised.getLevel()).isEqualTo(newest);
      assertThat(finalised.getBefore()).isEqualTo(newest);
      assertThatThrownBy(
              () ->
                  replicas.setFeatureLevel(
                      SetFeatureLevelRequest.newBuilder().setLevel(newest + 1).build()))
          .hasMessageContaining("FAILED_PRECONDITION")
          .hasMessageContaining("applies feature levels up to %d", newest);

      BeginBackupReply begun = replicas.beginBackup(BeginBackupRequest.getDefaultInstance());
      Path backup = dir.resolve("backup");
      for (BackupFile file : begun.getFilesList()) {
        Path target = backup.resolve("db").resolve(file.getName());
        Files.createDirectories(target.getParent());
        Files.write(
            target,
            replicas
                .readBackup(
                    ReadBackupRequest.newBuilder()
                        .setBackup(begun.getBackup())
                        .setFile(file.getName())
                        .build())
                .getBytes()
                .toByteArray());
      }
      Files.writeString(backup.resolve(BackupManifest.NAME), begun.getManifest());
      assertThat(BackupManifest.read(backup).damage(backup)).isEmpty();

      assertThatThrownBy(
              () ->
                  replicas.changeMembers(
                      ChangeMembersRequest.newBuilder()
                          .setVerb(ChangeMembersRequest.Verb.REMOVE)
                          .setId("dm-1")
                          .build()))
          .hasMessageContaining("dm-1 is the only replica");
      assertThatThrownBy(
              () ->
                  replicas.readBackup(
                      ReadBackupRequest.newBuilder()
                          .setBackup(begun.getBackup())
                          .setFile("../cluster")
                          .build()))
          .hasMessageContaining("NOT_FOUND");
      assertThat(dm.isDivergent()).isFalse();
      end(channel);
    }
  }

  private static ReplicasGrpc.ReplicasBlockingStub replicas(ManagedChannel channel) {
    Metadata headers = new Metadata();
    headers.put(CallerIdentity.PRINCIPAL, "operator/alice");
    return ReplicasGrpc.newBlockingStub(
            ClientInterceptors.intercept(
                channel, MetadataUtils.newAttachHeadersInterceptor(headers)))
        .withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  private static void end(ManagedChannel channel) throws InterruptedException {
    assertThat(channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS)).isTrue();
  }

  private static String page(ReplicaConfig config, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://" + config.self().http() + path)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void aPortInUseIsNamed() throws Exception {
    ReplicaConfig config = config();
    HostPort http = config.self().http();
    try (ServerSocket taken =
        new ServerSocket(http.port(), 1, InetAddress.getByName(http.host()))) {
      assertThatThrownBy(() -> DeviceManager.start(config))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot serve HTTP on " + http)
          .hasMessageContaining("ss -ltnp");
      assertThat(taken.isBound()).isTrue();
    }
  }

  @Test
  void aDataDirectoryThatCannotBeUsedIsNamed() throws Exception {
    ReplicaConfig config = config();
    Files.writeString(config.dataDir(), "a file");

    assertThatThrownBy(() -> DeviceManager.start(config))
        .isInstanceOf(ReplicaStartException.class)
        .hasMessageContaining(config.dataDir().toString());
  }
}
