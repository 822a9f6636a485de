package io.pilothouse.kit;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.AcquireLeaseReply;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.client.DmClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the Device Manager is told of a holder. */
final class LeaseCallsTest {
  private final List<AcquireLeaseRequest> asked = new ArrayList<>();
  private Server server;
  private DmClient client;

  @BeforeEach
  void start() throws IOException {
    server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(
                new SatelliteGrpc.SatelliteImplBase() {
                  @Override
                  public void acquireLease(
                      AcquireLeaseRequest request, StreamObserver<AcquireLeaseReply> call) {
                    asked.add(request);
                    call.onNext(
                        AcquireLeaseReply.newBuilder()
                            .setLease(Lease.newBuilder().setToken(5))
                            .build());
                    call.onCompleted();
                  }
                })
            .build()
            .start();
    client =
        new DmClient(List.of("127.0.0.1:" + server.getPort()), "satellite/s-1", Optional.empty());
  }

  @AfterEach
  void stop() {
    client.close();
    server.shutdownNow();
  }

  @Test
  void aHolderSaysWhereItServesWhom() {
    LeaseKeeper keeper =
        new LeaseKeeper(
            client,
            "scheduler",
            "s-1",
            "10.0.0.1:5051",
            "10.0.0.1:5050",
            Duration.ofSeconds(9),
            new SimpleMeterRegistry());

    keeper.renew();

    assertThat(keeper.token()).contains(5L);
    long process = asked.getFirst().getProcess();
    assertThat(process).isNotZero();
    assertThat(asked)
        .containsExactly(
            AcquireLeaseRequest.newBuilder()
                .setRole("scheduler")
                .setHolder("s-1")
                .setTtlMs(9_000)
                .setAddress("10.0.0.1:5051")
                .setApi("10.0.0.1:5050")
                .setProcess(process)
                .build());

    assertThat(keeper.succeed(4)).isTrue();
    assertThat(asked.get(1)).isEqualTo(asked.get(0).toBuilder().setEnded(4).build());
  }

  @Test
  void oneThatServesNobodySaysNothingOfIt() {
    new LeaseKeeper(client, "repair", "r-1", Duration.ofSeconds(9), new SimpleMeterRegistry())
        .renew();

    assertThat(asked.get(0).getAddress()).isEmpty();
    assertThat(asked.get(0).getApi()).isEmpty();
  }
}
