package io.pilothouse.scheduler.sandboxes;

import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.core.SandboxPlace;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks into sandboxes: a question goes out on the agent's stream and its answer comes back there,
 * past the core. Only so many are under way, in all and at each agent; each ends after a while,
 * answered or not.
 */
public final class SandboxReads {
  /** Under way at a time; an answer is 64 KiB, a list some 300. */
  static final int MOST = 64;

  public static final int MOST_AT_AN_AGENT = 8;

  /** Less than `pilot` waits, so that it can say what the matter is. */
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  private final BiConsumer<AgentLink, SchedulerMessage> send;
  private final Predicate<AgentLink> attached;
  private final Duration patience;
  private final ConcurrentMap<Long, Waiting> waiting = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();

  private record Waiting(SandboxPlace place, CompletableFuture<SandboxReply> answer) {}

  /**
   * @param attached whether an agent's stream is open
   */
  public SandboxReads(BiConsumer<AgentLink, SchedulerMessage> send, Predicate<AgentLink> attached) {
    this(send, attached, PATIENCE);
  }

  SandboxReads(
      BiConsumer<AgentLink, SchedulerMessage> send,
      Predicate<AgentLink> attached,
      Duration patience) {
    this.send = send;
    this.attached = attached;
    this.patience = patience;
  }

  /**
   * The agent's answer, troubles of its own included. Fails with {@link SandboxException} alone;
   * may be cancelled by whoever does not wait for it any more.
   */
  public CompletableFuture<SandboxReply> ask(SandboxPlace place, SandboxRequest.Builder question) {
    CompletableFuture<SandboxReply> answer = new CompletableFuture<>();
    long id = numbers.incrementAndGet();
    if (!admit(id, new Waiting(place, answer))) {
      answer.completeExceptionally(
          new SandboxException(
              SandboxException.Why.BUSY,
              ("%d looks into sandboxes are under way already, or %d into those of machine %s; ask"
                      + " again in a moment")
                  .formatted(MOST, MOST_AT_AN_AGENT, place.machine())));
      return answer;
    }
    CompletableFuture<SandboxReply> shown =
        answer
            .completeOnTimeout(
                SandboxReply.getDefaultInstance(), patience.toMillis(), TimeUnit.MILLISECONDS)
            .thenApply(reply -> checked(place, reply));
    var unused = shown.whenComplete((reply, failure) -> waiting.remove(id));
    SandboxRequest.Builder request =
        question
            .setId(id)
            .setFrameworkId(place.framework())
            .setExecutorId(place.executor())
            .setContainerId(place.container());
    send.accept(place.link(), SchedulerMessage.newBuilder().setSandbox(request).build());
    if (!attached.test(place.link())) {
      gone(place.link()); // before it was asked, perhaps
    }
    return shown;
  }

  private synchronized boolean admit(long id, Waiting one) {
    long there =
        waiting.values().stream()
            .filter(each -> each.place.link().equals(one.place.link()))
            .count();
    if (waiting.size() >= MOST || there >= MOST_AT_AN_AGENT) {
      return false;
    }
    waiting.put(id, one);
    return true;
  }

  private static SandboxReply checked(SandboxPlace place, SandboxReply reply) {
    if (reply.getId() == 0) {
      throw new SandboxException(
          SandboxException.Why.SILENT,
          ("the agent of machine %s does not answer: its disk is slow, or it is of a release"
                  + " that does not know the question")
              .formatted(place.machine()));
    }
    if (reply.getSize() < 0) {
      throw new SandboxException(
          SandboxException.Why.FAILED,
          "the agent of machine %s says that the file has %s bytes"
              .formatted(place.machine(), Long.toUnsignedString(reply.getSize())));
    }
    SandboxException.@Nullable Why why =
        switch (reply.getTrouble()) {
          case SANDBOX_TROUBLE_UNSPECIFIED -> null;
          case SANDBOX_GONE, SANDBOX_NO_FILE -> SandboxException.Why.NOT_FOUND;
          case SANDBOX_REFUSED -> SandboxException.Why.REFUSED;
          case SANDBOX_BUSY -> SandboxException.Why.BUSY;
          case SANDBOX_FAILED, UNRECOGNIZED -> SandboxException.Why.FAILED;
        };
    if (why != null) {
      throw new SandboxException(why, "machine %s: %s".formatted(place.machine(), reply.getText()));
    }
    return reply;
  }

  /** From an agent; one that nobody waits for, or that another was asked for, is nothing. */
  public void heard(AgentLink from, SandboxReply reply) {
    Waiting one = waiting.get(reply.getId());
    if (one != null && one.place.link().equals(from)) {
      one.answer.complete(reply);
    }
  }

  /** Its stream has ended. */
  public void gone(AgentLink link) {
    for (Map.Entry<Long, Waiting> each : waiting.entrySet()) {
      SandboxPlace place = each.getValue().place;
      if (place.link().equals(link)) {
        each.getValue()
            .answer
            .completeExceptionally(
                new SandboxException(
                    SandboxException.Why.AWAY,
                    "the agent of machine %s is not connected any more"
                        .formatted(place.machine())));
      }
    }
  }

  int underWay() {
    return waiting.size();
  }
}
