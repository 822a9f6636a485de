package io.pilothouse.mesos.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.http.EventStream.Room;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How much waits for readers that are slow. */
class EventStreamTest {
  /** A connection whose other end reads when it is told to. */
  private static final class Reader extends ChannelOutboundHandlerAdapter {
    private final Deque<ChannelPromise> unread = new ArrayDeque<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(this);
    private final EventStream stream;

    Reader(MediaType type, Room room) {
      stream = new EventStream(channel, type, room);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
      ReferenceCountUtil.release(message);
      unread.add(promise);
    }

    void is(String message) {
      stream.send(event(message));
      channel.runPendingTasks();
    }

    void readsOne() {
      unread.remove().setSuccess();
    }

    boolean isCut() {
      channel.runPendingTasks();
      return !channel.isOpen();
    }
  }

  private static Event event(String message) {
    return Event.newBuilder()
        .setType(Event.Type.ERROR)
        .setError(Event.Error.newBuilder().setMessage(message))
        .build();
  }

  @Test
  void whatWaitsIsBounded() {
    Room room = Room.forEach(1_000);
    Reader reader = new Reader(MediaType.PROTOBUF, room);
    for (int i = 0; i < 9; i++) {
      reader.is("x".repeat(90));
    }
    reader.readsOne();
    reader.is("x".repeat(90));
    assertThat(reader.isCut()).isFalse();
    reader.is("x".repeat(200));
    assertThat(reader.isCut()).isTrue();
    reader.unread.forEach(each -> each.setFailure(new IllegalStateException("it is gone")));
    assertThat(room.waiting().get()).isZero();
  }

  @Test
  void itIsCountedAsItIsSentAndNotAsItWouldBeInTheOtherForm() {
    Room room = Room.forEach(100_000);
    Reader reader = new Reader(MediaType.JSON, room);
    reader.is("\u0001".repeat(10_000)); // of six characters each in JSON
    assertThat(room.waiting().get()).isGreaterThan(60_000);
    reader.is("\u0001".repeat(10_000));
    assertThat(reader.isCut()).isTrue();
    assertThat(room.waiting().get()).isLessThan(70_000);
    reader.readsOne();
    assertThat(room.waiting().get()).isZero();
  }

  @Test
  void oneAloneMayBeAsLargeAsItIs() {
    Reader reader = new Reader(MediaType.JSON, Room.shared(1_000, 2_000));
    reader.is("\u0001".repeat(10_000));
    assertThat(reader.isCut()).isFalse();
    reader.is("and more");
    assertThat(reader.isCut()).isTrue();
  }

  @Test
  void whatAllHaveIsBoundedTooAndWhoReadsDoesNotEndForIt() {
    Room room = Room.shared(1_000, 1_500);
    Reader slow = new Reader(MediaType.PROTOBUF, room);
    Reader slower = new Reader(MediaType.PROTOBUF, room);
    Reader reads = new Reader(MediaType.PROTOBUF, room);
    slow.is("x".repeat(800));
    slower.is("x".repeat(600));
    reads.is("x".repeat(300));
    assertThat(reads.isCut()).isFalse();
    slow.is("x".repeat(50));
    assertThat(slow.isCut()).isTrue();
    reads.readsOne();
    reads.is("x".repeat(300));
    assertThat(reads.isCut()).isFalse();
    assertThat(slower.isCut()).isFalse();
    slow.readsOne();
    slower.readsOne();
    reads.readsOne();
    assertThat(room.waiting().get()).isZero();
  }

  @Test
  void oneThatCannotBeSentEndsTheStreamSinceWhatFollowsWouldBeReadWithoutIt() {
    Reader reader = new Reader(MediaType.PROTOBUF, Room.forEach(1_000));
    reader.is("one");
    reader.is("two");
    reader.unread.remove().setFailure(new OutOfMemoryError("no buffer"));
    assertThat(reader.isCut()).isTrue();
  }

  @Test
  void whoSendsALargeOneIsToldWhenItHasLeftOrNeverWill() {
    List<String> left = new ArrayList<>();
    Room room = Room.forEach(1_000);
    Reader reader = new Reader(MediaType.JSON, room);
    reader.stream.sendLarge(event("x".repeat(5_000)), () -> left.add("first"));
    reader.channel.runPendingTasks();
    assertThat(left).isEmpty();
    reader.readsOne();
    assertThat(left).containsExactly("first");
    reader.stream.sendLarge(event("x".repeat(5_000)), () -> left.add("second"));
    reader.stream.sendLarge(event("x"), () -> left.add("third"));
    assertThat(reader.isCut()).isTrue();
    reader.unread.forEach(each -> each.setFailure(new IllegalStateException("it is gone")));
    assertThat(left).containsExactlyInAnyOrder("first", "third", "second");
    assertThat(room.waiting().get()).isZero();
  }
}
