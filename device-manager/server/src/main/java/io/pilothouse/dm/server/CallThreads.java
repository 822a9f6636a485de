package io.pilothouse.dm.server;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Which thread serves a call. Each has a virtual one; those take turns in the order in which they
 * came, on as many real ones as there are processors, so that behind the calls of 100,000 agents a
 * person would wait for seconds. The calls of {@link CallClass#OPERATOR_AND_REPAIR} have real
 * threads of their own, to which the system gives their share at once.
 */
final class CallThreads implements ServerCallExecutorSupplier, AutoCloseable {

  /**
   * As many urgent calls at once have a real thread, those that wait for news among them; what is
   * beyond has a virtual one.
   */
  static final int URGENT = 1_024;

  private static final int IDLE_SECONDS = 60;

  private final ExecutorService each = Executors.newVirtualThreadPerTaskExecutor();
  private final ThreadPoolExecutor urgent =
      new ThreadPoolExecutor(
          0,
          URGENT,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().daemon().name("urgent-", 0).factory(),
          (call, full) -> each.execute(call));

  @Override
  public <Q, A> Executor getExecutor(ServerCall<Q, A> call, Metadata headers) {
    CallClass callClass =
        Access.callClass(
            String.valueOf(call.getMethodDescriptor().getServiceName()),
            String.valueOf(call.getMethodDescriptor().getBareMethodName()));
    return callClass == CallClass.OPERATOR_AND_REPAIR ? urgent : each;
  }

  /** For what people come with by other ways. */
  Executor urgent() {
    return urgent;
  }

  /** Urgent calls that have a real thread now. */
  int busy() {
    return urgent.getActiveCount();
  }

  @Override
  public void close() {
    urgent.shutdownNow();
    each.shutdownNow();
  }
}
