package io.pilothouse.mesos.stream;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;

/**
 * A body that is for people to read, on one line since it comes into logs; what is beyond its first
 * 8 KiB is dropped.
 */
final class ShortText implements BodySubscriber<String> {
  private static final int MOST = 8192;

  private final CompletableFuture<String> text = new CompletableFuture<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  @Override
  public CompletionStage<String> getBody() {
    return text;
  }

  @Override
  public void onSubscribe(Subscription subscription) {
    subscription.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> piece) {
    for (ByteBuffer each : piece) {
      byte[] some = new byte[Math.min(each.remaining(), MOST - bytes.size())];
      each.get(some);
      bytes.writeBytes(some);
    }
  }

  @Override
  public void onError(Throwable failure) {
    text.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    String all = bytes.toString(StandardCharsets.UTF_8);
    text.complete(all.replaceAll("\\p{Cc}", " ").strip());
  }
}
