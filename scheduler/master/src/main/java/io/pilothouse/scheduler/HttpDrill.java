package io.pilothouse.scheduler;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.http.ApiPort;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.scheduler.agents.AgentStreams;
import io.pilothouse.scheduler.http.Entrance;
import io.pilothouse.scheduler.http.Operators;
import io.pilothouse.scheduler.http.RateLimits;
import io.pilothouse.scheduler.http.Routes;
import io.pilothouse.scheduler.http.Streams;
import io.pilothouse.scheduler.http.Turns;
import io.pilothouse.scheduler.loop.Loop;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * The frameworks of a {@link WireDrill} come over HTTP, half of them with JSON: each subscribes,
 * and answers an offer.
 */
final class HttpDrill {
  private static final String PATH = "/api/v1/scheduler";
  private static final String STREAM_ID = "Mesos-Stream-Id";
  private static final int PATIENCE_SECONDS = 10;
  private static final ApiPort.Bounds BOUNDS =
      new ApiPort.Bounds(2, 2 * Drill.FRAMEWORKS, 1 << 16, 1 << 20, false);
  private static final MasterInfo MASTER =
      MasterInfo.newBuilder().setId("drill").setIp(0).setPort(0).setHostname("drill").build();

  private final LocalAddress address = new LocalAddress("drill-http-" + System.nanoTime());
  private final CountDownLatch answered = new CountDownLatch(Drill.FRAMEWORKS);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final EventLoopGroup threads =
      new MultiThreadIoEventLoopGroup(
          2,
          QuietThread.named("drill-http", fault -> failure.compareAndSet(null, fault)),
          LocalIoHandler.newFactory());

  private HttpDrill() {}

  /**
   * All frameworks do so once.
   *
   * @param loop leads
   * @return how many had both answers
   * @throws IllegalStateException when a thread of the drill has failed
   */
  static long run(Loop loop, AgentStreams agents, Streams frameworks, BooleanSupplier wanted)
      throws InterruptedException {
    return new HttpDrill().serve(loop, agents, frameworks, wanted);
  }

  private long serve(Loop loop, AgentStreams agents, Streams frameworks, BooleanSupplier wanted)
      throws InterruptedException {
    Turns turns = new Turns(RateLimits.NONE, System::nanoTime, (nanos, what) -> {});
    frameworks.whenEnded(id -> loop.submit((core, now) -> core.streamEnded(id, now)));
    Routes routes =
        new Routes(
            loop,
            frameworks,
            new Operators(15),
            MASTER,
            0,
            new Entrance(Optional.empty(), turns),
            agents.sandboxes());
    ApiPort port;
    try {
      port = new ApiPort(threads, address, BOUNDS, routes);
    } catch (IOException e) {
      throw new IllegalStateException("a drill serves nobody", e);
    }
    try {
      for (int i = 0; i < Drill.FRAMEWORKS && wanted.getAsBoolean(); i++) {
        subscribe(i);
      }
      await(wanted);
      if (failure.get() != null && wanted.getAsBoolean()) {
        throw new IllegalStateException("a thread of the drill has failed", failure.get());
      }
    } finally {
      port.close(); // which may refuse some that are not wanted any more
    }
    return Drill.FRAMEWORKS - answered.getCount();
  }

  private void await(BooleanSupplier wanted) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    boolean all = false;
    while (!all && failure.get() == null && wanted.getAsBoolean() && System.nanoTime() < end) {
      all = answered.await(100, TimeUnit.MILLISECONDS);
    }
  }

  private void subscribe(int i) {
    MediaType type = i % 2 == 0 ? MediaType.PROTOBUF : MediaType.JSON;
    send(
        Drill.subscription(i),
        type,
        "",
        new Answers() {
          private String stream = "";

          @Override
          void head(HttpResponse response) {
            stream = response.headers().get(STREAM_ID, "");
          }

          @Override
          void body() {
            if (!stream.isEmpty()) {
              decline(i, type, stream);
              stream = "";
            }
          }
        });
  }

  private void decline(int i, MediaType type, String stream) {
    send(
        Drill.decline(i),
        type,
        stream,
        new Answers() {
          @Override
          void head(HttpResponse response) {
            if (response.status().code() == 202) {
              answered.countDown();
            }
          }
        });
  }

  private void send(Call call, MediaType type, String stream, Answers answers) {
    byte[] body = type.write(call);
    DefaultFullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.POST, PATH, Unpooled.wrappedBuffer(body));
    request.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
    request.headers().set(HttpHeaderNames.CONTENT_TYPE, type.header());
    request.headers().set(HttpHeaderNames.ACCEPT, type.header());
    if (!stream.isEmpty()) {
      request.headers().set(STREAM_ID, stream);
    }
    var unused =
        new Bootstrap()
            .group(threads)
            .channel(LocalChannel.class)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new HttpClientCodec(), answers);
                  }
                })
            .connect(address)
            .addListener(
                (ChannelFutureListener)
                    done -> {
                      if (done.isSuccess()) {
                        var unusedToo = done.channel().writeAndFlush(request);
                      } else {
                        failure.compareAndSet(null, done.cause());
                      }
                    });
  }

  private abstract static class Answers extends SimpleChannelInboundHandler<HttpObject> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
      if (message instanceof HttpResponse response) {
        head(response);
      }
      if (message instanceof HttpContent content && content.content().isReadable()) {
        body();
      }
    }

    abstract void head(HttpResponse response);

    void body() {}
  }
}
