package io.pilothouse.framework;

import com.google.protobuf.ByteString;
import io.pilothouse.mesos.stream.SchedulerHttp;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.Filters;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.io.IOException;
import java.net.http.HttpClient;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A framework, subscribed with whichever scheduler leads. It comes back with its id by itself when
 * the scheduler restarts, another leads, or the network breaks; it ends by {@link #teardown},
 * {@link #close}, or an error that it cannot help ({@link FrameworkHandler#error}).
 *
 * <p>Calls may come from any thread. Each returns when the scheduler has taken it, or throws:
 * {@link NotConnectedException} at once while there is no subscription, {@link RefusedException}
 * with the scheduler's status and words, {@link UnansweredException} if it cannot be known what
 * became of it. None is repeated: after a new subscription offers are void, and the framework knows
 * best what it still wants. But of every task that was launched an update comes sooner or later,
 * whether the call threw or not: those of which nothing is heard are asked for by name, and one
 * that never arrived is told as TASK_LOST.
 */
public final class Framework implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Framework.class);

  private final FrameworkOptions options;
  private final HttpClient client;
  private final SchedulerHttp http;
  private final Life life = new Life();
  private final Doubts doubts;
  private final Reader reader;
  private final Thread thread;
  private final Object updating = new Object();
  private volatile FrameworkInfo info;

  /** Of the last one that was taken. */
  private volatile Call.UpdateFramework constraints = Call.UpdateFramework.getDefaultInstance();

  private volatile @Nullable Session session;
  private volatile @Nullable FrameworkException ended;

  private Framework(FrameworkOptions options, FrameworkHandler handler) {
    this.options = options;
    this.info = options.info();
    HttpClient.Builder builder = SchedulerHttp.client(options.timing().patience());
    options.tls().ifPresent(builder::sslContext);
    this.client = builder.build();
    this.http =
        new SchedulerHttp(
            client,
            options.credentials().map(FrameworkOptions.Credentials::header),
            options.timing().patience());
    this.doubts = new Doubts(options.timing().patience().toNanos());
    this.reader = new Reader(this, options, handler, life, doubts, http);
    this.thread = Thread.ofPlatform().name("framework-" + info.getName()).unstarted(this::run);
  }

  /** Begins to look for a scheduler, and returns at once. */
  public static Framework start(FrameworkOptions options, FrameworkHandler handler) {
    Framework framework = new Framework(options, handler);
    framework.thread.start();
    return framework;
  }

  private void run() {
    @Nullable FrameworkException why = new EndedException("its thread failed; the log says how");
    try {
      reader.run();
      why = null;
    } catch (InterruptedException e) {
      why = life.isOver() ? null : new EndedException("its thread was interrupted", e);
    } catch (FrameworkException e) {
      why = e;
    } finally {
      session = null;
      ended = why;
      life.end();
      if (why != null) {
        reader.tellError(why);
      }
      client.shutdownNow();
    }
  }

  /** Waits for its end; returns after {@link #teardown} or {@link #close}, else throws why. */
  public void join() throws InterruptedException {
    thread.join();
    @Nullable FrameworkException why = ended;
    if (why != null) {
      throw new EndedException(why.getMessage() == null ? "ended" : why.getMessage(), why);
    }
  }

  /** As the scheduler knows it; empty before the first subscription. */
  public Optional<FrameworkID> id() {
    FrameworkInfo now = info;
    return now.hasId() ? Optional.of(now.getId()) : Optional.empty();
  }

  public boolean isConnected() {
    return session != null;
  }

  /** Answers offers of one machine with operations; what these leave over is filtered. */
  public void accept(
      Collection<OfferID> offers, Collection<Offer.Operation> operations, Filters filters) {
    call(
        Call.newBuilder()
            .setType(Call.Type.ACCEPT)
            .setAccept(
                Call.Accept.newBuilder()
                    .addAllOfferIds(offers)
                    .addAllOperations(operations)
                    .setFilters(filters)));
  }

  /**
   * Launches tasks on what was offered; their agent is set. What is left over, or all of it if
   * there are none, is not offered again for five seconds.
   */
  public void launch(Offer offer, TaskInfo... tasks) {
    Offer.Operation.Builder launch =
        Offer.Operation.newBuilder().setType(Offer.Operation.Type.LAUNCH);
    for (TaskInfo each : tasks) {
      launch.getLaunchBuilder().addTaskInfos(each.toBuilder().setAgentId(offer.getAgentId()));
    }
    accept(
        List.of(offer.getId()),
        tasks.length == 0 ? List.of() : List.of(launch.build()),
        Filters.getDefaultInstance());
  }

  /**
   * Does without an offer.
   *
   * @param refuseSeconds for which the like of it, of that machine, is not offered again
   */
  public void decline(Offer offer, double refuseSeconds) {
    decline(List.of(offer.getId()), Filters.newBuilder().setRefuseSeconds(refuseSeconds).build());
  }

  public void decline(Collection<OfferID> offers, Filters filters) {
    call(
        Call.newBuilder()
            .setType(Call.Type.DECLINE)
            .setDecline(Call.Decline.newBuilder().addAllOfferIds(offers).setFilters(filters)));
  }

  public void acceptInverse(Collection<OfferID> offers) {
    call(
        Call.newBuilder()
            .setType(Call.Type.ACCEPT_INVERSE_OFFERS)
            .setAcceptInverseOffers(
                Call.AcceptInverseOffers.newBuilder().addAllInverseOfferIds(offers)));
  }

  public void declineInverse(Collection<OfferID> offers, Filters filters) {
    call(
        Call.newBuilder()
            .setType(Call.Type.DECLINE_INVERSE_OFFERS)
            .setDeclineInverseOffers(
                Call.DeclineInverseOffers.newBuilder()
                    .addAllInverseOfferIds(offers)
                    .setFilters(filters)));
  }

  /** Has a task killed; an update tells when it is. */
  public void kill(TaskID task) {
    call(Call.newBuilder().setType(Call.Type.KILL).setKill(Call.Kill.newBuilder().setTaskId(task)));
  }

  /** Wants offers again in these roles, or in all; filters are forgotten. */
  public void revive(String... roles) {
    call(
        Call.newBuilder()
            .setType(Call.Type.REVIVE)
            .setRevive(Call.Revive.newBuilder().addAllRoles(List.of(roles))));
  }

  /** Wants no offers in these roles, or in any, until {@link #revive} or a new subscription. */
  public void suppress(String... roles) {
    call(
        Call.newBuilder()
            .setType(Call.Type.SUPPRESS)
            .setSuppress(Call.Suppress.newBuilder().addAllRoles(List.of(roles))));
  }

  /** Asks for updates of these tasks; of all that the scheduler knows, if there are none. */
  public void reconcile(Collection<TaskID> tasks) {
    Call.Reconcile.Builder all = Call.Reconcile.newBuilder();
    tasks.forEach(each -> all.addTasks(Call.Reconcile.Task.newBuilder().setTaskId(each)));
    call(Call.newBuilder().setType(Call.Type.RECONCILE).setReconcile(all));
  }

  /** The update need not come again. Without a uuid it does not anyway, and nothing is sent. */
  public void acknowledge(TaskStatus status) {
    if (status.getUuid().isEmpty()) {
      return;
    }
    call(
        Call.newBuilder()
            .setType(Call.Type.ACKNOWLEDGE)
            .setAcknowledge(
                Call.Acknowledge.newBuilder()
                    .setAgentId(status.getAgentId())
                    .setTaskId(status.getTaskId())
                    .setUuid(status.getUuid())));
  }

  /** The status of an operation need not come again; the same holds of one without a uuid. */
  public void acknowledge(OperationStatus status) {
    if (!status.hasUuid()) {
      return;
    }
    call(
        Call.newBuilder()
            .setType(Call.Type.ACKNOWLEDGE_OPERATION_STATUS)
            .setAcknowledgeOperationStatus(
                Call.AcknowledgeOperationStatus.newBuilder()
                    .setAgentId(status.getAgentId())
                    .setOperationId(status.getOperationId())
                    .setUuid(status.getUuid().getValue())));
  }

  /** Says something to an executor. It may be lost on its way. */
  public void message(AgentID agent, ExecutorID executor, byte[] data) {
    call(
        Call.newBuilder()
            .setType(Call.Type.MESSAGE)
            .setMessage(
                Call.Message.newBuilder()
                    .setAgentId(agent)
                    .setExecutorId(executor)
                    .setData(ByteString.copyFrom(data))));
  }

  /**
   * Becomes another: name, roles, capabilities, failover_timeout; not user, principal and
   * checkpoint. The next subscription brings what it is now.
   *
   * @param to its id is set
   */
  public void update(FrameworkInfo to) {
    call(
        Call.newBuilder()
            .setType(Call.Type.UPDATE_FRAMEWORK)
            .setUpdateFramework(Call.UpdateFramework.newBuilder().setFrameworkInfo(to)));
  }

  /**
   * Any other call, as it is; the framework's id is set. Not SUBSCRIBE and TEARDOWN. What an
   * UPDATE_FRAMEWORK says of constraints the next subscription says, too; of suppressed roles it
   * does not, as after {@link #suppress}.
   */
  public void call(Call.Builder call) {
    switch (call.getType()) {
      case SUBSCRIBE, TEARDOWN ->
          throw new IllegalArgumentException(
              call.getType() + " is not for call(…): there are start(…) and teardown()");
      case UPDATE_FRAMEWORK -> become(call);
      default -> send(call);
    }
  }

  /** One after the other: what the next subscription brings is what was taken last. */
  private void become(Call.Builder call) {
    synchronized (updating) {
      FrameworkID id =
          id().orElseThrow(
                  () -> new NotConnectedException("UPDATE_FRAMEWORK: it was never subscribed"));
      FrameworkInfo to = call.getUpdateFramework().getFrameworkInfo().toBuilder().setId(id).build();
      FrameworkOptions.require(to);
      call.getUpdateFrameworkBuilder().setFrameworkInfo(to);
      send(call);
      info = to;
      constraints = call.getUpdateFramework();
    }
  }

  /** With which it subscribes, now. */
  Call subscription() {
    FrameworkInfo now = info;
    Call.Builder call = Call.newBuilder().setType(Call.Type.SUBSCRIBE);
    call.getSubscribeBuilder().setFrameworkInfo(now);
    Call.UpdateFramework last = constraints;
    if (last.hasOfferConstraints()) {
      call.getSubscribeBuilder().setOfferConstraints(last.getOfferConstraints());
    }
    if (now.hasId()) {
      call.setFrameworkId(now.getId());
    }
    return call.build();
  }

  /** Nobody could find it again, nor its tasks: none is left behind. */
  void giveUp(Session unkept) {
    session = unkept;
    try {
      send(Call.newBuilder().setType(Call.Type.TEARDOWN));
    } catch (FrameworkException e) {
      log.warn(
          "framework {} stays until its failover_timeout is over: {}",
          unkept.id().getValue(),
          e.getMessage());
    } finally {
      session = null;
    }
  }

  /**
   * Ends the framework for good: its tasks are killed, its id is not taken again. If the call has
   * no answer the framework goes on, and is told by an error if it was torn down after all.
   */
  public void teardown() {
    boolean torn = false;
    try {
      if (!life.leave()) {
        return;
      }
      send(Call.newBuilder().setType(Call.Type.TEARDOWN));
      torn = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnansweredException("TEARDOWN: interrupted before it was sent", e);
    } finally {
      if (torn) {
        end();
      } else {
        life.stay();
      }
    }
  }

  private void send(Call.Builder call) {
    if (call.getType() == Call.Type.ACCEPT) {
      doubts.launching(call.getAccept(), System.nanoTime());
    }
    @Nullable Session to = session;
    if (to == null) {
      throw new NotConnectedException(
          life.isOver()
              ? call.getType() + ": the framework has ended"
              : "%s: not subscribed now with any of %s; wait for subscribed(…)"
                  .formatted(call.getType(), options.schedulers()));
    }
    String what = call.getType() + " to " + to.at().getAuthority();
    SchedulerHttp.Answer answer;
    try {
      answer = http.call(to.at(), to.stream(), call.setFrameworkId(to.id()).build().toByteArray());
    } catch (IOException e) {
      throw new UnansweredException(what + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnansweredException(what + ": interrupted while it waited for the answer", e);
    }
    if (!answer.ok()) {
      throw new RefusedException(what, answer.status(), answer.text(), "");
    }
  }

  FrameworkInfo info() {
    return info;
  }

  void id(FrameworkID id) {
    info = info.toBuilder().setId(id).build();
  }

  @Nullable Session session() {
    return session;
  }

  void session(@Nullable Session now) {
    session = now;
  }

  private void end() {
    life.end();
    if (!Thread.currentThread().equals(thread)) {
      thread.interrupt();
    }
  }

  /**
   * Ends the stream, and nothing else: tasks run on, and the framework may come back with its id
   * within its {@code failover_timeout}. A handler that is at work is interrupted, and waited for,
   * unless it is the handler that calls.
   */
  @Override
  public void close() {
    end();
    if (Thread.currentThread().equals(thread)) {
      return;
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it ends by itself then
    }
  }
}
