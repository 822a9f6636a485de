package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentOversubscribed;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.manifests.ProcessSpec.Limits;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.tasks.lending.Lending;
import io.pilothouse.tasks.lending.QosController.Correction;
import io.pilothouse.tasks.lending.StrainSource;
import io.pilothouse.tasks.lending.Usage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lends what tasks have and do not use, as far as the machine's type allows: looks, asks who
 * decides, tells the scheduler, ends whom it must. Under the monitor of {@link Tasks}.
 */
final class Oversubscription {
  private static final Logger log = LoggerFactory.getLogger(Oversubscription.class);
  private static final double MILLI = 1000.0;

  /** Less is not worth a message, nor that what was offered is taken back: in processors … */
  private static final double WORTH = 0.1;

  /** … and as a share of what was told. The reserve covers more than that. */
  private static final double WORTH_SHARE = 0.1;

  private static final double SLIP = 1e-6;

  private static final Limits MEASURED =
      new Limits(Optional.of(1.0), Optional.empty(), OptionalInt.empty());

  private final Machine machine;
  private final Lending lending;
  private final StrainSource strain = new StrainSource();
  private OfferPolicy policy = OfferPolicy.getDefaultInstance();

  /** What a scheduler was told last, or will be when there is one. */
  private List<Resource> told = List.of();

  /** Of it what the newest registration said. */
  private List<Resource> registered = List.of();

  private boolean isToTell;
  private long toldAt;
  private long lookedAt;

  /** Why nothing is lent though it could be; empty where it is not asked for, or done. */
  private String note = "";

  private boolean isNoted;

  /** Of the look before; said once. */
  private String trouble = "";

  Oversubscription(Machine machine, Lending lending) {
    this.machine = machine;
    this.lending = lending;
    long now = System.nanoTime();
    this.toldAt = now - lending.tell().toNanos();
    this.lookedAt = now - lending.look().toNanos();
  }

  /** What the machine's type says. */
  void follow(OfferPolicy said) {
    if (said.equals(policy)) {
      return;
    }
    policy = said;
    note = said.getOversubscribeCount() == 0 ? "" : why();
    if (!note.isEmpty() && !isNoted) {
      isNoted = true;
      log.warn("what tasks do not use is not lent, though the machine's type says so: {}", note);
    }
  }

  private String why() {
    Optional<String> unlimited = machine.cgroups().notEnforced(MEASURED);
    if (unlimited.isPresent()) {
      return "without control groups of processors nobody's use is known (" + unlimited.get() + ")";
    }
    try {
      return machine.cgroups().countsProcessorTime()
          ? ""
          : "the kernel does not count what tasks use: mount cpuacct with cpu, or cgroup2";
    } catch (IOException e) {
      return "what the kernel counts of tasks cannot be read: " + e.getMessage();
    }
  }

  /** For a scheduler that is to know the machine. */
  List<Resource> register() {
    registered = told;
    return told;
  }

  /** A scheduler knows the machine, as it was when that registered. */
  void connected() {
    isToTell = !told.equals(registered);
  }

  /** Looks, once a second. What goes wrong concerns nothing but what is lent. */
  void round(
      Collection<Task> tasks,
      Collection<Executor> executors,
      Optional<Consumer<AgentMessage>> scheduler) {
    long now = System.nanoTime();
    if (now - lookedAt >= lending.look().toNanos()) {
      lookedAt = now;
      try {
        look(now, tasks, executors);
        trouble = "";
      } catch (IOException | RuntimeException e) {
        if (!e.toString().equals(trouble)) {
          log.warn("nothing more of what tasks do not use is lent for now", e);
        }
        trouble = e.toString();
        become(List.of(), now);
      }
    }
    if (isToTell && scheduler.isPresent()) {
      isToTell = false;
      scheduler
          .get()
          .accept(
              AgentMessage.newBuilder()
                  .setOversubscribed(AgentOversubscribed.newBuilder().addAllResources(told))
                  .build());
    }
  }

  private void look(long now, Collection<Task> tasks, Collection<Executor> executors)
      throws IOException {
    List<Usage.Load> loads = loads(tasks, executors);
    boolean lends = policy.getOversubscribeCount() > 0 && note.isEmpty();
    if (!lends && loads.stream().noneMatch(each -> each.lent() > 0)) {
      become(List.of(), now);
      return;
    }
    Usage usage = new Usage(now, cpus(policy.getResourcesList()), loads, strain.look());
    List<Resource> lendable = lending.estimator().lendable(usage);
    become(lends ? within(lendable) : List.of(), now);
    for (Correction each : lending.qos().corrections(usage)) {
      end(each, tasks, executors);
    }
  }

  private static List<Usage.Load> loads(Collection<Task> tasks, Collection<Executor> executors) {
    List<Usage.Load> all = new ArrayList<>();
    for (Task each : tasks) {
      if (each instanceof CommandTask command && !each.record().hasEnded()) {
        all.add(command.load());
      }
    }
    for (Executor each : executors) {
      if (each instanceof CustomExecutor custom && !each.isOver()) {
        all.add(custom.load());
      }
    }
    return all;
  }

  /** No more than the type allows. */
  private List<Resource> within(List<Resource> lendable) {
    List<Resource> all = new ArrayList<>();
    for (Resource each : lendable) {
      double most =
          policy.getOversubscribeList().stream()
              .filter(allowed -> allowed.getName().equals(each.getName()))
              .mapToDouble(allowed -> allowed.getMilli() / MILLI)
              .sum();
      double amount = Math.min(most, each.getScalar().getValue());
      if (amount > 0) {
        Resource.Builder bounded = each.toBuilder();
        bounded.getScalarBuilder().setValue(amount);
        all.add(bounded.build());
      }
    }
    return all;
  }

  private static double cpus(List<OfferedResource> resources) {
    return resources.stream()
        .filter(each -> each.getName().equals("cpus"))
        .mapToDouble(each -> each.getMilli() / MILLI)
        .sum();
  }

  /** Less is told at once, more after a while; what is hardly otherwise, not at all. */
  private void become(List<Resource> now, long at) {
    boolean isLess = differs(told, now, -1);
    boolean isMore = differs(told, now, 1) && at - toldAt >= lending.tell().toNanos();
    if (isLess || isMore || (now.isEmpty() && !told.isEmpty())) {
      told = now;
      toldAt = at;
      isToTell = true;
    }
  }

  /** Whether there is so much more of something, or (with -1) less, that it is worth telling. */
  private static boolean differs(List<Resource> before, List<Resource> after, int sign) {
    return Stream.concat(before.stream(), after.stream())
        .map(Resource::getName)
        .anyMatch(
            name -> {
              double was = amount(before, name);
              double worth = Math.max(WORTH, was * WORTH_SHARE);
              return sign * (amount(after, name) - was) >= worth - SLIP;
            });
  }

  private static double amount(List<Resource> of, String name) {
    return of.stream()
        .filter(each -> each.getName().equals(name))
        .mapToDouble(each -> each.getScalar().getValue())
        .sum();
  }

  private void end(Correction correction, Collection<Task> tasks, Collection<Executor> executors)
      throws IOException {
    log.info("{} is ended: {}", correction.container(), correction.why());
    for (Task each : List.copyOf(tasks)) {
      TaskInfo info = each.record().info();
      boolean isIt =
          each instanceof CommandTask command && command.container().equals(correction.container());
      boolean isIn = each instanceof ExecutorTask && each.record().isIn(correction.container());
      // of an executor that has its own beside what is lent, only the latter
      if (isIt || (isIn && Allotment.of(info.getResourcesList()).lent() > 0)) {
        each.kill(
            KillOrder.soon(each, Reason.REASON_CONTAINER_PREEMPTED)
                .setReason(correction.why())
                .build());
      }
    }
    for (Executor each : List.copyOf(executors)) {
      if (each instanceof CustomExecutor custom
          && custom.container().equals(correction.container())
          && custom.load().own() == 0) {
        custom.shutDown();
      }
    }
  }

  /** For the status page; empty where nothing is lent and nothing was to be. */
  Optional<Map<String, Object>> describe() {
    if (policy.getOversubscribeCount() == 0 && told.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("cpus", amount(told, "cpus"));
    if (!note.isEmpty()) {
      all.put("nothing_because", note);
    }
    return Optional.of(all);
  }
}
