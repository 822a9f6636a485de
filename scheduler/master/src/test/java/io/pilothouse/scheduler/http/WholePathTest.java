package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.pilothouse.client.PeerConnection;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.scheduler.Site;
import io.pilothouse.tasks.Machine;
import io.pilothouse.tasks.SchedulerLink;
import io.pilothouse.tasks.Tasks;
import io.pilothouse.tls.Peers;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A framework's command becomes a process on a machine, and its end comes back. */
class WholePathTest {
  @TempDir private Path disk;
  private final Site site = new Site();
  private final ScheduledExecutorService rounds = Executors.newSingleThreadScheduledExecutor();

  @BeforeEach
  void anAgentWithARealDiskAttaches() throws Exception {
    site.machineWithoutAgent("cpus:2;mem:256");
    Tasks tasks =
        Tasks.open(
            new Machine(
                "m1",
                disk,
                Cgroups.none("not needed here"),
                Map.of("PATH", "/usr/bin:/bin"),
                InstantSource.system(),
                Machine.RETRY,
                () -> {}));
    SchedulerLink link =
        new SchedulerLink(
            site::agentsAddress,
            WholePathTest::connect,
            () -> tasks.register(AgentInfo.newBuilder().setHostname("m1").build(), "boot", "1"),
            tasks,
            () -> {});
    var unused =
        rounds.scheduleWithFixedDelay(
            () -> {
              try {
                link.round();
                tasks.round();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            },
            0,
            20,
            TimeUnit.MILLISECONDS);
  }

  private static SchedulerLink.Connection connect(String address) {
    PeerConnection to =
        new PeerConnection(ServerAddress.parse(address), "machine/m1", Peers.ANY, Optional.empty());
    return new SchedulerLink.Connection() {
      @Override
      public Channel channel() {
        return to.channel();
      }

      @Override
      public void close() {
        to.close();
      }
    };
  }

  @AfterEach
  void close() throws Exception {
    rounds.shutdownNow();
    assertThat(rounds.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    site.close();
  }

  @Test
  void aCommandRunsAndItsEndIsToldAndAcknowledged() throws Exception {
    try (Client client = new Client(MediaType.JSON, site.url("/api/v1/scheduler"));
        Client.Reader<Event> stream = subscribe(client)) {
      String streamId = stream.response.headers().firstValue("Mesos-Stream-Id").orElseThrow();
      String id = stream.next().getSubscribed().getFrameworkId().getValue();
      Offer offer = stream.next(Event::hasOffers).getOffers().getOffers(0);
      send(client, streamId, id, launch(offer, "good", "exit 0"));
      assertThat(ending(client, stream, streamId, id, "good").getState())
          .isEqualTo(TaskState.TASK_FINISHED);
      offer = stream.next(Event::hasOffers).getOffers().getOffers(0);
      send(client, streamId, id, launch(offer, "bad", "exit 3"));
      TaskStatus failed = ending(client, stream, streamId, id, "bad");
      assertThat(failed.getState()).isEqualTo(TaskState.TASK_FAILED);
      offer = stream.next(Event::hasOffers).getOffers().getOffers(0);
      send(client, streamId, id, launch(offer, "long", "sleep 60"));
      assertThat(until(TaskState.TASK_RUNNING, client, stream, streamId, id, "long").getState())
          .isEqualTo(TaskState.TASK_RUNNING);
      send(client, streamId, id, "'type':'KILL','kill':{'task_id':{'value':'long'}}");
      assertThat(ending(client, stream, streamId, id, "long").getState())
          .isEqualTo(TaskState.TASK_KILLED);
    }
  }

  private static Client.Reader<Event> subscribe(Client client) throws Exception {
    return client.stream(
        client
            .request(
                client.body(
                    "{'type':'SUBSCRIBE','subscribe':{'framework_info':{'user':'','name':'n'}}}",
                    Call.getDefaultInstance()))
            .build(),
        Event.getDefaultInstance());
  }

  private static String launch(Offer offer, String task, String line) {
    return ("'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'filters':{'refuse_seconds':0},"
            + "'operations':[{'type':'LAUNCH','launch':{'task_infos':[{'name':'t','task_id':"
            + "{'value':'%s'},'agent_id':{'value':'%s'},'resources':[{'name':'cpus','type':"
            + "'SCALAR','scalar':{'value':1}},{'name':'mem','type':'SCALAR','scalar':"
            + "{'value':32}}],'command':{'value':'%s'}}]}}]}")
        .formatted(offer.getId().getValue(), task, offer.getAgentId().getValue(), line);
  }

  private static void send(Client client, String stream, String framework, String call)
      throws Exception {
    byte[] body =
        client.body(
            "{'framework_id':{'value':'" + framework + "'}," + call + "}",
            Call.getDefaultInstance());
    assertThat(
            client
                .send(client.request(body).header("Mesos-Stream-Id", stream).build())
                .statusCode())
        .isEqualTo(202);
  }

  private static TaskStatus ending(
      Client client, Client.Reader<Event> events, String stream, String framework, String task)
      throws Exception {
    return until(TaskState.TASK_FINISHED, client, events, stream, framework, task);
  }

  /** Acknowledges all that is told of a task, until it is in a state or at an end. */
  private static TaskStatus until(
      TaskState wanted,
      Client client,
      Client.Reader<Event> events,
      String stream,
      String framework,
      String task)
      throws Exception {
    while (true) {
      TaskStatus status =
          events
              .next(e -> e.getUpdate().getStatus().getTaskId().getValue().equals(task))
              .getUpdate()
              .getStatus();
      acknowledge(client, stream, framework, status);
      if (status.getState() == wanted) {
        return status;
      }
      switch (status.getState()) {
        case TASK_STAGING, TASK_STARTING, TASK_RUNNING, TASK_KILLING -> {}
        default -> {
          return status;
        }
      }
    }
  }

  private static void acknowledge(Client client, String stream, String framework, TaskStatus status)
      throws Exception {
    send(
        client,
        stream,
        framework,
        ("'type':'ACKNOWLEDGE','acknowledge':{'agent_id':{'value':'%s'},'task_id':{'value':'%s'},"
                + "'uuid':'%s'}")
            .formatted(
                status.getAgentId().getValue(),
                status.getTaskId().getValue(),
                Base64.getEncoder().encodeToString(status.getUuid().toByteArray())));
  }
}
