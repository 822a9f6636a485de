package io.pilothouse.framework;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls as requests. Follows nobody: whom to ask next is decided by those who ask. */
final class SchedulerHttp implements AutoCloseable {
  static final String STREAM_ID = "Mesos-Stream-Id";

  private final HttpClient client;

  /** A host that is gone must not keep it from the next one. */
  private static final Duration CONNECT = Duration.ofSeconds(3);

  private final Optional<String> authorization;
  private final Duration patience;

  SchedulerHttp(FrameworkOptions options) {
    patience = options.timing().patience();
    authorization = options.credentials().map(FrameworkOptions.Credentials::header);
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(patience.compareTo(CONNECT) < 0 ? patience : CONNECT);
    options.tls().ifPresent(builder::sslContext);
    client = builder.build();
  }

  private HttpRequest.Builder post(URI at, Call call) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(at)
            .header("Content-Type", MediaType.PROTOBUF.header())
            .header("Accept", MediaType.PROTOBUF.header())
            .POST(BodyPublishers.ofByteArray(call.toByteArray()));
    authorization.ifPresent(value -> request.header("Authorization", value));
    return request;
  }

  /** Of status 200 the body is {@link EventPieces}, else text. */
  HttpResponse<Body> subscribe(URI at, Call call) throws IOException, InterruptedException {
    return await(
        client.sendAsync(
            post(at, call).build(),
            head ->
                head.statusCode() == 200
                    ? new EventPieces()
                    : BodySubscribers.mapping(new ShortText(), Body.Text::new)));
  }

  HttpResponse<String> call(URI at, String stream, Call call)
      throws IOException, InterruptedException {
    return await(
        client.sendAsync(
            post(at, call).header(STREAM_ID, stream).build(), head -> new ShortText()));
  }

  /** Not by the request's own timeout, which newer JDKs hold against a stream's body, too. */
  private <T> T await(CompletableFuture<T> answer) throws IOException, InterruptedException {
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

  @Override
  public void close() {
    client.shutdownNow();
  }
}
