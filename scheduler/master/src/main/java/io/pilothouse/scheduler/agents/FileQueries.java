package io.pilothouse.scheduler.agents;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.ListTaskFilesReply;
import io.pilothouse.api.v1.ListTaskFilesRequest;
import io.pilothouse.api.v1.ReadTaskFileReply;
import io.pilothouse.api.v1.ReadTaskFileRequest;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.TaskSandbox;
import io.pilothouse.scheduler.core.SandboxPlace;
import io.pilothouse.scheduler.sandboxes.SandboxException;
import io.pilothouse.scheduler.sandboxes.SandboxReads;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/** What people ask of sandboxes: the core says where one is, its agent what is in it. */
final class FileQueries {
  private final SandboxReads sandboxes;

  FileQueries(SandboxReads sandboxes) {
    this.sandboxes = sandboxes;
  }

  /** Answers when the agent has; nobody waits here meanwhile. */
  void read(
      ReadTaskFileRequest request, SandboxPlace place, StreamObserver<ReadTaskFileReply> answers) {
    SandboxRequest.Builder question =
        SandboxRequest.newBuilder()
            .setPath(request.getPath())
            .setOffset(request.getOffset())
            .setLength(request.getLength());
    answer(
        place,
        question,
        answers,
        reply ->
            ReadTaskFileReply.newBuilder()
                .setData(reply.getData())
                .setSize(reply.getSize())
                .setOver(place.over())
                .setOf(filled(place, reply))
                .build());
  }

  void list(
      ListTaskFilesRequest request,
      SandboxPlace place,
      StreamObserver<ListTaskFilesReply> answers) {
    answer(
        place,
        SandboxRequest.newBuilder().setPath(request.getPath()).setList(true),
        answers,
        reply ->
            ListTaskFilesReply.newBuilder()
                .addAllEntries(reply.getEntriesList())
                .setLeftOut(reply.getLeftOut())
                .setOf(filled(place, reply))
                .build());
  }

  private static TaskSandbox filled(SandboxPlace place, SandboxReply reply) {
    return TaskSandbox.newBuilder()
        .setTask(place.task())
        .setFramework(place.framework())
        .setMachine(place.machine())
        .setContainer(reply.getContainerId())
        .build();
  }

  private <R> void answer(
      SandboxPlace place,
      SandboxRequest.Builder question,
      StreamObserver<R> answers,
      Function<SandboxReply, R> form) {
    CompletableFuture<SandboxReply> asked = sandboxes.ask(place, question);
    if (answers instanceof ServerCallStreamObserver<R> call) {
      call.setOnCancelHandler(() -> asked.cancel(false));
    }
    var unused =
        asked.whenComplete(
            (reply, failure) -> {
              if (failure != null) {
                answers.onError(status(failure));
              } else {
                answers.onNext(form.apply(reply));
                answers.onCompleted();
              }
            });
  }

  private static StatusRuntimeException status(Throwable failure) {
    Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    if (!(cause instanceof SandboxException why)) {
      return Status.CANCELLED.withDescription(String.valueOf(cause)).asRuntimeException();
    }
    Status status =
        switch (why.why()) {
          case NOT_FOUND -> Status.NOT_FOUND;
          case REFUSED -> Status.INVALID_ARGUMENT;
          case AWAY -> Status.FAILED_PRECONDITION;
          case SILENT -> Status.DEADLINE_EXCEEDED;
          case BUSY -> Status.RESOURCE_EXHAUSTED;
          case FAILED -> Status.INTERNAL;
        };
    return status.withDescription(why.getMessage()).asRuntimeException();
  }
}
