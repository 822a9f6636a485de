package io.pilothouse.mesos.stream;

import java.io.EOFException;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A stream's bytes as they come. One piece is asked for at a time, when the one before it is done
 * with: a reader that is slow leaves the rest to the network, and thereby slows the sender.
 */
final class EventPieces implements BodySubscriber<Body>, Body {

  private sealed interface Item {}

  private record Piece(List<ByteBuffer> bytes) implements Item {}

  private record End(IOException why) implements Item {}

  /** A piece, and the end behind it. */
  private final BlockingQueue<Item> come = new ArrayBlockingQueue<>(2);

  private final CompletableFuture<Subscription> subscription = new CompletableFuture<>();

  /** At once: the body has no end. */
  @Override
  public CompletionStage<Body> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Subscription to) {
    subscription.complete(to);
  }

  @Override
  public void onNext(List<ByteBuffer> piece) {
    come.add(new Piece(piece));
  }

  @Override
  public void onError(Throwable failure) {
    come.add(new End(new IOException("the stream broke: " + failure.getMessage(), failure)));
  }

  @Override
  public void onComplete() {
    come.add(new End(new EOFException("the scheduler ended the stream")));
  }

  /**
   * Waits for the next piece.
   *
   * @throws IOException the stream is over, or silent for so long
   */
  List<ByteBuffer> take(Duration patience) throws IOException, InterruptedException {
    subscription.join().request(1);
    @Nullable Item item = come.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    if (item instanceof Piece piece) {
      return piece.bytes();
    }
    if (item instanceof End end) {
      throw end.why();
    }
    throw new HttpTimeoutException(
        "nothing came for %d ms, not even a heartbeat".formatted(patience.toMillis()));
  }

  /** Closes the connection. */
  void cancel() {
    subscription.join().cancel();
  }
}
