import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.pilothouse.mesos.RecordException;
import io.pilothouse.mesos.RecordReader;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.Filters;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;

/**
 * A framework that runs as many tasks as it may have: the v1 API in protobuf, one connection for
 * its events and one for its calls, of which it awaits each before the next.
 */
final class SchedulerFramework {
  /** What all of them did. */
  static final class Counts {
    final AtomicInteger subscribed = new AtomicInteger();

    /** Streams that ended after they had begun. */
    final AtomicInteger ended = new AtomicInteger();

    final AtomicLong offers = new AtomicLong();
    final AtomicLong accepts = new AtomicLong();
    final AtomicLong updates = new AtomicLong();
    final AtomicLong refused = new AtomicLong();
    final AtomicLong lost = new AtomicLong();
    volatile String refusal = "";
  }

  /** What one wants. */
  interface Wants {
    /** Tasks at once. */
    int tasks();

    /** Of a new task, ms. */
    int millis();

    /** Further tasks when one has ended. */
    boolean more();

    default void happened(Event.Type what, TaskState state) {}
  }

  private static final String TYPE = "application/x-protobuf";
  private static final int LARGEST_EVENT = 64 << 20;

  private final List<InetSocketAddress> schedulers;
  private final EventLoop loop;
  private final String name;
  private final Wants wants;
  private final Counts counts;
  private final IntSupplier first;
  private final Deque<Call> calls = new ArrayDeque<>();
  private final Set<String> tasks = new HashSet<>();
  private FrameworkID id;
  private String streamId = "";
  private Channel events;
  private Channel asked;
  private boolean asking;
  private boolean subscribed;
  private boolean over;
  private boolean suppressed;
  private int attempts;
  private int numbers;

  /**
   * @param first which scheduler to try first
   */
  SchedulerFramework(
      List<InetSocketAddress> schedulers,
      EventLoop loop,
      String name,
      Wants wants,
      Counts counts,
      IntSupplier first) {
    this.schedulers = schedulers;
    this.loop = loop;
    this.name = name;
    this.wants = wants;
    this.counts = counts;
    this.first = first;
    this.attempts = 0;
  }

  /** How long a task of ours runs: what it is told to sleep. */
  static long millis(TaskInfo task) {
    return Math.round(Double.parseDouble(task.getCommand().getValue().substring(6)) * 1e3);
  }

  void start() {
    loop.execute(this::subscribe);
  }

  private void subscribe() {
    if (over) {
      return;
    }
    InetSocketAddress to =
        schedulers.get((first.getAsInt() + attempts++) % schedulers.size());
    connect(to, new Events(to))
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                again();
              }
            });
  }

  private void again() {
    if (!over) {
      loop.schedule(
          this::subscribe, 50 + ThreadLocalRandom.current().nextInt(100), TimeUnit.MILLISECONDS);
    }
  }

  private ChannelFuture connect(
      InetSocketAddress to, SimpleChannelInboundHandler<HttpObject> handler) {
    return new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(new HttpClientCodec(), handler);
              }
            })
        .connect(to);
  }

  private void post(Channel channel, Call call) {
    DefaultFullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.POST,
            "/api/v1/scheduler",
            Unpooled.wrappedBuffer(call.toByteArray()));
    request
        .headers()
        .set("Host", "localhost")
        .set("Content-Type", TYPE)
        .set("Accept", TYPE)
        .set("Content-Length", request.content().readableBytes());
    if (call.getType() != Call.Type.SUBSCRIBE) {
      request.headers().set("Mesos-Stream-Id", streamId);
    }
    channel.writeAndFlush(request);
  }

  /** The connection of events. */
  private final class Events extends SimpleChannelInboundHandler<HttpObject> {
    private final InetSocketAddress to;
    private final RecordReader records = new RecordReader(LARGEST_EVENT);
    private int status;

    Events(InetSocketAddress to) {
      this.to = to;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      events = context.channel();
      FrameworkInfo.Builder info =
          FrameworkInfo.newBuilder()
              .setUser("root")
              .setName(name)
              .setFailoverTimeout(wants.more() ? 3600 : 60);
      Call.Builder call = Call.newBuilder().setType(Call.Type.SUBSCRIBE);
      if (id != null) {
        info.setId(id);
        call.setFrameworkId(id);
      }
      post(context.channel(), call.setSubscribe(Call.Subscribe.newBuilder().setFrameworkInfo(info)).build());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part)
        throws RecordException {
      if (part instanceof HttpResponse response) {
        status = response.status().code();
        streamId = response.headers().get("Mesos-Stream-Id", "");
        if (status != 200) {
          context.close();
        }
      }
      if (part instanceof HttpContent content && status == 200) {
        ByteBuf bytes = content.content();
        records.feed(bytes.nioBuffer(), record -> event(to, record));
        if (part instanceof LastHttpContent) {
          context.close();
        }
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (subscribed) {
        subscribed = false;
        counts.subscribed.decrementAndGet();
        counts.ended.incrementAndGet();
      }
      calls.clear();
      asking = false;
      if (asked != null) {
        asked.close();
        asked = null;
      }
      again();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }

  private void event(InetSocketAddress from, byte[] record) {
    Event event;
    try {
      event = Event.parseFrom(record);
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
    switch (event.getType()) {
      case SUBSCRIBED -> {
        id = event.getSubscribed().getFrameworkId();
        subscribed = true;
        counts.subscribed.incrementAndGet();
        openCalls(from);
        wants.happened(Event.Type.SUBSCRIBED, null);
      }
      case OFFERS -> {
        counts.offers.addAndGet(event.getOffers().getOffersCount());
        wants.happened(Event.Type.OFFERS, null);
        offers(event.getOffers().getOffersList());
      }
      case UPDATE -> update(event.getUpdate().getStatus());
      case ERROR -> {
        counts.refused.incrementAndGet();
        counts.refusal = event.getError().getMessage();
      }
      default -> {}
    }
  }

  private void offers(List<Offer> offers) {
    Call.Decline.Builder declined =
        Call.Decline.newBuilder()
            .setFilters(Filters.newBuilder().setRefuseSeconds(wants.more() ? 5 : 3600));
    for (Offer offer : offers) {
      int room = 0;
      for (Resource each : offer.getResourcesList()) {
        room += each.getName().equals("cpus") ? (int) each.getScalar().getValue() : 0;
      }
      int count = Math.min(room, wants.tasks() - tasks.size());
      if (count <= 0 || (!wants.more() && numbers > 0)) {
        declined.addOfferIds(offer.getId());
        continue;
      }
      Offer.Operation.Builder launch =
          Offer.Operation.newBuilder().setType(Offer.Operation.Type.LAUNCH);
      for (int i = 0; i < count; i++) {
        String task = name + "-" + numbers++;
        tasks.add(task);
        launch
            .getLaunchBuilder()
            .addTaskInfos(
                TaskInfo.newBuilder()
                    .setName("sleep")
                    .setTaskId(TaskID.newBuilder().setValue(task))
                    .setAgentId(offer.getAgentId())
                    .addAllResources(SchedulerDm.resources(1))
                    .setCommand(
                        CommandInfo.newBuilder().setValue("sleep " + wants.millis() / 1e3)));
      }
      counts.accepts.incrementAndGet();
      say(
          Call.newBuilder()
              .setType(Call.Type.ACCEPT)
              .setAccept(
                  Call.Accept.newBuilder()
                      .addOfferIds(offer.getId())
                      .addOperations(launch)
                      .setFilters(Filters.newBuilder().setRefuseSeconds(0))));
    }
    if (declined.getOfferIdsCount() > 0) {
      say(Call.newBuilder().setType(Call.Type.DECLINE).setDecline(declined));
    }
    if (!wants.more() && numbers > 0 && !suppressed) {
      // else each of those that wait for their task's end would be asked first, and decline
      suppressed = true;
      say(Call.newBuilder().setType(Call.Type.SUPPRESS));
    }
  }

  private void update(TaskStatus status) {
    counts.updates.incrementAndGet();
    if (status.hasUuid()) {
      say(
          Call.newBuilder()
              .setType(Call.Type.ACKNOWLEDGE)
              .setAcknowledge(
                  Call.Acknowledge.newBuilder()
                      .setAgentId(status.getAgentId())
                      .setTaskId(status.getTaskId())
                      .setUuid(status.getUuid())));
    }
    if (status.getState() != TaskState.TASK_RUNNING
        && tasks.remove(status.getTaskId().getValue())
        && status.getState() != TaskState.TASK_FINISHED) {
      counts.lost.incrementAndGet();
    }
    wants.happened(Event.Type.UPDATE, status.getState());
  }

  private void say(Call.Builder call) {
    calls.add(call.setFrameworkId(id).build());
    next();
  }

  private void openCalls(InetSocketAddress to) {
    connect(
            to,
            new SimpleChannelInboundHandler<HttpObject>() {
              private boolean accepted;

              @Override
              protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
                if (part instanceof HttpResponse response) {
                  accepted = response.status().code() == 202;
                  if (!accepted) {
                    counts.refused.incrementAndGet();
                  }
                }
                if (part instanceof HttpContent content && !accepted) {
                  counts.refusal = content.content().toString(java.nio.charset.StandardCharsets.UTF_8);
                }
                if (part instanceof LastHttpContent) {
                  asking = false;
                  next();
                }
              }

              @Override
              public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                context.close();
              }
            })
        .addListener(
            done -> {
              if (done.isSuccess()) {
                asked = ((ChannelFuture) done).channel();
                next();
              } else if (events != null) {
                events.close();
              }
            });
  }

  private void next() {
    if (!asking && asked != null && !calls.isEmpty()) {
      asking = true;
      post(asked, calls.remove());
    }
  }

  /** It is done, and says so. */
  void tearDown() {
    loop.execute(
        () -> {
          over = true;
          say(Call.newBuilder().setType(Call.Type.TEARDOWN));
        });
  }
}
