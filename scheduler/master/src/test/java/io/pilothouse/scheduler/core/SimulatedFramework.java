package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A framework that launches small tasks and acknowledges most of what it is told. */
final class SimulatedFramework {
  final String name;
  final int wanted;
  final Map<String, Seen> tasks = new LinkedHashMap<>();

  /** Empty: it gets one. */
  String id;

  String stream = "";
  boolean subscribed;
  int names;
  long reconciled;

  /** It can do with what may be taken back. */
  final boolean borrows;

  /** It can do with what others have as well. */
  final boolean shares;

  /** "*": it keeps no data. */
  final String role;

  /** Volumes that it was told are made; and on which agent. */
  final Map<String, String> volumes = new LinkedHashMap<>();

  /** What it knows of a task, and where it started it. */
  record Seen(String agent, TaskState state) {}

  SimulatedFramework(String name, boolean ownId, int wanted) {
    this.name = name;
    this.id = ownId ? name : "";
    this.wanted = wanted;
    this.borrows = wanted % 4 > 1;
    this.shares = wanted % 4 != 1;
    this.role = wanted % 3 == 0 ? "*" : "r" + wanted % 3;
  }

  long open() {
    return tasks.values().stream().filter(seen -> !Task.isTerminal(seen.state())).count();
  }

  void see(String task, TaskState state) {
    tasks.computeIfPresent(task, (t, seen) -> new Seen(seen.agent(), state));
  }

  Call subscription() {
    List<String> capabilities = new ArrayList<>();
    if (wanted % 2 == 0) {
      capabilities.add("{'type':'PARTITION_AWARE'}");
    }
    if (borrows) {
      capabilities.add("{'type':'REVOCABLE_RESOURCES'}");
    }
    if (shares) {
      capabilities.add("{'type':'SHARED_RESOURCES'}");
    }
    String withId = id.isEmpty() ? "" : "'id':{'value':'" + id + "'},";
    return Stage.read(
        ("{%s'type':'SUBSCRIBE','subscribe':{'framework_info':{%s'user':'u','name':'%s',"
                + "'role':'%s','failover_timeout':100000,'capabilities':[%s]}}}")
            .formatted(
                id.isEmpty() ? "" : "'framework_id':{'value':'" + id + "'},",
                withId,
                name,
                role,
                String.join(",", capabilities)),
        Call.getDefaultInstance());
  }

  /** An operation is done: of one that made a volume it will want to see that again. */
  void isDone(String operation) {
    String[] parts = operation.split(":", 3);
    if (parts[0].equals("c")) {
      volumes.put(parts[2], parts[1]);
    }
  }

  /** Of all that are not over, as far as it knows. */
  Call.Builder reconciliation() {
    Call.Builder call = Call.newBuilder().setType(Call.Type.RECONCILE);
    tasks.forEach(
        (task, seen) -> {
          if (!Task.isTerminal(seen.state())) {
            Call.Reconcile.Task.Builder asked = call.getReconcileBuilder().addTasksBuilder();
            asked.getTaskIdBuilder().setValue(task);
            asked.getAgentIdBuilder().setValue(seen.agent());
          }
        });
    return call;
  }
}
