package io.pilothouse.scheduler.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.AccessObjection;
import io.pilothouse.api.v1.CheckAccessReply;
import io.pilothouse.api.v1.ExplainFrameworkRequest;
import io.pilothouse.api.v1.ListFrameworksRequest;
import io.pilothouse.api.v1.ListRolesRequest;
import io.pilothouse.api.v1.ListTasksRequest;
import io.pilothouse.api.v1.ReadTaskFileRequest;
import io.pilothouse.api.v1.SchedulerQueriesGrpc;
import io.pilothouse.api.v1.SchedulerQueriesGrpc.SchedulerQueriesBlockingStub;
import io.pilothouse.api.v1.TearDownFrameworkRequest;
import io.pilothouse.client.PeerConnection;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.pki.Authority;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** People's questions over a real port: who may ask, and what is answered. */
class QueriesTest {
  private static final String SUBSCRIBE =
      "{\"type\":\"SUBSCRIBE\",\"subscribe\":{\"framework_info\":{\"user\":\"u\",\"name\":\"batch\","
          + "\"failover_timeout\":60}}}";

  private final Site site = new Site();

  @AfterEach
  void close() {
    site.close();
  }

  private static void asking(
      String at,
      String principal,
      Optional<TlsDirectory> tls,
      Consumer<SchedulerQueriesBlockingStub> question) {
    try (PeerConnection connection =
        new PeerConnection(ServerAddress.parse(at), principal, Peers.ANY, tls)) {
      question.accept(SchedulerQueriesGrpc.newBlockingStub(connection.channel()));
    }
  }

  private void asking(String principal, Consumer<SchedulerQueriesBlockingStub> question) {
    asking(site.agentsAddress(), principal, Optional.empty(), question);
  }

  private static void refused(Status.Code code, Runnable question, String... words) {
    assertThatThrownBy(question::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
        .message()
        .contains(words);
  }

  /** A framework that stays until the client is closed. */
  private HttpClient framework() throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    var answer =
        http.send(
            HttpRequest.newBuilder(URI.create(site.url("/api/v1/scheduler")))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(SUBSCRIBE))
                .build(),
            BodyHandlers.ofInputStream());
    assertThat(answer.body().read()).as("of the first event: it is subscribed").isPositive();
    return http;
  }

  @Test
  void anOperatorSeesFrameworksRolesAndTasks() throws Exception {
    site.machine("cpus:4;mem:1024");
    HttpClient framework = framework();
    asking(
        "operator/ann",
        stub -> {
          assertThat(
                  stub.listFrameworks(ListFrameworksRequest.getDefaultInstance())
                      .getFrameworks(0)
                      .getName())
              .isEqualTo("batch");
          assertThat(stub.listRoles(ListRolesRequest.getDefaultInstance()).getRoles(0).getName())
              .isEqualTo("*");
          assertThat(stub.listTasks(ListTasksRequest.getDefaultInstance()).getTasksCount())
              .isZero();
          assertThat(
                  stub.explainFramework(
                          ExplainFrameworkRequest.newBuilder().setFramework("batch").build())
                      .getRoles(0)
                      .getWithheldCount())
              .isEqualTo(1);
        });
    framework.shutdownNow();
  }

  @Test
  void anOperatorEndsAFrameworkWithAReason() throws Exception {
    HttpClient framework = framework();
    asking(
        "operator/ann",
        stub -> {
          TearDownFrameworkRequest.Builder end =
              TearDownFrameworkRequest.newBuilder().setFramework("batch");
          refused(
              Status.Code.INVALID_ARGUMENT,
              () -> stub.tearDownFramework(end.setReason(" \n ").build()),
              "needs a reason");
          refused(
              Status.Code.INVALID_ARGUMENT,
              () -> stub.tearDownFramework(end.setReason("x".repeat(1_001)).build()),
              "1 to 1000 characters");
          var unused = stub.tearDownFramework(end.setReason("it hangs").build());
          refused(
              Status.Code.FAILED_PRECONDITION,
              () -> stub.tearDownFramework(end.build()),
              "has ended already");
          refused(
              Status.Code.NOT_FOUND,
              () -> stub.tearDownFramework(end.setFramework("bach").build()),
              "no framework has the id or name 'bach'");
          assertThat(
                  stub.listFrameworks(ListFrameworksRequest.newBuilder().setEnded(true).build())
                      .getFrameworks(0)
                      .getState())
              .isEqualTo("ENDED");
        });
    framework.shutdownNow();
  }

  @ParameterizedTest
  @ValueSource(strings = {"machine/m1", "satellite/repair-1", "framework/batch", "operator/", "x"})
  void nobodyElseAsks(String principal) {
    asking(
        principal,
        stub -> {
          refused(
              Status.Code.PERMISSION_DENIED,
              () -> stub.listFrameworks(ListFrameworksRequest.getDefaultInstance()),
              "'" + principal + "' is no operator");
          refused(
              Status.Code.PERMISSION_DENIED,
              () ->
                  stub.tearDownFramework(
                      TearDownFrameworkRequest.newBuilder()
                          .setFramework("f")
                          .setReason("r")
                          .build()),
              "is no operator");
        });
  }

  @Test
  void whoDoesNotLeadSaysWhatToDo() {
    asking(
        "operator/ann",
        stub -> {
          site.stopLeading(new Leadership.Standby(Optional.of("other:5050")));
          refused(
              Status.Code.UNAVAILABLE,
              () -> stub.listRoles(ListRolesRequest.getDefaultInstance()),
              "does not lead",
              "other:5050",
              "the Device Manager names");
          site.stopLeading(new Leadership.Starting());
          refused(
              Status.Code.UNAVAILABLE,
              () -> stub.listRoles(ListRolesRequest.getDefaultInstance()),
              "ask again in a moment");
        });
  }

  @Test
  void aCoreThatIsBusyKeepsNobodyWaitingForEver() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    try (Loop loop = new Loop(System::currentTimeMillis, () -> {});
        AgentPort port =
            new AgentPort(
                new ServerAddress("127.0.0.1", 0),
                Optional.empty(),
                new AgentStreams(loop, Optional::empty),
                new Queries(
                    loop,
                    new AgentStreams(loop, Optional::empty).sandboxes(),
                    Site.everybody(),
                    Duration.ofMillis(20)))) {
      loop.submit((core, now) -> {}, () -> await(busy));
      asking(
          "127.0.0.1:" + port.port(),
          "operator/ann",
          Optional.empty(),
          stub ->
              refused(
                  Status.Code.RESOURCE_EXHAUSTED,
                  () -> stub.listRoles(ListRolesRequest.getDefaultInstance()),
                  "busy",
                  "ask again"));
      busy.countDown();
    }
  }

  @Test
  void theFleetsAccessSaysWhoMayLookAndWhoMayEnd() throws Exception {
    AccessObjection lacks =
        AccessObjection.newBuilder()
            .setMessage("operator/vera lacks the role operator; it has viewer")
            .setRemedy("add it in access.yaml")
            .build();
    Rights rights =
        new Rights(
            principal ->
                switch (principal) {
                  case "operator/vera" -> CheckAccessReply.newBuilder().setOperate(lacks).build();
                  case "operator/eve" -> throw new UnreachableException("no replica answers");
                  default -> CheckAccessReply.newBuilder().setRead(lacks).build();
                },
            System::nanoTime);
    HttpClient framework = framework();
    try (AgentPort port =
        new AgentPort(
            new ServerAddress("127.0.0.1", 0),
            Optional.empty(),
            new AgentStreams(site.loop, Optional::empty),
            new Queries(
                site.loop, new AgentStreams(site.loop, Optional::empty).sandboxes(), rights))) {
      String at = "127.0.0.1:" + port.port();
      ListTasksRequest question = ListTasksRequest.getDefaultInstance();
      asking(
          at,
          "operator/vera",
          Optional.empty(),
          stub -> {
            assertThat(stub.listTasks(question).getTasksCount()).isZero();
            refused(
                Status.Code.PERMISSION_DENIED,
                () ->
                    stub.tearDownFramework(
                        TearDownFrameworkRequest.newBuilder()
                            .setFramework("batch")
                            .setReason("I may not")
                            .build()),
                "lacks the role operator; it has viewer: add it in access.yaml");
            assertThat(
                    stub.listFrameworks(ListFrameworksRequest.getDefaultInstance())
                        .getFrameworks(0)
                        .getState())
                .isEqualTo("ACTIVE");
          });
      asking(
          at,
          "operator/mallory",
          Optional.empty(),
          stub -> refused(Status.Code.PERMISSION_DENIED, () -> stub.listTasks(question), "lacks"));
      asking(
          at,
          "operator/mallory",
          Optional.empty(),
          stub ->
              refused(
                  Status.Code.PERMISSION_DENIED,
                  () -> stub.readTaskFile(ReadTaskFileRequest.getDefaultInstance()),
                  "lacks"));
      asking(
          at,
          "operator/eve",
          Optional.empty(),
          stub ->
              refused(
                  Status.Code.UNAVAILABLE,
                  () -> stub.listTasks(question),
                  "whether operator/eve may look is for the Device Manager to say",
                  "no replica answers"));
    }
    framework.shutdownNow();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void underTlsTheCertificateSaysWhoAsks(@TempDir Path dir) throws Exception {
    Authority authority = Authority.create(dir.resolve("ca"), "test", Duration.ofDays(1));
    try (AgentPort port =
        new AgentPort(
            new ServerAddress("127.0.0.1", 0),
            Optional.of(issued(authority, "satellite/scheduler-1")),
            new AgentStreams(site.loop, Optional::empty),
            new Queries(
                site.loop,
                new AgentStreams(site.loop, Optional::empty).sandboxes(),
                Site.everybody()))) {
      String at = "127.0.0.1:" + port.port();
      ListFrameworksRequest question = ListFrameworksRequest.getDefaultInstance();
      Optional<TlsDirectory> ann = Optional.of(issued(authority, "operator/ann"));
      Optional<TlsDirectory> machine = Optional.of(issued(authority, "machine/m1"));
      asking(
          at,
          "operator/ann",
          ann,
          stub -> assertThat(stub.listFrameworks(question).getFrameworksCount()).isZero());
      asking(
          at,
          "operator/bob",
          ann,
          stub ->
              refused(
                  Status.Code.PERMISSION_DENIED,
                  () -> stub.listFrameworks(question),
                  "the certificate is of operator/ann, and the call says that it is of"
                      + " 'operator/bob'"));
      for (String says : List.of("machine/m1", "operator/ann")) {
        asking(
            at,
            says,
            machine,
            stub ->
                refused(Status.Code.PERMISSION_DENIED, () -> stub.listFrameworks(question), "m1"));
      }
      asking(
          at,
          "operator/ann",
          Optional.empty(),
          stub ->
              assertThatThrownBy(() -> stub.listFrameworks(question))
                  .isInstanceOf(StatusRuntimeException.class));
    }
  }

  private static TlsDirectory issued(Authority authority, String principal) {
    Path place = authority.place(authority.name(principal));
    try {
      authority.issue(authority.name(principal), Duration.ofDays(1), List.of(), place);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return TlsDirectory.open(place);
  }
}
