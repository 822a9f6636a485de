package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.v1.ControlRolloutRequest;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.ListRolloutsRequest;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.OperatorGrpc.OperatorBlockingStub;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several engineers start rollouts of one type in the same moment. */
class RolloutRaceTest {
  private static final int ENGINEERS = 8;
  private static final int ROUNDS = 12;

  private final EdgeHarness dm = new EdgeHarness();
  private final ExecutorService threads = Executors.newFixedThreadPool(ENGINEERS);

  /** One answer: an id, or a refusal. */
  private record Answer(String id, String refusal, String remedy) {
    static Answer of(StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      return new Answer("", String.valueOf(e.getStatus().getDescription()), EdgeHarness.remedy(e));
    }
  }

  @BeforeEach
  void versions() {
    dm.fleet.apply();
    dm.fleet.serve("web-01", KEY);
    DeploymentReplica.Builder replica =
        DeploymentReplica.newBuilder().setId("deployment-1").setAddress("127.0.0.1:1").setUp(true);
    for (int i = 0; i < 2; i++) {
      VersionRef ref =
          VersionRef.newBuilder()
              .setName("web")
              .setVersion("1." + i)
              .setDigest(Integer.toString(i + 1).repeat(64))
              .build();
      dm.operator()
          .registerManifest(
              RegisterManifestRequest.newBuilder()
                  .setManifest(Manifest.newBuilder().setRef(ref))
                  .build());
      replica.addHeld(ref.getDigest());
    }
    dm.fleet.decide(
        Command.newBuilder().setObserveReplica(ObserveReplica.newBuilder().setReplica(replica)));
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    dm.close();
  }

  private OperatorBlockingStub engineer(int number) {
    return OperatorGrpc.newBlockingStub(dm.as("operator/engineer-" + number, ""));
  }

  /** Each has a version of their own in mind, every second one of the two. */
  private Answer starts(int engineer, int round) {
    StartRolloutRequest request =
        StartRolloutRequest.newBuilder()
            .setType("frontend")
            .setName("web")
            .setVersion("1." + engineer % 2)
            .setContext(
                WriteContext.newBuilder()
                    .setClientId("cli-%d-%d".formatted(round, engineer))
                    .setSequence(1)
                    .setReason("it is time"))
            .build();
    try {
      WriteReply reply = engineer(engineer).startRollout(request);
      return new Answer(reply.getId(), "", "");
    } catch (StatusRuntimeException e) {
      return Answer.of(e);
    }
  }

  private List<Answer> allStart(int round) {
    CyclicBarrier together = new CyclicBarrier(ENGINEERS);
    List<CompletableFuture<Answer>> answers = new ArrayList<>();
    for (int i = 0; i < ENGINEERS; i++) {
      int engineer = i;
      answers.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  together.await();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
                return starts(engineer, round);
              },
              threads));
    }
    return answers.stream().map(EdgeHarness::get).toList();
  }

  private List<Rollout> rollouts() {
    return dm.operator().listRollouts(ListRolloutsRequest.getDefaultInstance()).getItemsList();
  }

  @Test
  void exactlyOneOfThoseWhoStartTogetherWinsAndTheOthersHearWhichOneRuns() {
    for (int round = 1; round <= ROUNDS; round++) {
      List<Answer> answers = allStart(round);

      List<Integer> winners =
          IntStream.range(0, ENGINEERS)
              .filter(i -> !answers.get(i).id().isEmpty())
              .boxed()
              .toList();
      assertThat(winners).hasSize(1);
      Answer won = answers.get(winners.get(0));
      Rollout running = rollouts().getLast();
      assertThat(rollouts()).hasSize(round);
      assertThat(running.getId()).isEqualTo(won.id());
      assertThat(running.getPrincipal()).isEqualTo("operator/engineer-" + winners.get(0));
      assertThat(running.getTo().getVersion()).isEqualTo("1." + winners.get(0) % 2);
      assertThat(answers)
          .filteredOn(each -> each.id().isEmpty())
          .allSatisfy(
              each -> {
                assertThat(each.refusal())
                    .isEqualTo(
                        "rollout %s of frontend to web@%s is still STAGING"
                            .formatted(won.id(), running.getTo().getVersion()));
                assertThat(each.remedy()).contains("pilot rollout abort " + won.id());
              });

      assertThat(allStart(round)).as("who did not hear the answer asks again").isEqualTo(answers);
      aborts(won.id());
      assertThat(allStart(round)).as("also when it has ended since").isEqualTo(answers);
      assertThat(rollouts()).hasSize(round);
    }
  }

  private void aborts(String rollout) {
    WriteReply reply =
        dm.operator()
            .controlRollout(
                ControlRolloutRequest.newBuilder()
                    .setRollout(rollout)
                    .setVerb("abort")
                    .setContext(WriteContext.newBuilder().setReason("next round"))
                    .build());
    assertThat(reply.getRevision()).isPositive();
  }
}
