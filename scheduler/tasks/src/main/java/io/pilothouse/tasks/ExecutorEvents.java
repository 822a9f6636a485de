package io.pilothouse.tasks;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.mesos.http.EventStream;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.ContainerID;
import io.pilothouse.mesos.v1.TaskGroupInfo;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.executor.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an executor is told, on one stream. Under the monitor of {@link Tasks}. */
final class ExecutorEvents {
  private final EventStream stream;
  private final int port;
  private long beatAt = System.nanoTime();

  /**
   * @param port of the agent
   */
  ExecutorEvents(EventStream stream, int port) {
    this.stream = stream;
    this.port = port;
  }

  private void send(Event.Builder event) {
    stream.send(event.build());
  }

  void end() {
    stream.end();
  }

  void subscribed(ExecutorRecord executor, Machine machine) {
    AgentInfo agent =
        AgentInfo.newBuilder()
            .setId(executor.agent())
            .setHostname(machine.name())
            .setPort(port)
            .build();
    send(
        Event.newBuilder()
            .setType(Event.Type.SUBSCRIBED)
            .setSubscribed(
                Event.Subscribed.newBuilder()
                    .setExecutorInfo(executor.info())
                    .setFrameworkInfo(executor.frameworkInfo())
                    .setAgentInfo(agent)
                    .setContainerId(ContainerID.newBuilder().setValue(executor.container()))));
  }

  /** Those that it has not been sent, a group as one; that they were is written down before. */
  void launch(List<ExecutorTask> tasks) throws IOException {
    Map<String, TaskGroupInfo.Builder> groups = new LinkedHashMap<>();
    for (ExecutorTask each : tasks) {
      if (each.isSent()) {
        continue;
      }
      each.sent();
      String group = each.record().group();
      if (group.isEmpty()) {
        send(
            Event.newBuilder()
                .setType(Event.Type.LAUNCH)
                .setLaunch(Event.Launch.newBuilder().setTask(each.record().info())));
      } else {
        groups
            .computeIfAbsent(group, name -> TaskGroupInfo.newBuilder())
            .addTasks(each.record().info());
      }
    }
    for (TaskGroupInfo.Builder each : groups.values()) {
      send(
          Event.newBuilder()
              .setType(Event.Type.LAUNCH_GROUP)
              .setLaunchGroup(Event.LaunchGroup.newBuilder().setTaskGroup(each)));
    }
  }

  void kill(TaskID task, @Nullable AgentKill order) {
    Event.Kill.Builder kill = Event.Kill.newBuilder().setTaskId(task);
    if (order != null && order.hasKillPolicy()) {
      kill.setKillPolicy(order.getKillPolicy());
    }
    send(Event.newBuilder().setType(Event.Type.KILL).setKill(kill));
  }

  void acknowledged(TaskID task, ByteString uuid) {
    send(
        Event.newBuilder()
            .setType(Event.Type.ACKNOWLEDGED)
            .setAcknowledged(Event.Acknowledged.newBuilder().setTaskId(task).setUuid(uuid)));
  }

  void message(ByteString data) {
    send(
        Event.newBuilder()
            .setType(Event.Type.MESSAGE)
            .setMessage(Event.Message.newBuilder().setData(data)));
  }

  void shutDown() {
    send(Event.newBuilder().setType(Event.Type.SHUTDOWN));
  }

  void beat(long now, Duration every) {
    if (now - beatAt >= every.toNanos()) {
      beatAt = now;
      send(Event.newBuilder().setType(Event.Type.HEARTBEAT));
    }
  }
}
