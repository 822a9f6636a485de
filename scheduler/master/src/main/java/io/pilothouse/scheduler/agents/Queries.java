package io.pilothouse.scheduler.agents;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.ExplainFrameworkReply;
import io.pilothouse.api.v1.ExplainFrameworkRequest;
import io.pilothouse.api.v1.ExplainTaskReply;
import io.pilothouse.api.v1.ExplainTaskRequest;
import io.pilothouse.api.v1.ListFrameworksReply;
import io.pilothouse.api.v1.ListFrameworksRequest;
import io.pilothouse.api.v1.ListRolesReply;
import io.pilothouse.api.v1.ListRolesRequest;
import io.pilothouse.api.v1.ListTaskFilesReply;
import io.pilothouse.api.v1.ListTaskFilesRequest;
import io.pilothouse.api.v1.ListTasksReply;
import io.pilothouse.api.v1.ListTasksRequest;
import io.pilothouse.api.v1.ReadTaskFileReply;
import io.pilothouse.api.v1.ReadTaskFileRequest;
import io.pilothouse.api.v1.SchedulerQueriesGrpc;
import io.pilothouse.api.v1.TaskSandbox;
import io.pilothouse.api.v1.TearDownFrameworkReply;
import io.pilothouse.api.v1.TearDownFrameworkRequest;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.Questions;
import io.pilothouse.scheduler.core.SandboxPlace;
import io.pilothouse.scheduler.core.UnansweredException;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import io.pilothouse.scheduler.sandboxes.SandboxReads;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code SchedulerQueries}: what people ask, and the one thing that they order. The core
 * answers on its own thread, between two inputs; the answer is written by the caller's.
 */
public final class Queries extends SchedulerQueriesGrpc.SchedulerQueriesImplBase {
  private static final Logger log = LoggerFactory.getLogger(Queries.class);

  /** Questions that wait for the core at a time: while it answers them it decides nothing. */
  private static final int MOST_WAITING = 16;

  private static final int LONGEST_REASON = 1_000;

  private final Loop loop;
  private final FileQueries files;
  private final Rights rights;
  private final Duration patience;
  private final Semaphore room = new Semaphore(MOST_WAITING);

  public Queries(Loop loop, SandboxReads sandboxes, Rights rights) {
    this(loop, sandboxes, rights, Duration.ofSeconds(10));
  }

  /**
   * @param patience how long the core may take
   */
  Queries(Loop loop, SandboxReads sandboxes, Rights rights, Duration patience) {
    this.loop = loop;
    this.files = new FileQueries(sandboxes);
    this.rights = rights;
    this.patience = patience;
  }

  /** What the core does for a caller. */
  private interface Work<R> {
    R in(Core core, long now);
  }

  @Override
  public void listFrameworks(
      ListFrameworksRequest request, StreamObserver<ListFrameworksReply> answers) {
    ask(answers, questions -> questions.frameworks(request));
  }

  @Override
  public void listRoles(ListRolesRequest request, StreamObserver<ListRolesReply> answers) {
    ask(answers, questions -> questions.roles(request));
  }

  @Override
  public void listTasks(ListTasksRequest request, StreamObserver<ListTasksReply> answers) {
    ask(answers, questions -> questions.tasks(request));
  }

  @Override
  public void explainFramework(
      ExplainFrameworkRequest request, StreamObserver<ExplainFrameworkReply> answers) {
    ask(answers, questions -> questions.explain(request));
  }

  @Override
  public void explainTask(ExplainTaskRequest request, StreamObserver<ExplainTaskReply> answers) {
    ask(answers, questions -> questions.explain(request));
  }

  @Override
  public void readTaskFile(ReadTaskFileRequest request, StreamObserver<ReadTaskFileReply> answers) {
    look(request.getOf(), answers, place -> files.read(request, place, answers));
  }

  @Override
  public void listTaskFiles(
      ListTaskFilesRequest request, StreamObserver<ListTaskFilesReply> answers) {
    look(request.getOf(), answers, place -> files.list(request, place, answers));
  }

  /** The core says where; the rest is between this and the agent. */
  private void look(TaskSandbox of, StreamObserver<?> answers, Consumer<SandboxPlace> then) {
    SandboxPlace place;
    try {
      place =
          admitted(
              rights::mayLook,
              question(
                  questions ->
                      questions.sandbox(
                          of.getTask(), of.getFramework(), of.getMachine(), of.getContainer())));
    } catch (StatusRuntimeException e) {
      answers.onError(e);
      return;
    }
    then.accept(place);
  }

  private <R> void ask(StreamObserver<R> answers, Function<Questions, R> question) {
    answer(answers, rights::mayLook, question(question));
  }

  /** A question changes nothing: one that fails is no reason to begin with another core. */
  private static <R> Work<R> question(Function<Questions, R> question) {
    return (core, now) -> {
      try {
        return question.apply(core.questions(now));
      } catch (UnansweredException e) {
        throw status(e);
      } catch (RuntimeException e) {
        log.error("a question could not be answered", e);
        throw Status.INTERNAL
            .withDescription("the scheduler failed to answer: " + e + "; its log says more")
            .asRuntimeException();
      }
    };
  }

  @Override
  public void tearDownFramework(
      TearDownFrameworkRequest request, StreamObserver<TearDownFrameworkReply> answers) {
    String reason = request.getReason().replaceAll("\\p{Cc}", " ").strip();
    if (reason.isEmpty() || reason.length() > LONGEST_REASON) {
      answers.onError(
          Status.INVALID_ARGUMENT
              .withDescription(
                  "the end of a framework needs a reason of 1 to %d characters"
                      .formatted(LONGEST_REASON))
              .asRuntimeException());
      return;
    }
    String who = caller();
    answer(
        answers,
        rights::mayOrder,
        (core, now) -> {
          String id;
          try {
            id = core.questions(now).running(request.getFramework());
          } catch (UnansweredException e) {
            throw status(e);
          }
          log.warn("Framework {} is torn down by {}: {}", id, who, reason);
          if (!core.tearDown(id, "torn down by %s: %s".formatted(who, reason), now)) {
            throw Status.NOT_FOUND
                .withDescription("framework " + id + " is gone")
                .asRuntimeException();
          }
          return TearDownFrameworkReply.getDefaultInstance();
        });
  }

  private static StatusRuntimeException status(UnansweredException e) {
    Status status =
        switch (e.why()) {
          case NOT_FOUND -> Status.NOT_FOUND;
          case NOT_CLEAR -> Status.INVALID_ARGUMENT;
          case REFUSED -> Status.FAILED_PRECONDITION;
        };
    return status.withDescription(e.getMessage()).asRuntimeException();
  }

  private static String caller() {
    return "operator/" + Callers.OPERATOR.get();
  }

  private <R> void answer(StreamObserver<R> answers, Consumer<String> right, Work<R> work) {
    R reply;
    try {
      reply = admitted(right, work);
    } catch (StatusRuntimeException e) {
      answers.onError(e);
      return;
    }
    answers.onNext(reply);
    answers.onCompleted();
  }

  private <R> R admitted(Consumer<String> right, Work<R> work) {
    if (!room.tryAcquire()) {
      throw Status.RESOURCE_EXHAUSTED
          .withDescription(
              "%d questions wait for the scheduler already; ask again in a moment"
                  .formatted(MOST_WAITING))
          .asRuntimeException();
    }
    try {
      right.accept(caller());
      return wait(work);
    } finally {
      room.release();
    }
  }

  private <R> R wait(Work<R> work) {
    CompletableFuture<R> done = new CompletableFuture<>();
    loop.submit(
        (core, now) -> {
          if (done.isDone()) {
            return; // nobody waits for it any more
          }
          try {
            done.complete(work.in(core, now));
          } catch (StatusRuntimeException e) {
            done.completeExceptionally(e);
          } catch (RuntimeException e) {
            done.completeExceptionally(
                Status.INTERNAL.withDescription("the scheduler failed: " + e).asRuntimeException());
            throw e; // the core is not to be trusted any more
          }
        },
        () -> done.completeExceptionally(notLeading()));
    try {
      return done.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof StatusRuntimeException status
          ? status
          : Status.INTERNAL.withDescription(e.toString()).asRuntimeException();
    } catch (TimeoutException e) {
      done.cancel(false);
      throw Status.RESOURCE_EXHAUSTED
          .withDescription(
              "the scheduler is busy: no answer within %d ms; ask again"
                  .formatted(patience.toMillis()))
          .asRuntimeException();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Status.UNAVAILABLE
          .withDescription("the scheduler is being stopped; ask the next one")
          .asRuntimeException();
    }
  }

  private StatusRuntimeException notLeading() {
    String what =
        switch (loop.leadership()) {
          case Leadership.Leading leading -> "has just begun to lead: ask again";
          case Leadership.Starting starting ->
              "is about to lead and does not know the machines yet: ask again in a moment";
          case Leadership.Standby(Optional<String> leader) ->
              "does not lead%s: ask the one that the Device Manager names (lease `scheduler`)"
                  .formatted(
                      leader.map(at -> ", the Mesos API of the one that does is " + at).orElse(""));
        };
    return Status.UNAVAILABLE.withDescription("this scheduler " + what).asRuntimeException();
  }
}
