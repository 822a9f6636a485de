package io.pilothouse.scheduler.http;

import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.scheduler.core.SandboxPlace;
import io.pilothouse.scheduler.core.UnansweredException;
import io.pilothouse.scheduler.loop.Loop;
import io.pilothouse.scheduler.sandboxes.SandboxException;
import io.pilothouse.scheduler.sandboxes.SandboxReads;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * Files of sandboxes over HTTP. Mesos serves them on each agent; agents here have no port that is
 * open to others, so the scheduler asks them and hands on what they say.
 */
final class SandboxCalls {
  private final Loop loop;
  private final SandboxReads sandboxes;

  SandboxCalls(Loop loop, SandboxReads sandboxes) {
    this.loop = loop;
    this.sandboxes = sandboxes;
  }

  /** Is told why there is no answer: a status of HTTP, and words. */
  interface Refusing {
    void because(int status, String text);
  }

  /** Asks the agent; what it does not show is answered here. */
  void ask(
      Exchange exchange,
      String path,
      SandboxRequest.Builder question,
      Consumer<SandboxReply> answer) {
    ask(exchange, path, question, answer, exchange::text);
  }

  /** The same, when the exchange is being answered already. */
  void ask(
      Exchange exchange,
      String path,
      SandboxRequest.Builder question,
      Consumer<SandboxReply> answer,
      Refusing refusing) {
    Optional<SandboxPath> at = SandboxPath.parse(path);
    if (at.isEmpty()) {
      refusing.because(404, SandboxPath.objection(path));
      return;
    }
    SandboxPath of = at.get();
    loop.submit(
        (core, now) -> {
          SandboxPlace place;
          try {
            place =
                core.questions(now)
                    .sandboxOfExecutor(of.agent(), of.framework(), of.executor(), of.run());
          } catch (UnansweredException e) {
            refusing.because(status(e), String.valueOf(e.getMessage()));
            return;
          }
          exchange.later(() -> ask(place, question.setPath(of.path()), answer, refusing));
        },
        () -> refusing.because(503, Gate.NOT_LEADING));
  }

  private void ask(
      SandboxPlace place,
      SandboxRequest.Builder question,
      Consumer<SandboxReply> answer,
      Refusing refusing) {
    var unused =
        sandboxes
            .ask(place, question)
            .whenComplete(
                (reply, failure) -> {
                  if (failure == null) {
                    answer.accept(reply);
                    return;
                  }
                  Throwable cause =
                      failure instanceof CompletionException e ? e.getCause() : failure;
                  refusing.because(status(cause), String.valueOf(cause.getMessage()));
                });
  }

  private static int status(UnansweredException e) {
    return switch (e.why()) {
      case NOT_FOUND -> 404;
      case NOT_CLEAR -> 400;
      case REFUSED -> 503; // its agent is away
    };
  }

  private static int status(Throwable failure) {
    if (!(failure instanceof SandboxException e)) {
      return 500;
    }
    return switch (e.why()) {
      case NOT_FOUND -> 404;
      case REFUSED -> 400;
      case AWAY, BUSY -> 503;
      case SILENT -> 504;
      case FAILED -> 500;
    };
  }
}
