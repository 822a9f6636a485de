package io.pilothouse.scheduler.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.ListFrameworksRequest;
import io.pilothouse.api.v1.ListTaskFilesReply;
import io.pilothouse.api.v1.ListTaskFilesRequest;
import io.pilothouse.api.v1.ReadTaskFileReply;
import io.pilothouse.api.v1.ReadTaskFileRequest;
import io.pilothouse.api.v1.SandboxEntry;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.SandboxTrouble;
import io.pilothouse.api.v1.SchedulerQueriesGrpc;
import io.pilothouse.api.v1.SchedulerQueriesGrpc.SchedulerQueriesBlockingStub;
import io.pilothouse.api.v1.TaskSandbox;
import io.pilothouse.client.PeerConnection;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.scheduler.PlayedAgent;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.sandboxes.SandboxReads;
import io.pilothouse.tls.Peers;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What people ask of sandboxes, over real connections to the scheduler and from its agent. */
class FileQueriesTest {
  private final Site site = new Site();
  private final PeerConnection connection =
      new PeerConnection(
          ServerAddress.parse(site.agentsAddress()), "operator/ann", Peers.ANY, Optional.empty());
  private final SchedulerQueriesBlockingStub ann =
      SchedulerQueriesGrpc.newBlockingStub(connection.channel());
  private PlayedAgent agent;

  @BeforeEach
  void attach() throws Exception {
    site.machineWithoutAgent("cpus:4;mem:1024");
    agent = new PlayedAgent(site);
  }

  @AfterEach
  void close() {
    agent.close();
    connection.close();
    site.close();
  }

  private static ReadTaskFileRequest.Builder stdout(String task) {
    ReadTaskFileRequest.Builder question =
        ReadTaskFileRequest.newBuilder().setPath("stdout").setOffset(7).setLength(9);
    question.getOfBuilder().setTask(task);
    return question;
  }

  private static Optional<SandboxReply.Builder> hi() {
    return Optional.of(
        SandboxReply.newBuilder()
            .setContainerId("c1")
            .setSize(12)
            .setData(ByteString.copyFromUtf8("hi")));
  }

  private void refused(ReadTaskFileRequest.Builder question, Status.Code code, String... words) {
    assertThatThrownBy(() -> ann.readTaskFile(question.build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
        .message()
        .contains(words);
  }

  @Test
  void aPieceOfATasksFileComesFromItsAgent() throws Exception {
    agent.answers(look -> hi());
    ReadTaskFileReply reply = ann.readTaskFile(stdout("t1").build());
    assertThat(reply.getData().toStringUtf8()).isEqualTo("hi");
    assertThat(reply.getSize()).isEqualTo(12);
    assertThat(reply.getOver()).isFalse();
    assertThat(reply.getOf())
        .isEqualTo(
            TaskSandbox.newBuilder()
                .setTask("t1")
                .setFramework("f1")
                .setMachine("m1")
                .setContainer("c1")
                .build());
    SandboxRequest look = agent.look();
    assertThat(look.getFrameworkId()).isEqualTo("f1");
    assertThat(look.getExecutorId()).isEqualTo("t1");
    assertThat(look.getContainerId()).isEqualTo("c1");
    assertThat(look.getPath()).isEqualTo("stdout");
    assertThat(look.getOffset()).isEqualTo(7);
    assertThat(look.getLength()).isEqualTo(9);
    assertThat(look.getList()).isFalse();
  }

  @Test
  void oneThatIsOverSaysThatNoMoreWillCome() throws Exception {
    agent.answers(look -> hi());
    AgentMessage.Builder update = AgentMessage.newBuilder();
    update.getUpdateBuilder().getFrameworkIdBuilder().setValue("f1");
    update
        .getUpdateBuilder()
        .setLatestState(TaskState.TASK_FINISHED.getNumber())
        .getStatusBuilder()
        .setState(TaskState.TASK_FINISHED)
        .setUuid(ByteString.copyFromUtf8("0123456789abcdef"))
        .getTaskIdBuilder()
        .setValue("t1");
    agent.say(update);
    boolean over = false;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!over && System.nanoTime() - end < 0) {
      over = ann.readTaskFile(stdout("t1").build()).getOver();
    }
    assertThat(over).isTrue();
  }

  @Test
  void whatIsThereIsListed() throws Exception {
    agent.answers(
        look ->
            Optional.of(
                SandboxReply.newBuilder()
                    .addEntries(SandboxEntry.newBuilder().setName("stdout"))
                    .setLeftOut(3)));
    ListTaskFilesRequest.Builder question = ListTaskFilesRequest.newBuilder().setPath("logs");
    question.getOfBuilder().setTask("t1").setFramework("batch");
    ListTaskFilesReply reply = ann.listTaskFiles(question.build());
    assertThat(reply.getEntries(0).getName()).isEqualTo("stdout");
    assertThat(reply.getLeftOut()).isEqualTo(3);
    SandboxRequest look = agent.look();
    assertThat(look.getList()).isTrue();
    assertThat(look.getPath()).isEqualTo("logs");
  }

  @Test
  void whatIsNotKnownIsSaid() {
    refused(
        stdout("t2"), Status.Code.NOT_FOUND, "no framework has a task 't2'", "did you mean 't1'?");
    refused(stdout(""), Status.Code.INVALID_ARGUMENT, "which task? say its id");
    ReadTaskFileRequest.Builder elsewhere = stdout("t1");
    elsewhere.getOfBuilder().setMachine("m2");
    refused(elsewhere, Status.Code.INVALID_ARGUMENT, "the framework's id must be said");
    elsewhere.getOfBuilder().setFramework("f1");
    refused(elsewhere, Status.Code.NOT_FOUND, "no agent of a machine 'm2' is registered");
  }

  @Test
  void whatTheAgentDoesNotShowIsToldInItsWords() {
    agent.answers(
        look ->
            Optional.of(
                SandboxReply.newBuilder()
                    .setTrouble(SandboxTrouble.SANDBOX_REFUSED)
                    .setText("'x' is a directory")));
    refused(stdout("t1"), Status.Code.INVALID_ARGUMENT, "machine m1: 'x' is a directory");
    agent.answers(
        look ->
            Optional.of(
                SandboxReply.newBuilder()
                    .setTrouble(SandboxTrouble.SANDBOX_GONE)
                    .setText("it was removed")));
    refused(stdout("t1"), Status.Code.NOT_FOUND, "machine m1: it was removed");
  }

  @Test
  void aMachinesSandboxesAreShownOfTasksThatNobodyKnowsAnyMore() throws Exception {
    agent.answers(look -> hi());
    ReadTaskFileRequest.Builder old = stdout("long-ago");
    old.getOfBuilder().setMachine("m1").setFramework("f-before");
    assertThat(ann.readTaskFile(old.build()).getOver()).isTrue();
    SandboxRequest look = agent.look();
    assertThat(look.getFrameworkId()).isEqualTo("f-before");
    assertThat(look.getExecutorId()).isEqualTo("long-ago");
    assertThat(look.getContainerId()).isEmpty();
  }

  @Test
  void anAgentThatGoesAwayMeanwhileIsSaidToBeAway() throws Exception {
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                end.complete(new AssertionError(ann.readTaskFile(stdout("t1").build())));
              } catch (StatusRuntimeException e) {
                end.complete(e);
              }
            });
    agent.look();
    agent.close();
    assertThat(end.get(20, TimeUnit.SECONDS))
        .hasMessage("FAILED_PRECONDITION: the agent of machine m1 is not connected any more");
    site.settle();
    refused(
        stdout("t1"),
        Status.Code.FAILED_PRECONDITION,
        "the agent of machine m1 is not connected: what is on its disk cannot be read now");
  }

  @Test
  void whoDoesNotWaitAnyMoreKeepsNobodyFromAsking() throws Exception {
    for (int i = 0; i < SandboxReads.MOST_AT_AN_AGENT; i++) {
      Context.CancellableContext gone = Context.current().withCancellation();
      var unused =
          gone.call(
              () ->
                  SchedulerQueriesGrpc.newFutureStub(connection.channel())
                      .readTaskFile(stdout("t1").build()));
      agent.look();
      gone.cancel(null);
    }
    agent.answers(look -> hi());
    boolean answered = false;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!answered && System.nanoTime() - end < 0) {
      try {
        answered = ann.readTaskFile(stdout("t1").build()).getSize() == 12;
      } catch (StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      }
    }
    assertThat(answered).isTrue();
  }

  @Test
  void anAgentThatIsSilentKeepsNobodyElseWaiting() throws Exception {
    var unused =
        SchedulerQueriesGrpc.newFutureStub(connection.channel()).readTaskFile(stdout("t1").build());
    agent.look();
    assertThat(ann.listFrameworks(ListFrameworksRequest.getDefaultInstance()).getFrameworksCount())
        .isEqualTo(1);
  }
}
