package io.pilothouse.mesos.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Flow.Subscription;
import org.junit.jupiter.api.Test;

class EventPiecesTest {
  private static final Duration SHORT = Duration.ofMillis(1);

  private final EventPieces pieces = new EventPieces();
  private final Sender sender = new Sender();

  private static final class Sender implements Subscription {
    private long asked;
    private boolean cancelled;

    @Override
    public void request(long more) {
      asked += more;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  private static List<ByteBuffer> piece(int value) {
    return List.of(ByteBuffer.wrap(new byte[] {(byte) value}));
  }

  /** A handler that is slow slows reading: this is all that stands between them. */
  @Test
  void nothingIsAskedForUntilThePieceBeforeIsDoneWith() throws Exception {
    pieces.onSubscribe(sender);
    assertThat(sender.asked).isZero();
    pieces.onNext(piece(1));

    assertThat(pieces.take(SHORT)).isEqualTo(piece(1));
    assertThat(sender.asked).isEqualTo(1);

    pieces.onNext(piece(2));
    assertThat(pieces.take(SHORT)).isEqualTo(piece(2));
    assertThat(sender.asked).isEqualTo(2);
  }

  @Test
  void theEndComesAfterWhatCameBefore() throws Exception {
    pieces.onSubscribe(sender);
    pieces.onNext(piece(1));
    pieces.onError(new IOException("reset"));

    assertThat(pieces.take(SHORT)).isEqualTo(piece(1));
    assertThatThrownBy(() -> pieces.take(SHORT)).hasMessage("the stream broke: reset");
  }

  @Test
  void silenceIsAnEnd() {
    pieces.onSubscribe(sender);

    assertThatThrownBy(() -> pieces.take(SHORT)).hasMessageContaining("nothing came for 1 ms");
    pieces.cancel();
    assertThat(sender.cancelled).isTrue();
  }
}
