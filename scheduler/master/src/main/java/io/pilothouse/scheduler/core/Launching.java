package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.OperationState;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.master.Event.TaskAdded;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.validation.GroupCheck;
import io.pilothouse.scheduler.validation.Site;
import io.pilothouse.scheduler.validation.TaskCheck;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A framework accepts offers: operations on them in order, and what is left goes back. */
final class Launching {
  private final Tables tables;
  private final Offering offering;
  private final Statuses statuses;
  private final Operations operations;
  private final Sending sending;

  Launching(Tables tables, Offering offering, Statuses statuses, Operations operations) {
    this.tables = tables;
    this.offering = offering;
    this.statuses = statuses;
    this.operations = operations;
    this.sending = new Sending(tables, statuses);
  }

  void accept(Framework framework, Call.Accept call) {
    Optional<String> objection = objection(framework, call.getOfferIdsList());
    if (objection.isPresent()) {
      refuse(framework, call, objection.get());
      return;
    }
    List<Offer> offers = call.getOfferIdsList().stream().map(id -> offer(id.getValue())).toList();
    Left left =
        new Left(framework, offers.get(0).agent(), offers.get(0).role(), tables.options.root());
    for (Offer each : offers) {
      left.resources = left.resources.plus(each.resources());
      offering.remove(each);
    }
    left.shared = left.resources.shared().once();
    call.getOperationsList().forEach(operation -> perform(left, operation));
    if (!left.resources.isEmpty()) {
      tables.allocator.recover(
          new Allocation(framework.id, left.role, left.agent.id, left.resources),
          Offering.refusal(call.getFilters()),
          tables.now);
    }
  }

  /** Best effort: what goes to an agent that is away is lost, as in Mesos. */
  void shutDown(Framework framework, Call.Shutdown call) {
    @Nullable Agent agent = tables.agents.get(call.getAgentId().getValue());
    if (agent != null) {
      sending.shutDown(framework, agent, call.getExecutorId());
    }
  }

  private Offer offer(String id) {
    Offer offer = tables.offers.get(id);
    if (offer == null) {
      throw new IllegalStateException("an offer that was just there: " + id);
    }
    return offer;
  }

  private Optional<String> objection(Framework framework, List<OfferID> ids) {
    if (ids.isEmpty()) {
      return Optional.of("No offers specified");
    }
    Set<String> seen = new HashSet<>();
    for (OfferID id : ids) {
      if (!seen.add(id.getValue())) {
        return Optional.of("Duplicate offer " + id.getValue() + " in offer list");
      }
    }
    @Nullable Offer first = null;
    for (OfferID id : ids) {
      @Nullable Offer offer = tables.offers.get(id.getValue());
      if (offer == null) {
        return Optional.of("Offer " + id.getValue() + " is no longer valid");
      }
      if (offer.framework() != framework) {
        return Optional.of(
            "Offer %s has invalid framework %s while framework %s is expected"
                .formatted(offer.id(), offer.framework().id, framework.id));
      }
      first = first == null ? offer : first;
      if (!offer.role().equals(first.role())) {
        return Optional.of(
            ("Aggregated offers must be allocated to the same role. Offer %s uses role '%s' but"
                    + " another is using role '%s'")
                .formatted(offer.id(), offer.role(), first.role()));
      }
      if (offer.agent() != first.agent()) {
        return Optional.of(
            ("Aggregated offers must belong to one single agent. Offer %s uses agent %s and agent"
                    + " %s")
                .formatted(offer.id(), offer.agent().id, first.agent().id));
      }
    }
    return Optional.empty();
  }

  /** None of it happens; offers that were still good are gone, too. */
  private void refuse(Framework framework, Call.Accept call, String objection) {
    for (OfferID id : call.getOfferIdsList()) {
      @Nullable Offer offer = tables.offers.get(id.getValue());
      if (offer != null && offer.framework() == framework) {
        offering.giveBack(offer, OptionalLong.empty());
      }
    }
    for (Operation operation : call.getOperationsList()) {
      List<TaskInfo> tasks = tasks(operation);
      if (tasks.isEmpty()) {
        tables.operations.refuse(
            framework,
            operation,
            OperationState.OPERATION_ERROR,
            "Operation attempted with invalid offers: " + objection);
      }
      for (TaskInfo task : tasks) {
        statuses.refuse(
            framework,
            task.getTaskId(),
            task.getAgentId(),
            framework.orLost(TaskState.TASK_DROPPED),
            Reason.REASON_INVALID_OFFERS,
            "Task launched with invalid offers: " + objection);
      }
    }
  }

  private static List<TaskInfo> tasks(Operation operation) {
    return switch (operation.getType()) {
      case LAUNCH -> operation.getLaunch().getTaskInfosList();
      case LAUNCH_GROUP -> operation.getLaunchGroup().getTaskGroup().getTasksList();
      default -> List.of();
    };
  }

  private void perform(Left left, Operation operation) {
    switch (operation.getType()) {
      case LAUNCH ->
          operation
              .getLaunch()
              .getTaskInfosList()
              .forEach(task -> launch(left, task, operation.hasId()));
      case LAUNCH_GROUP -> launchGroup(left, operation);
      case RESERVE,
          UNRESERVE,
          CREATE,
          DESTROY,
          GROW_VOLUME,
          SHRINK_VOLUME,
          CREATE_DISK,
          DESTROY_DISK ->
          left.become(
              operations.perform(
                  new Operations.Offered(left.framework, left.agent, left.role, left.resources),
                  operation));
      case UNKNOWN -> {} // of a later protocol, as Mesos ignores it
    }
  }

  private void launch(Left left, TaskInfo asked, boolean withId) {
    TaskInfo info = withDefaults(asked, left);
    Optional<String> objection =
        withId
            ? Optional.of("The `id` field cannot be set on LAUNCH operations")
            : TaskCheck.objection(info, left, left.available());
    if (objection.isPresent()) {
      error(left, asked, Reason.REASON_TASK_INVALID, objection.get());
      return;
    }
    boolean runs = info.hasExecutor() && !left.start(info.getExecutor());
    add(left, info, info.getExecutor().getExecutorId().getValue());
    sending.launch(left.framework, left.agent, List.of(info), null, runs);
  }

  private void launchGroup(Left left, Operation operation) {
    if (!operation.hasLaunchGroup()) {
      tables.operations.refuse(
          left.framework,
          operation,
          OperationState.OPERATION_ERROR,
          "Expecting 'launch_group' to be present");
      return;
    }
    List<TaskInfo> asked = operation.getLaunchGroup().getTaskGroup().getTasksList();
    ExecutorInfo executor = withDefaults(operation.getLaunchGroup().getExecutor(), left);
    List<TaskInfo> infos =
        asked.stream()
            .map(task -> withDefaults(task, left).toBuilder().setExecutor(executor).build())
            .toList();
    Optional<String> objection =
        operation.hasId()
            ? Optional.of("The `id` field cannot be set on LAUNCH_GROUP operations")
            : otherExecutor(asked, executor, left)
                .or(() -> GroupCheck.objection(infos, executor, left, left.available()));
    if (objection.isPresent()) {
      asked.forEach(task -> error(left, task, Reason.REASON_TASK_GROUP_INVALID, objection.get()));
      return;
    }
    boolean runs = !left.start(executor);
    infos.forEach(info -> add(left, info, executor.getExecutorId().getValue()));
    sending.launch(
        left.framework,
        left.agent,
        infos.stream().map(info -> info.toBuilder().clearExecutor().build()).toList(),
        executor,
        runs);
  }

  private static Optional<String> otherExecutor(
      List<TaskInfo> asked, ExecutorInfo executor, Left left) {
    return asked.stream()
        .filter(TaskInfo::hasExecutor)
        .filter(task -> !withDefaults(task.getExecutor(), left).equals(executor))
        .findFirst()
        .map(
            task ->
                "The `ExecutorInfo` of task '%s' is different from executor '%s'"
                    .formatted(task.getTaskId().getValue(), executor.getExecutorId().getValue()));
  }

  private void error(Left left, TaskInfo task, Reason reason, String why) {
    statuses.refuse(
        left.framework, task.getTaskId(), task.getAgentId(), TaskState.TASK_ERROR, reason, why);
  }

  private void add(Left left, TaskInfo info, String executor) {
    Task task = new Task(left.framework, left.agent, info, executor, left.role);
    task.launched = tables.now;
    shareMore(left, task.resources.shared().minus(left.resources.shared()));
    left.resources = left.resources.minus(task.resources);
    left.framework.tasks.put(task.id(), task);
    left.agent.add(task);
    tables.counts.launched++;
    tables.tellOperators(
        io.pilothouse.mesos.v1.master.Event.newBuilder()
            .setType(io.pilothouse.mesos.v1.master.Event.Type.TASK_ADDED)
            .setTaskAdded(TaskAdded.newBuilder().setTask(TaskLook.of(task).message())));
  }

  /** Of what is shared any number of tasks may use what was offered once. */
  private void shareMore(Left left, Resources copies) {
    if (!copies.isEmpty()) {
      tables.allocator.exchange(
          left.framework.id, left.role, left.agent.id, Resources.NONE, copies);
      left.resources = left.resources.plus(copies);
    }
  }

  /** What a framework of one role need not say. */
  private static TaskInfo withDefaults(TaskInfo asked, Left left) {
    TaskInfo.Builder task = asked.toBuilder();
    task.getResourcesBuilderList().forEach(resource -> withDefaults(resource, left));
    if (asked.hasExecutor()) {
      task.setExecutor(withDefaults(asked.getExecutor(), left));
    }
    return task.build();
  }

  private static ExecutorInfo withDefaults(ExecutorInfo asked, Left left) {
    ExecutorInfo.Builder executor = asked.toBuilder();
    if (!asked.hasFrameworkId()) {
      executor.setFrameworkId(left.framework.frameworkId());
    }
    executor.getResourcesBuilderList().forEach(resource -> withDefaults(resource, left));
    return executor.build();
  }

  private static void withDefaults(Resource.Builder resource, Left left) {
    if (!resource.hasAllocationInfo()) {
      resource.getAllocationInfoBuilder().setRole(left.role);
    }
  }

  /** What the offers have left, and where. */
  private static final class Left implements Site {
    final Framework framework;
    final Agent agent;
    final String role;
    final boolean root;
    Resources resources = Resources.NONE;

    /** Of what is shared, what was offered or made since, whether or not tasks have it by now. */
    Resources shared = Resources.NONE;

    Left(Framework framework, Agent agent, String role, boolean root) {
      this.framework = framework;
      this.agent = agent;
      this.role = role;
      this.root = root;
    }

    /** What another task may use. */
    Resources available() {
      return resources.notShared().plus(shared);
    }

    /** After an operation. */
    void become(Resources after) {
      Resources made = after.shared().minus(resources.shared());
      Resources gone = resources.shared().minus(after.shared());
      shared = shared.minus(gone).plus(made).once();
      resources = after;
    }

    /** Whether it was to be started; false: it runs already. */
    boolean start(ExecutorInfo info) {
      String id = info.getExecutorId().getValue();
      if (agent.executor(framework.id, id).isPresent()) {
        return false;
      }
      resources = resources.minus(ResourceForm.read(info.getResourcesList()));
      agent.add(new Executor(framework, agent, role, info));
      return true;
    }

    @Override
    public String framework() {
      return framework.id;
    }

    @Override
    public String agent() {
      return agent.id;
    }

    @Override
    public String role() {
      return role;
    }

    @Override
    public String user() {
      return framework.info.getUser();
    }

    @Override
    public boolean mayUseRoot() {
      return root;
    }

    @Override
    public boolean has(String task) {
      return framework.tasks.containsKey(task);
    }

    @Override
    public boolean isUnreachable(String task) {
      return framework.unreachable.containsKey(task);
    }

    @Override
    public Optional<ExecutorInfo> executor(String id) {
      return agent.executor(framework.id, id).map(Executor::info);
    }
  }
}
