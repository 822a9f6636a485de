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
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Acknowledged writes of 256 bytes by one client program, to the leaders of the Device Manager, of
 * etcd and of ZooKeeper, in alternating windows. See testing/benchmarks/dm-writes.
 */
final class DmBench {
  private static final int MACHINES = 1000;
  private static final int[] OUTSTANDING = {1, 16, 256};

  public static void main(String[] args) throws Exception {
    List<String> replicas = List.of(args[0].split(","));
    String etcd = args[1];
    int rounds = Integer.parseInt(args[2]);
    int seconds = Integer.parseInt(args[3]);
    int warm = Integer.parseInt(args[4]);
    List<Writes> all = List.of(ours(leader(replicas)), EtcdWrites.to(etcd), ZooKeeperWrites.to(args[5]));
    // a program is warm by the number of entries that it has logged, and 256 outstanding make few
    for (int outstanding : OUTSTANDING) {
      for (Writes each : all) {
        each.window(outstanding, each instanceof EtcdWrites ? Math.min(warm, 5) : warm);
      }
    }
    for (int outstanding : OUTSTANDING) {
      List<List<Writes.Window>> windows = all.stream().map(each -> (List<Writes.Window>) new ArrayList<Writes.Window>()).toList();
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < all.size(); i++) {
          windows.get(i).add(all.get(i).window(outstanding, seconds));
        }
      }
      List<Writes.Window> medians = windows.stream().map(Writes.Window::median).toList();
      double ours = medians.get(0).perSecond();
      System.out.printf(
          Locale.ROOT,
          "| %d | %s | %s | %.2f | %s | %.2f |%n",
          outstanding,
          medians.get(0),
          medians.get(1),
          ours / medians.get(1).perSecond(),
          medians.get(2),
          ours / medians.get(2).perSecond());
    }
    System.exit(0);
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
    return WriteContext.newBuilder().setReason(Writes.TEXT).build();
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
            new EtcdWrites.Answer<WriteReply>(done));
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

  private static ManagedChannel channel(String address) {
    return ManagedChannelBuilder.forTarget("dns:///" + address)
        .usePlaintext()
        .directExecutor()
        .disableRetry()
        .build();
  }
}
