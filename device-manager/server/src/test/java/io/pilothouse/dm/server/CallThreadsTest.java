package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.OperatorGrpc;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class CallThreadsTest {

  @Test
  void peopleAreServedWhileMachinesHaveAllProcessors() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    try (CallThreads threads = new CallThreads()) {
      Executor machines = of(threads, MachineApiGrpc.getPullMethod());
      int processors = Runtime.getRuntime().availableProcessors();
      CountDownLatch spinning = new CountDownLatch(processors);
      for (int i = 0; i < processors; i++) {
        machines.execute(
            () -> {
              spinning.countDown();
              while (!over.get()) {
                Thread.onSpinWait();
              }
            });
      }
      assertThat(spinning.await(60, TimeUnit.SECONDS)).as("all have begun").isTrue();
      CountDownLatch behind = new CountDownLatch(1);
      machines.execute(behind::countDown);

      assertThat(runs(of(threads, OperatorGrpc.getGetStatusMethod()))).as("a person").isTrue();
      assertThat(runs(threads.urgent())).as("another way").isTrue();
      assertThat(behind.getCount()).as("one more machine waits").isOne();

      over.set(true);
      assertThat(behind.await(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      over.set(true);
    }
  }

  @Test
  void morePeopleThanThreadsAreServedToo() throws Exception {
    try (CallThreads threads = new CallThreads()) {
      int people = 2 * CallThreads.URGENT;
      CountDownLatch all = new CountDownLatch(people);
      for (int i = 0; i < people; i++) {
        threads
            .urgent()
            .execute(
                () -> {
                  all.countDown();
                  try {
                    all.await(); // a long poll
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
      }
      assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static boolean runs(Executor executor) throws InterruptedException {
    CountDownLatch ran = new CountDownLatch(1);
    executor.execute(ran::countDown);
    return ran.await(60, TimeUnit.SECONDS);
  }

  private static <Q, A> Executor of(CallThreads threads, MethodDescriptor<Q, A> method) {
    return threads.getExecutor(
        new ServerCall<Q, A>() {
          @Override
          public void request(int messages) {}

          @Override
          public void sendHeaders(Metadata headers) {}

          @Override
          public void sendMessage(A message) {}

          @Override
          public void close(Status status, Metadata trailers) {}

          @Override
          public boolean isCancelled() {
            return false;
          }

          @Override
          public MethodDescriptor<Q, A> getMethodDescriptor() {
            return method;
          }
        },
        new Metadata());
  }
}
