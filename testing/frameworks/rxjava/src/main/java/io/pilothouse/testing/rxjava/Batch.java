package io.pilothouse.testing.rxjava;

import com.mesosphere.mesos.rx.java.SinkOperation;
import com.mesosphere.mesos.rx.java.SinkOperations;
import com.mesosphere.mesos.rx.java.protobuf.SchedulerCalls;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.mesos.v1.Protos.Filters;
import org.apache.mesos.v1.Protos.FrameworkID;
import org.apache.mesos.v1.Protos.Offer;
import org.apache.mesos.v1.Protos.TaskInfo;
import org.apache.mesos.v1.Protos.TaskState;
import org.apache.mesos.v1.Protos.TaskStatus;
import org.apache.mesos.v1.scheduler.Protos.Call;
import org.apache.mesos.v1.scheduler.Protos.Event;
import rx.Observable;
import rx.functions.Action0;
import rx.subjects.PublishSubject;
import rx.subjects.Subject;

/**
 * What the framework does about each event. The very first offer it declines, to see that it comes
 * again; a task whose name begins with {@code endless} it kills once it runs.
 */
final class Batch {
  private static final Set<TaskState> ENDS =
      Set.of(
          TaskState.TASK_FINISHED,
          TaskState.TASK_FAILED,
          TaskState.TASK_KILLED,
          TaskState.TASK_ERROR,
          TaskState.TASK_LOST);

  private final Deque<Job> waiting;
  private final Set<String> going = new TreeSet<>();
  private final boolean adopts;

  /** Calls that are no answer to an event, from any thread. */
  private final Subject<SinkOperation<Call>, SinkOperation<Call>> more =
      PublishSubject.<SinkOperation<Call>>create().toSerialized();

  private FrameworkID id = FrameworkID.getDefaultInstance();
  private boolean declined;

  Batch(Deque<Job> jobs) {
    waiting = jobs;
    adopts = jobs.isEmpty();
  }

  /** Events come one at a time; the stream of calls ends with that of events. */
  Observable<Optional<SinkOperation<Call>>> process(Observable<Event> events) {
    Observable<SinkOperation<Call>> answers =
        events
            .concatMap(event -> Observable.from(on(event)))
            .doOnCompleted(more::onCompleted)
            .doOnError(more::onError);
    return answers.mergeWith(more).map(Optional::of);
  }

  private synchronized List<SinkOperation<Call>> on(Event event) {
    return switch (event.getType()) {
      case SUBSCRIBED -> subscribed(event.getSubscribed());
      case OFFERS -> event.getOffers().getOffersList().stream().map(this::offered).toList();
      case UPDATE -> updated(event.getUpdate().getStatus());
      case ERROR -> throw new IllegalStateException("ERROR: " + event.getError().getMessage());
      case HEARTBEAT -> List.of();
      default -> {
        System.out.println(event.getType());
        yield List.of();
      }
    };
  }

  private List<SinkOperation<Call>> subscribed(Event.Subscribed subscribed) {
    id = subscribed.getFrameworkId();
    System.out.println("subscribed as " + id.getValue());
    if (!adopts) {
      return List.of();
    }
    return List.of(
        sink(
            call(Call.Type.RECONCILE).setReconcile(Call.Reconcile.getDefaultInstance()), () -> {}));
  }

  private SinkOperation<Call> offered(Offer offer) {
    List<TaskInfo> tasks = new ArrayList<>();
    for (int room = declined ? Job.room(offer) : 0; room > 0 && !waiting.isEmpty(); room--) {
      TaskInfo task = waiting.remove().on(offer.getAgentId());
      going.add(task.getTaskId().getValue());
      tasks.add(task);
    }
    if (tasks.isEmpty()) {
      declined = true;
      System.out.println("declined an offer of " + offer.getHostname());
      return sink(
          call(Call.Type.DECLINE)
              .setDecline(
                  Call.Decline.newBuilder().addOfferIds(offer.getId()).setFilters(forNow())),
          () -> {});
    }
    System.out.println(
        "launched %d on %s at %s:%d"
            .formatted(
                tasks.size(),
                offer.getHostname(),
                offer.getUrl().getScheme(),
                offer.getUrl().getAddress().getPort()));
    return sink(
        call(Call.Type.ACCEPT)
            .setAccept(
                Call.Accept.newBuilder()
                    .addOfferIds(offer.getId())
                    .addOperations(
                        Offer.Operation.newBuilder()
                            .setType(Offer.Operation.Type.LAUNCH)
                            .setLaunch(
                                Offer.Operation.Launch.newBuilder().addAllTaskInfos(tasks)))),
        () -> {});
  }

  /** While there is something to run the offer is wanted again; what is left over is not. */
  private Filters forNow() {
    return Filters.newBuilder().setRefuseSeconds(waiting.isEmpty() ? 600 : 0).build();
  }

  private List<SinkOperation<Call>> updated(TaskStatus status) {
    String task = status.getTaskId().getValue();
    System.out.println(task + " " + status.getState() + " " + status.getMessage());
    List<SinkOperation<Call>> calls = new ArrayList<>();
    boolean ended = ENDS.contains(status.getState());
    if (!ended) {
      going.add(task);
    }
    if (status.hasUuid()) {
      calls.add(
          sink(
              SchedulerCalls.ackUpdate(
                  id, status.getUuid(), status.getAgentId(), status.getTaskId())
                  .toBuilder(),
              () -> acknowledged(task, ended)));
    }
    if (task.startsWith("endless") && status.getState() == TaskState.TASK_RUNNING) {
      calls.add(
          sink(
              call(Call.Type.KILL).setKill(Call.Kill.newBuilder().setTaskId(status.getTaskId())),
              () -> {}));
    }
    return calls;
  }

  private synchronized void acknowledged(String task, boolean ended) {
    System.out.println("acknowledged " + task);
    if (ended && going.remove(task) && going.isEmpty() && waiting.isEmpty()) {
      more.onNext(sink(call(Call.Type.TEARDOWN), () -> System.out.println("torn down")));
    }
  }

  private Call.Builder call(Call.Type type) {
    return Call.newBuilder().setType(type).setFrameworkId(id);
  }

  private static SinkOperation<Call> sink(Call.Builder call, Action0 accepted) {
    return SinkOperations.sink(call.build(), accepted, Batch::fail);
  }

  /** Ends the program: what a call was refused for is what the test is about. */
  static void fail(Throwable e) {
    e.printStackTrace(System.out);
    System.exit(1);
  }
}
