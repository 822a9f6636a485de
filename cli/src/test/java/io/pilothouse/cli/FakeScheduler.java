package io.pilothouse.cli;

import com.google.protobuf.Message;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
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
import io.pilothouse.api.v1.TearDownFrameworkReply;
import io.pilothouse.api.v1.TearDownFrameworkRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A scheduler that gives prepared answers and remembers what it was asked, and by whom. */
final class FakeScheduler extends SchedulerQueriesGrpc.SchedulerQueriesImplBase
    implements AutoCloseable {
  ListFrameworksReply frameworks = ListFrameworksReply.getDefaultInstance();
  ListRolesReply roles = ListRolesReply.getDefaultInstance();
  ListTasksReply tasks = ListTasksReply.getDefaultInstance();
  ExplainFrameworkReply framework = ExplainFrameworkReply.getDefaultInstance();
  ExplainTaskReply task = ExplainTaskReply.getDefaultInstance();

  ListTaskFilesReply files = ListTaskFilesReply.getDefaultInstance();

  /** A file of a sandbox, a piece at a time. */
  Function<ReadTaskFileRequest, ReadTaskFileReply> file =
      request -> ReadTaskFileReply.getDefaultInstance();

  /** What it refuses everything else with. */
  Status refusal = Status.OK;

  final List<Message> asked = new ArrayList<>();
  String principal = "";
  private final Server server;

  FakeScheduler() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .intercept(
                new ServerInterceptor() {
                  @Override
                  public <Q, A> ServerCall.Listener<Q> interceptCall(
                      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                    principal =
                        String.valueOf(
                            headers.get(
                                Metadata.Key.of(
                                    "pilot-principal", Metadata.ASCII_STRING_MARSHALLER)));
                    return Contexts.interceptCall(Context.current(), call, headers, next);
                  }
                })
            .directExecutor()
            .build()
            .start();
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  private <R> void answer(Message request, R reply, StreamObserver<R> to) {
    asked.add(request);
    if (refusal.isOk()) {
      to.onNext(reply);
      to.onCompleted();
    } else {
      to.onError(refusal.asRuntimeException());
    }
  }

  @Override
  public void listFrameworks(
      ListFrameworksRequest request, StreamObserver<ListFrameworksReply> to) {
    answer(request, frameworks, to);
  }

  @Override
  public void listRoles(ListRolesRequest request, StreamObserver<ListRolesReply> to) {
    answer(request, roles, to);
  }

  @Override
  public void listTasks(ListTasksRequest request, StreamObserver<ListTasksReply> to) {
    answer(request, tasks, to);
  }

  @Override
  public void explainFramework(
      ExplainFrameworkRequest request, StreamObserver<ExplainFrameworkReply> to) {
    answer(request, framework, to);
  }

  @Override
  public void explainTask(ExplainTaskRequest request, StreamObserver<ExplainTaskReply> to) {
    answer(request, task, to);
  }

  @Override
  public void readTaskFile(ReadTaskFileRequest request, StreamObserver<ReadTaskFileReply> to) {
    asked.add(request);
    try {
      to.onNext(file.apply(request));
      to.onCompleted();
    } catch (StatusRuntimeException e) {
      to.onError(e);
    }
  }

  @Override
  public void listTaskFiles(ListTaskFilesRequest request, StreamObserver<ListTaskFilesReply> to) {
    answer(request, files, to);
  }

  @Override
  public void tearDownFramework(
      TearDownFrameworkRequest request, StreamObserver<TearDownFrameworkReply> to) {
    answer(request, TearDownFrameworkReply.getDefaultInstance(), to);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
