package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.SandboxTrouble;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers looks into sandboxes on threads of its own, a few at a time: a slow disk keeps neither
 * the stream to the scheduler nor a task waiting. What is too much is answered as busy.
 */
final class SandboxDesk implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SandboxDesk.class);

  /** More than one: a task that swaps a file for a pipe at the right moment keeps one for good. */
  private static final int THREADS = 4;

  private static final int WAITING = 16;

  private final SandboxFiles files;
  private final ThreadPoolExecutor threads;

  SandboxDesk(TaskDisk disk) {
    files = new SandboxFiles(disk);
    AtomicInteger numbers = new AtomicInteger();
    ThreadFactory daemons =
        work -> {
          Thread thread = new Thread(work, "sandbox-files-" + numbers.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        };
    threads =
        new ThreadPoolExecutor(
            THREADS, THREADS, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), daemons);
    threads.allowCoreThreadTimeOut(true);
  }

  /** Says the answer to where the question came from, now or later. */
  void answer(SandboxRequest request, Consumer<AgentMessage> to) {
    try {
      threads.execute(() -> say(request, looked(request), to));
    } catch (RejectedExecutionException e) {
      say(
          request,
          trouble(
              SandboxTrouble.SANDBOX_BUSY,
              "%d others look into sandboxes of this machine; ask again in a moment"
                  .formatted(THREADS + WAITING)),
          to);
    }
  }

  private SandboxReply.Builder looked(SandboxRequest request) {
    try {
      return files.answer(request);
    } catch (SandboxTroubleException e) {
      return trouble(e.trouble(), e.getMessage());
    } catch (IOException | RuntimeException e) {
      log.warn("'{}' of {} cannot be shown", request.getPath(), request.getExecutorId(), e);
      return trouble(
          SandboxTrouble.SANDBOX_FAILED, "'%s' cannot be read: %s".formatted(request.getPath(), e));
    }
  }

  private static SandboxReply.Builder trouble(SandboxTrouble trouble, String text) {
    return SandboxReply.newBuilder().setTrouble(trouble).setText(text);
  }

  private static void say(
      SandboxRequest request, SandboxReply.Builder reply, Consumer<AgentMessage> to) {
    try {
      to.accept(AgentMessage.newBuilder().setSandbox(reply.setId(request.getId())).build());
    } catch (RuntimeException e) {
      log.debug("nobody waits for {} any more", request.getPath(), e); // its stream has ended
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
