import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.api.v1.WriteReply;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Acknowledged writes of 256 bytes by one client program, to the Device Manager's leader and to
 * etcd's, in alternating windows. See testing/benchmarks/dm-writes.
 */
final class DmBench {
  private static final int MACHINES = 1000;
  private static final int PAYLOAD = 256;
  private static final String TEXT = "x".repeat(PAYLOAD);
  private static final int[] OUTSTANDING = {1, 16, 256};

  /** Starts one write, and says when it is acknowledged. */
  private interface Writes {
    void start(long number, Runnable done);
  }

  private record Window(double perSecond, double p50, double p99) {}

  public static void main(String[] args) throws Exception {
    List<String> replicas = List.of(args[0].split(","));
    String etcd = args[1];
    int rounds = Integer.parseInt(args[2]);
    int seconds = Integer.parseInt(args[3]);
    int warm = Integer.parseInt(args[4]);
    Writes ours = ours(leader(replicas));
    Writes theirs = etcd(channel(etcd));
    // a program is warm by the number of entries that it has logged, and 256 outstanding make few
    for (int outstanding : OUTSTANDING) {
      window(ours, outstanding, warm);
      window(theirs, outstanding, Math.min(warm, 5));
    }
    for (int outstanding : OUTSTANDING) {
      List<Window> mine = new ArrayList<>();
      List<Window> etcds = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        mine.add(window(ours, outstanding, seconds));
        etcds.add(window(theirs, outstanding, seconds));
      }
      Window a = median(mine);
      Window b = median(etcds);
      System.out.printf(
          Locale.ROOT,
          "| %d | %.0f (%.1f / %.1f ms) | %.0f (%.1f / %.1f ms) | %.2f |%n",
          outstanding,
          a.perSecond(),
          a.p50(),
          a.p99(),
          b.perSecond(),
          b.p50(),
          b.p99(),
          a.perSecond() / b.perSecond());
    }
    System.exit(0);
  }

  private static Window median(List<Window> windows) {
    return windows.stream()
        .sorted((x, y) -> Double.compare(x.perSecond(), y.perSecond()))
        .toList()
        .get(windows.size() / 2);
  }

  private static final AtomicLong NUMBERS = new AtomicLong();

  private static Window window(Writes writes, int outstanding, int seconds) throws Exception {
    Semaphore room = new Semaphore(outstanding);
    long[] took = new long[1 << 21];
    AtomicLong done = new AtomicLong();
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    while (System.nanoTime() < end) {
      room.acquire();
      long asked = System.nanoTime();
      writes.start(
          NUMBERS.incrementAndGet(),
          () -> {
            long now = System.nanoTime();
            long slot = done.getAndIncrement();
            if (slot < took.length) {
              took[(int) slot] = now - asked;
            }
            room.release();
          });
    }
    room.acquire(outstanding);
    double elapsed = (System.nanoTime() - start) / 1e9;
    int count = (int) Math.min(done.get(), took.length);
    long[] sorted = Arrays.copyOf(took, count);
    Arrays.sort(sorted);
    return new Window(
        done.get() / elapsed, sorted[count / 2] / 1e6, sorted[(int) (count * 0.99)] / 1e6);
  }

  // --- the Device Manager: holds of machines, each with a reason of 256 bytes

  private static Channel leader(List<String> replicas) throws Exception {
    for (int attempt = 0; attempt < 200; attempt++) {
      for (String each : replicas) {
        Channel channel = named(channel(each));
        try {
          var unused =
              OperatorGrpc.newBlockingStub(channel)
                  .withDeadlineAfter(2, TimeUnit.SECONDS)
                  .getStatus(GetStatusRequest.getDefaultInstance());
          applyFleet(channel);
          return channel;
        } catch (io.grpc.StatusRuntimeException e) {
          if (e.getStatus().getCode() != Status.Code.UNAVAILABLE
              && e.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED) {
            throw e;
          }
        }
      }
      Thread.sleep(200);
    }
    throw new IOException("none of " + replicas + " leads");
  }

  private static void applyFleet(Channel channel) {
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("bench")
            .addTypes(MachineType.newBuilder().setName("node").setImage("os"))
            .addImages(Image.newBuilder().setName("os").setVersion("1.0.0"))
            .addUnits(ScaleUnit.newBuilder().setName("su-1").setOrder(1).addMachines("m-[0000-0999]"));
    for (int i = 0; i < MACHINES; i++) {
      fleet.addMachines(
          InventoryMachine.newBuilder()
              .setName(machine(i))
              .setType("node")
              .setScaleUnit("su-1")
              .setRack("r1")
              .setMac("mac-" + i)
              .setBmc("local:" + i));
    }
    var unused =
        OperatorGrpc.newBlockingStub(channel)
            .applyFleet(
                FleetRequest.newBuilder()
                    .setFleet(fleet)
                    .setContext(context())
                    .build());
  }

  private static String machine(long number) {
    return "m-%04d".formatted(number % MACHINES);
  }

  private static WriteContext context() {
    return WriteContext.newBuilder().setReason(TEXT).build();
  }

  private static Writes ours(Channel channel) {
    OperatorGrpc.OperatorStub stub = OperatorGrpc.newStub(channel);
    return (number, done) ->
        stub.controlMachine(
            ControlMachineRequest.newBuilder()
                .setMachine(machine(number))
                .setVerb("hold")
                .setContext(context())
                .build(),
            new Answer<WriteReply>(done));
  }

  private static Channel named(Channel channel) {
    Metadata.Key<String> principal =
        Metadata.Key.of("pilot-principal", Metadata.ASCII_STRING_MARSHALLER);
    ClientInterceptor names =
        new ClientInterceptor() {
          @Override
          public <Q, A> ClientCall<Q, A> interceptCall(
              MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
              @Override
              public void start(Listener<A> listener, Metadata headers) {
                headers.put(principal, "operator/bench");
                super.start(listener, headers);
              }
            };
          }
        };
    return io.grpc.ClientInterceptors.intercept(channel, names);
  }

  // --- etcd: puts of 256 bytes under as many keys, by its v3 API

  private static final MethodDescriptor<byte[], byte[]> PUT =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("etcdserverpb.KV/Put")
          .setRequestMarshaller(new Bytes())
          .setResponseMarshaller(new Bytes())
          .build();

  private static Writes etcd(Channel channel) {
    return (number, done) ->
        ClientCalls.asyncUnaryCall(
            channel.newCall(PUT, CallOptions.DEFAULT), put(machine(number)), new Answer<>(done));
  }

  /** PutRequest: key = 1, value = 2. */
  private static byte[] put(String key) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeBytes(1, ByteString.copyFromUtf8(key));
      out.writeBytes(2, ByteString.copyFrom(TEXT, StandardCharsets.US_ASCII));
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static ManagedChannel channel(String address) {
    return ManagedChannelBuilder.forTarget("dns:///" + address)
        .usePlaintext()
        .directExecutor()
        .disableRetry()
        .build();
  }

  /** A write that fails ends the run: what was not acknowledged must not count. */
  private record Answer<T>(Runnable done) implements StreamObserver<T> {
    @Override
    public void onNext(T answer) {}

    @Override
    public void onError(Throwable e) {
      e.printStackTrace();
      System.exit(1);
    }

    @Override
    public void onCompleted() {
      done.run();
    }
  }
}
