import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.StatusReply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Calls as a principal to replicas of the Device Manager, over few connections. */
final class AgentsCalls {
  /** Below what the port takes on one connection. */
  private static final int CALLS_EACH_CHANNEL = 500;

  private static final Metadata.Key<String> PRINCIPAL = key("pilot-principal");
  private static final Metadata.Key<String> KEY = key("pilot-key");
  private static final Metadata.Key<String> LEADER = key("pilot-leader");
  private static final Metadata.Key<String> RETRY_AFTER = key("retry-after-ms");

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  /** What became of a call: an answer, or why there is none. */
  record End<A>(A answer, Status status, Metadata trailers, long nanos) {
    boolean isShed() {
      return status.getCode() == Status.Code.RESOURCE_EXHAUSTED;
    }

    /** As long to wait as it asks for, in ms, and up to a half more. */
    long pause() {
      String asked = trailers.get(RETRY_AFTER);
      int millis = asked == null ? 1_000 : Integer.parseInt(asked);
      return millis + ThreadLocalRandom.current().nextLong(millis / 2 + 1);
    }

    A must() {
      if (!status.isOk()) {
        throw new IllegalStateException(status.toString());
      }
      return answer;
    }
  }

  interface Ended<A> {
    void with(End<A> end);
  }

  private final List<List<ManagedChannel>> replicas = new ArrayList<>();
  private final List<String> addresses;
  private final int width;
  private volatile int leader;

  AgentsCalls(List<String> addresses, int agents) {
    this(addresses, agents, Integer.toString(agents - 1).length());
  }

  /**
   * @param width of the numbers in machines' names
   */
  AgentsCalls(List<String> addresses, int agents, int width) {
    this.addresses = addresses;
    this.width = width;
    int channels = Math.max(2, agents / CALLS_EACH_CHANNEL / addresses.size() + 1);
    for (String each : addresses) {
      List<ManagedChannel> all = new ArrayList<>();
      for (int i = 0; i < channels; i++) {
        all.add(
            NettyChannelBuilder.forTarget("dns:///" + each)
                .usePlaintext()
                .directExecutor()
                .disableRetry()
                .maxInboundMessageSize(256 << 20)
                .build());
      }
      replicas.add(all);
    }
  }

  int replicas() {
    return replicas.size();
  }

  int leader() {
    return leader;
  }

  /** All names are of one length, as the units' patterns want it. */
  String machine(int number) {
    String digits = Integer.toString(number);
    return "m-" + "0".repeat(width - digits.length()) + digits;
  }

  /** As the units' patterns have them. */
  String numbers() {
    return "0".repeat(width) + "-" + "9".repeat(width);
  }

  void findLeader() throws InterruptedException {
    for (int attempt = 0; attempt < 300; attempt++) {
      for (int i = 0; i < replicas.size(); i++) {
        leader = i;
        if (status().status().isOk()) {
          return;
        }
      }
      Thread.sleep(200);
    }
    throw new IllegalStateException("no replica leads");
  }

  End<StatusReply> status() {
    return wait(
        OperatorGrpc.getGetStatusMethod(), "operator/bench", GetStatusRequest.getDefaultInstance());
  }

  private ManagedChannel channel(int replica, int i) {
    List<ManagedChannel> all = replicas.get(replica);
    return all.get(i / replicas.size() % all.size());
  }

  /** Asks the leader, on one of the connections to it. */
  <Q, A> void leader(int i, MethodDescriptor<Q, A> method, String who, Q request, Ended<A> ended) {
    replica(leader, i, method, who, request, ended);
  }

  <Q, A> void replica(
      int replica, int i, MethodDescriptor<Q, A> method, String who, Q request, Ended<A> ended) {
    Metadata headers = new Metadata();
    headers.put(PRINCIPAL, who);
    if (who.startsWith("machine/")) {
      headers.put(KEY, "key-of-" + who);
    }
    long start = System.nanoTime();
    ClientCall<Q, A> call =
        channel(replica, i)
            .newCall(method, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    call.start(
        new ClientCall.Listener<A>() {
          private A answer;

          @Override
          public void onMessage(A message) {
            answer = message;
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            String named = trailers.get(LEADER);
            int now = named == null ? -1 : addresses.indexOf(named.split(",", 2)[0]);
            leader = now < 0 ? leader : now;
            ended.with(new End<>(answer, status, trailers, System.nanoTime() - start));
          }
        },
        headers);
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
  }

  /** Asks the leader, and waits for the end. */
  <Q, A> End<A> wait(MethodDescriptor<Q, A> method, String who, Q request) {
    CompletableFuture<End<A>> end = new CompletableFuture<>();
    leader(0, method, who, request, end::complete);
    return end.join();
  }
}
