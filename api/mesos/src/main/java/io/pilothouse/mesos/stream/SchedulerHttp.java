package io.pilothouse.mesos.stream;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls as requests. Follows nobody: whom to ask next is decided by those who ask. */
public final class SchedulerHttp {
  static final String STREAM_ID = "Mesos-Stream-Id";

  private static final String TYPE = "application/x-protobuf";

  /** A host that is gone must not keep it from the next one. */
  private static final Duration CONNECT = Duration.ofSeconds(3);

  private final HttpClient client;
  private final Optional<String> authorization;
  private final Duration patience;

  /** As many as there are calls at a time; they end by themselves when there are none. */
  private final ExecutorService senders =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "scheduler-calls");
            thread.setDaemon(true);
            return thread;
          });

  /** What a scheduler answered to a call; of its words at most 8 KiB. */
  public record Answer(int status, String text) {
    /** It was taken. */
    public boolean ok() {
      return status / 100 == 2;
    }
  }

  /**
   * A client is made for it by {@link #client}, and closed by who made it.
   *
   * @param patience for an answer
   */
  public SchedulerHttp(HttpClient client, Optional<String> authorization, Duration patience) {
    this.client = client;
    this.authorization = authorization;
    this.patience = patience;
  }

  /** As this class needs it. */
  public static HttpClient.Builder client(Duration patience) {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(patience.compareTo(CONNECT) < 0 ? patience : CONNECT);
  }

  /** HTTP Basic. */
  public static String basic(String principal, String secret) {
    byte[] pair = (principal + ":" + secret).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  private HttpRequest.Builder post(URI at, byte[] call) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(at)
            .header("Content-Type", TYPE)
            .header("Accept", TYPE)
            .POST(BodyPublishers.ofByteArray(call));
    authorization.ifPresent(value -> request.header("Authorization", value));
    return request;
  }

  /** Of status 200 the body is {@link EventPieces}, else text. */
  HttpResponse<Body> subscribe(URI at, byte[] call) throws IOException, InterruptedException {
    return await(
        post(at, call).build(),
        head ->
            head.statusCode() == 200
                ? new EventPieces()
                : BodySubscribers.mapping(new ShortText(), Body.Text::new));
  }

  /**
   * Any call but SUBSCRIBE.
   *
   * @param stream empty to an agent, whose streams have no ids
   * @throws IOException there is no answer: it may have arrived or not
   */
  public Answer call(URI at, String stream, byte[] call) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        await(
            (stream.isEmpty() ? post(at, call) : post(at, call).header(STREAM_ID, stream)).build(),
            head -> new ShortText());
    return new Answer(answer.statusCode(), answer.body());
  }

  /**
   * Not by the request's own timeout, which newer JDKs hold against a stream's body, too; and not
   * by sendAsync, whose answer waits for a thread of the common pool: a program whose threads there
   * wait for whoever calls would wait for ever.
   */
  private <T> HttpResponse<T> await(HttpRequest request, BodyHandler<T> handler)
      throws IOException, InterruptedException {
    Future<HttpResponse<T>> answer = senders.submit(() -> client.send(request, handler));
    try {
      return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new HttpTimeoutException("no answer within %d ms".formatted(patience.toMillis()));
    } catch (ExecutionException e) {
      throw new IOException(why(e.getCause()), e.getCause());
    } catch (InterruptedException e) {
      answer.cancel(true);
      throw e;
    }
  }

  private static String why(Throwable failure) {
    // a refused connection comes without words
    return failure.getMessage() == null
        ? "no connection (" + failure.getClass().getSimpleName() + ")"
        : failure.getMessage();
  }
}
