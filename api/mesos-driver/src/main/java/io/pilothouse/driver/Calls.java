package io.pilothouse.driver;

import io.pilothouse.mesos.stream.SchedulerHttp;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sends calls on the subscription that there is, each once. */
final class Calls {
  private static final Logger log = System.getLogger(Calls.class.getName());

  private final SchedulerHttp http;
  private volatile @Nullable Session session;

  /** Tasks whose launch had no answer, by their ids' bytes as text. */
  private final Map<String, Task> doubtful = new LinkedHashMap<>();

  Calls(SchedulerHttp http) {
    this.http = http;
  }

  @Nullable Session session() {
    return session;
  }

  void session(@Nullable Session now) {
    session = now;
  }

  /** What became of a call. */
  sealed interface Outcome {}

  record Taken() implements Outcome {}

  /**
   * It has no effect.
   *
   * @param status HTTP's; 0 if there is no subscription
   */
  record Refused(String why, int status) implements Outcome {}

  /** It may have arrived or not. */
  record Unanswered(String why) implements Outcome {}

  Outcome send(Call call) {
    @Nullable Session to = session;
    if (to == null) {
      return new Refused("Master disconnected", 0);
    }
    // as with the native driver a call of a thread that was interrupted is a call
    boolean interrupted = Thread.interrupted();
    try {
      SchedulerHttp.Answer answer = http.call(to.at(), to.stream(), call.toBytes(to.framework()));
      return answer.ok()
          ? new Taken()
          : new Refused("status %d: %s".formatted(answer.status(), answer.text()), answer.status());
    } catch (IOException e) {
      return new Unanswered(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      interrupted = true;
      return new Unanswered("interrupted while it waited for the answer");
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** As {@link #send}; what was not taken is logged. */
  Outcome sendOrLog(Call call) {
    Outcome outcome = send(call);
    if (outcome instanceof Refused refused) {
      log.log(Level.WARNING, "{0} has no effect: {1}", call.name(), refused.why());
    } else if (outcome instanceof Unanswered unanswered) {
      log.log(Level.WARNING, "{0} has no answer: {1}", call.name(), unanswered.why());
    }
    return outcome;
  }

  void doubt(List<Task> tasks) {
    synchronized (doubtful) {
      tasks.forEach(each -> doubtful.put(key(each), each));
    }
  }

  /** The framework was told something of it. */
  void heardOf(Task task) {
    synchronized (doubtful) {
      doubtful.remove(key(task));
    }
  }

  private static String key(Task task) {
    return new String(task.id(), StandardCharsets.ISO_8859_1);
  }

  /** Asks what became of launches without an answer; again each time, until something is told. */
  void askForDoubtful() {
    List<Task> all;
    synchronized (doubtful) {
      all = List.copyOf(doubtful.values());
    }
    if (!all.isEmpty()) {
      var unused = sendOrLog(Call.reconcile(all));
    }
  }
}
