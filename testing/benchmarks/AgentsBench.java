import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.pilothouse.api.v1.AcquireLeaseReply;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.ProvisioningPolicy;
import io.pilothouse.api.v1.PullProvisioningRequest;
import io.pilothouse.api.v1.PullReply;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.RegisterRequest;
import io.pilothouse.api.v1.ReportDiscoveredRequest;
import io.pilothouse.api.v1.ReportProvisioningRequest;
import io.pilothouse.api.v1.ReportReply;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.api.v1.WriteContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;

/** All agents of a fleet in one program, few connections; see testing/benchmarks/agents-pull. */
final class AgentsBench {
  private static final int PULL_MS = 10_000;
  private static final int REPORT_MS = 30_000;
  private static final int STATUS_MS = 500;

  /** Below what the port takes on one connection. */
  private static final int CALLS_EACH_CHANNEL = 500;

  private static final int RACK = 40;
  private static final int OUTSTANDING = 128;
  private static final int WARM_UP_SECONDS = 150;
  private static final VersionRef IMAGE =
      VersionRef.newBuilder().setName("os").setVersion("1.0.0").setDigest("a".repeat(64)).build();

  private static final Metadata.Key<String> PRINCIPAL = key("pilot-principal");
  private static final Metadata.Key<String> KEY = key("pilot-key");
  private static final Metadata.Key<String> RETRY_AFTER = key("retry-after-ms");

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  /** What became of a call: an answer, or why there is none. */
  private record End<A>(A answer, Status status, Metadata trailers, long nanos) {}

  private interface Ended<A> {
    void with(End<A> end);
  }

  /** Times of answers, and how many calls had another end, while it is measured. */
  private static final class Tally {
    private final long[] took = new long[1 << 22];
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicLong shed = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    void count(End<?> end, long waitedNanos) {
      if (!measuring) {
        return;
      }
      if (end.status().isOk()) {
        int slot = answered.getAndIncrement();
        took[slot & (took.length - 1)] = Math.max(0, end.nanos() - waitedNanos);
      } else if (end.status().getCode() == Status.Code.RESOURCE_EXHAUSTED) {
        shed.incrementAndGet();
      } else {
        failed.incrementAndGet();
      }
    }

    double perSecond(double seconds) {
      return answered.get() / seconds;
    }

    double shedShare() {
      long all = answered.get() + shed.get() + failed.get();
      return all == 0 ? 0 : 100.0 * shed.get() / all;
    }

    String times() {
      long[] sorted = Arrays.copyOf(took, Math.min(answered.get(), took.length));
      if (sorted.length == 0) {
        return "-";
      }
      Arrays.sort(sorted);
      return String.format(
          Locale.ROOT,
          "%.1f / %.1f ms",
          sorted[sorted.length / 2] / 1e6,
          sorted[(int) (sorted.length * 0.99)] / 1e6);
    }
  }

  private static volatile boolean measuring;
  private static final Tally PULLS = new Tally();
  private static final Tally REPORTS = new Tally();
  private static final Tally LOOKS = new Tally();

  private final List<List<ManagedChannel>> replicas = new ArrayList<>();
  private final int agents;
  private final int waitMs;
  private final ScheduledExecutorService time =
      Executors.newScheduledThreadPool(1, Thread.ofPlatform().daemon().name("time").factory());
  private final long[] revisions;
  private final String[] etags;
  private final AtomicLong sequence = new AtomicLong(System.currentTimeMillis());
  private volatile int leader;

  private AgentsBench(List<String> addresses, int agents, int waitMs) {
    this.agents = agents;
    this.waitMs = waitMs;
    this.revisions = new long[agents];
    this.etags = new String[agents];
    Arrays.fill(etags, "");
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

  public static void main(String[] args) throws Exception {
    List<String> addresses = List.of(args[0].split(","));
    List<Long> pids = Arrays.stream(args[1].split(",")).map(Long::valueOf).toList();
    int agents = Integer.parseInt(args[2]);
    int seconds = Integer.parseInt(args[3]);
    boolean poll = args[4].equals("poll");
    AgentsBench bench = new AgentsBench(addresses, agents, poll ? PULL_MS : 0);
    bench.findLeader();
    long start = System.nanoTime();
    bench.install();
    say("%d machines in service after %d s", agents, (System.nanoTime() - start) / 1_000_000_000);
    bench.run();
    bench.warmUp();
    double[] before = cpu(pids);
    long began = System.nanoTime();
    measuring = true;
    TimeUnit.SECONDS.sleep(seconds);
    measuring = false;
    double elapsed = (System.nanoTime() - began) / 1e9;
    double[] after = cpu(pids);
    System.out.println(
        "| agents | pulls/s (p50 / p99) | reports/s (p50 / p99) | turned away: pulls, reports | failed"
            + " | status (p50 / p99) | processor: leader, all three | memory: leader, all three |");
    System.out.println("|---|---|---|---|---|---|---|---|");
    int lead = bench.leader;
    System.out.printf(
        Locale.ROOT,
        "| %d, %s | %.0f (%s) | %.0f (%s) | %.2f %%, %.2f %% | %d | %s | %.2f, %.2f cores | %d, %d MiB |%n",
        agents,
        args[4],
        PULLS.perSecond(elapsed),
        PULLS.times(),
        REPORTS.perSecond(elapsed),
        REPORTS.times(),
        PULLS.shedShare(),
        REPORTS.shedShare(),
        PULLS.failed.get() + REPORTS.failed.get() + LOOKS.failed.get() + LOOKS.shed.get(),
        LOOKS.times(),
        (after[lead] - before[lead]) / elapsed,
        (Arrays.stream(after).sum() - Arrays.stream(before).sum()) / elapsed,
        memory(pids.get(lead)),
        pids.stream().mapToLong(AgentsBench::memory).sum());
    System.exit(0);
  }

  private static void say(String text, Object... values) {
    System.err.println("agents-pull: " + text.formatted(values));
  }

  // --- the fleet is made, by the calls that make any fleet

  private void findLeader() throws InterruptedException {
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

  private End<StatusReply> status() {
    return wait(
        ofLeader(0),
        OperatorGrpc.getGetStatusMethod(),
        "operator/bench",
        GetStatusRequest.getDefaultInstance());
  }

  private static String machine(int number) {
    return "m-" + number;
  }

  private Fleet fleet() {
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("bench")
            .addTypes(MachineType.newBuilder().setName("n").setImage("os").addWatchdogs("alive"))
            .addImages(Image.newBuilder().setName("os").setVersion("1.0.0"))
            .addUnits(ScaleUnit.newBuilder().setName("s").setOrder(1).addMachines("m-[0-%d]".formatted(agents)))
            .setReportEveryMs(REPORT_MS)
            .setProvisioning(
                ProvisioningPolicy.newBuilder()
                    .setMaxConcurrent(agents)
                    .setStepDeadlineMs(7_200_000))
            .addWatchdogs(
                WatchdogSpec.newBuilder()
                    .setName("alive")
                    .setRunner(WatchdogSpec.Runner.BUILTIN)
                    .setEveryMs(REPORT_MS)
                    .setValidForMs(20L * REPORT_MS)
                    .setTimeoutMs(2_000)
                    .setSeverity(Severity.NORMAL)
                    .setInitialMode(WatchdogState.Mode.LIVE));
    for (int i = 0; i < agents; i++) {
      fleet.addMachines(
          InventoryMachine.newBuilder()
              .setName(machine(i))
              .setType("n")
              .setScaleUnit("s")
              .setRack("r" + i / RACK)
              .setMac("c" + i)
              .setBmc("b" + i));
    }
    return fleet.build();
  }

  private void install() throws InterruptedException {
    WriteContext why = WriteContext.newBuilder().setReason("benchmark").build();
    must(
        wait(
            ofLeader(0),
            OperatorGrpc.getApplyFleetMethod(),
            "operator/bench",
            FleetRequest.newBuilder().setFleet(fleet()).setContext(why).build()));
    must(
        wait(
            ofLeader(0),
            OperatorGrpc.getRegisterManifestMethod(),
            "operator/bench",
            RegisterManifestRequest.newBuilder()
                .setManifest(Manifest.newBuilder().setRef(IMAGE))
                .setContext(why)
                .build()));
    String satellite = "satellite/provisioning-1";
    forAll(
        "discovered",
        (i, done) ->
            call(
                ofLeader(i),
                SatelliteGrpc.getReportDiscoveredMethod(),
                satellite,
                ReportDiscoveredRequest.newBuilder().setName(machine(i)).setMac("c" + i).build(),
                done));
    long lease = lease(satellite);
    Map<String, Long> tokens = new HashMap<>();
    for (Machine each :
        must(
                wait(
                    ofLeader(0),
                    SatelliteGrpc.getPullProvisioningMethod(),
                    satellite,
                    PullProvisioningRequest.getDefaultInstance()))
            .getMachinesList()) {
      tokens.put(each.getName(), each.getProvisioning().getToken());
    }
    forAll(
        "switched on",
        (i, done) ->
            call(
                ofLeader(i),
                SatelliteGrpc.getReportProvisioningMethod(),
                satellite,
                ReportProvisioningRequest.newBuilder()
                    .setMachine(machine(i))
                    .setLeaseToken(lease)
                    .setToken(tokens.getOrDefault(machine(i), 0L))
                    .setStep(Provisioning.Step.POWERING)
                    .build(),
                done));
    forAll("booted", (i, done) -> register(i, "installer", Observed.getDefaultInstance(), done));
    for (Provisioning.Step step :
        List.of(Provisioning.Step.IMAGING, Provisioning.Step.BURNING_IN)) {
      forAll(
          "done with " + step,
          (i, done) ->
              call(
                  ofLeader(i),
                  MachineApiGrpc.getReportMethod(),
                  "machine/" + machine(i),
                  ReportRequest.newBuilder()
                      .setMachine(machine(i))
                      .setBootId("installer")
                      .setSequence(sequence.incrementAndGet())
                      .setProvisioningToken(tokens.getOrDefault(machine(i), 0L))
                      .setStepDone(step)
                      .build(),
                  done));
    }
    forAll("in service", (i, done) -> register(i, "disk", observed(i), done));
  }

  private long lease(String satellite) {
    AcquireLeaseReply reply =
        must(
            wait(
                ofLeader(0),
                SatelliteGrpc.getAcquireLeaseMethod(),
                satellite,
                AcquireLeaseRequest.newBuilder()
                    .setRole("provisioning")
                    .setHolder("provisioning-1")
                    .setTtlMs(300_000)
                    .build()));
    return reply.getLease().getToken();
  }

  private static Observed observed(int i) {
    return Observed.newBuilder()
        .setImage(IMAGE)
        .setAddress("10.0.0.1:" + i)
        .setAgentAddress("10.0.0.2:" + i)
        .build();
  }

  private <A> void register(int i, String boot, Observed observed, Ended<A> done) {
    @SuppressWarnings("unchecked")
    Ended<io.pilothouse.api.v1.RegisterReply> typed =
        (Ended<io.pilothouse.api.v1.RegisterReply>) (Ended<?>) done;
    call(
        ofLeader(i),
        MachineApiGrpc.getRegisterMethod(),
        "machine/" + machine(i),
        RegisterRequest.newBuilder()
            .setMachine(machine(i))
            .setBootId(boot)
            .setObserved(observed)
            .build(),
        typed);
  }

  private interface Step<A> {
    void start(int agent, Ended<A> done);
  }

  /** One step of all machines, so many at once; those that were turned away come again. */
  private <A> void forAll(String what, Step<A> step) throws InterruptedException {
    Semaphore room = new Semaphore(OUTSTANDING);
    CompletableFuture<String> failure = new CompletableFuture<>();
    for (int i = 0; i < agents && !failure.isDone(); i++) {
      room.acquire();
      attempt(i, step, room, failure);
    }
    room.acquire(OUTSTANDING);
    if (failure.isDone()) {
      throw new IllegalStateException(what + ": " + failure.join());
    }
    say("%d machines are %s", agents, what);
  }

  private <A> void attempt(int i, Step<A> step, Semaphore room, CompletableFuture<String> failure) {
    step.start(
        i,
        end -> {
          if (end.status().getCode() == Status.Code.RESOURCE_EXHAUSTED) {
            later(pause(end), () -> attempt(i, step, room, failure));
            return;
          }
          if (!end.status().isOk()) {
            failure.complete(machine(i) + ": " + end.status());
          }
          room.release();
        });
  }

  // --- the agents

  private void run() {
    IntConsumer pulls = i -> pull(i, i % replicas.size());
    IntConsumer reports = this::report;
    for (int i = 0; i < agents; i++) {
      int agent = i;
      later(random(PULL_MS), () -> pulls.accept(agent));
      later(random(REPORT_MS), () -> reports.accept(agent));
    }
    later(0, this::look);
  }

  /** Probation ends, entries of the log become few, and the compiler has seen all of it. */
  private void warmUp() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WARM_UP_SECONDS);
    int healthy = 0;
    while (System.nanoTime() < end && healthy < agents) {
      Thread.sleep(2_000);
      End<StatusReply> now = status();
      healthy = now.status().isOk() ? now.answer().getHealthy() : healthy;
    }
    Thread.sleep(REPORT_MS / 2);
    say("%d of %d machines are HEALTHY; measuring", healthy, agents);
  }

  private void pull(int i, int replica) {
    long asked = System.nanoTime();
    PullRequest request =
        PullRequest.newBuilder()
            .setMachine(machine(i))
            .setRevision(revisions[i])
            .setEtag(etags[i])
            .setWaitMs(waitMs)
            .build();
    this.<PullRequest, PullReply>call(
        channel(replica, i),
        MachineApiGrpc.getPullMethod(),
        "machine/" + machine(i),
        request,
        end -> {
          boolean waited = end.status().isOk() && end.answer().getNotModified() && waitMs > 0;
          long after = waited ? end.answer().getPullAfterMs() : 0;
          PULLS.count(end, waited && after == 0 ? waitMs * 1_000_000L : 0);
          if (end.status().isOk()) {
            revisions[i] = Math.max(revisions[i], end.answer().getRevision());
            etags[i] = end.answer().getEtag();
            long passed = (System.nanoTime() - asked) / 1_000_000;
            long next = waitMs > 0 ? after : PULL_MS - passed;
            later(Math.max(0, next), () -> pull(i, replica));
          } else if (end.status().getCode() == Status.Code.RESOURCE_EXHAUSTED) {
            later(pause(end), () -> pull(i, (replica + 1) % replicas.size()));
          } else {
            later(1_000 + random(1_000), () -> pull(i, (replica + 1) % replicas.size()));
          }
        });
  }

  private void report(int i) {
    long asked = System.nanoTime();
    long number = sequence.incrementAndGet();
    ReportRequest request =
        ReportRequest.newBuilder()
            .setMachine(machine(i))
            .setBootId("disk")
            .setSequence(number)
            .setObserved(observed(i))
            .addVerdicts(
                VerdictReportItem.newBuilder()
                    .setWatchdog("alive")
                    .setKind(VerdictKind.OK)
                    .setText("OK")
                    .setSequence(number))
            .build();
    this.<ReportRequest, ReportReply>call(
        ofLeader(i),
        MachineApiGrpc.getReportMethod(),
        "machine/" + machine(i),
        request,
        end -> {
          REPORTS.count(end, 0);
          long passed = (System.nanoTime() - asked) / 1_000_000;
          long next =
              end.status().isOk()
                  ? REPORT_MS - passed
                  : end.status().getCode() == Status.Code.RESOURCE_EXHAUSTED
                      ? pause(end)
                      : 1_000 + random(1_000);
          later(Math.max(0, next), () -> report(i));
        });
  }

  private void look() {
    this.<GetStatusRequest, StatusReply>call(
        ofLeader(0),
        OperatorGrpc.getGetStatusMethod(),
        "operator/bench",
        GetStatusRequest.getDefaultInstance(),
        end -> {
          LOOKS.count(end, 0);
          later(STATUS_MS, this::look);
        });
  }

  // --- calls

  private ManagedChannel channel(int replica, int i) {
    List<ManagedChannel> all = replicas.get(replica);
    return all.get(i / replicas.size() % all.size());
  }

  private ManagedChannel ofLeader(int i) {
    return channel(leader, i);
  }

  private static long random(int millis) {
    return ThreadLocalRandom.current().nextLong(millis);
  }

  private void later(long millis, Runnable then) {
    time.schedule(then, millis, TimeUnit.MILLISECONDS);
  }

  /** As long as asked for, and up to a half more. */
  private static long pause(End<?> end) {
    String asked = end.trailers().get(RETRY_AFTER);
    int millis = asked == null ? 1_000 : Integer.parseInt(asked);
    return millis + random(millis / 2 + 1);
  }

  private <Q, A> void call(
      ManagedChannel channel, MethodDescriptor<Q, A> method, String who, Q request, Ended<A> ended) {
    Metadata headers = new Metadata();
    headers.put(PRINCIPAL, who);
    if (who.startsWith("machine/")) {
      headers.put(KEY, "key-of-" + who);
    }
    long start = System.nanoTime();
    ClientCall<Q, A> call =
        channel.newCall(method, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    call.start(
        new ClientCall.Listener<A>() {
          private A answer;

          @Override
          public void onMessage(A message) {
            answer = message;
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.with(new End<>(answer, status, trailers, System.nanoTime() - start));
          }
        },
        headers);
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
  }

  private <Q, A> End<A> wait(
      ManagedChannel channel, MethodDescriptor<Q, A> method, String who, Q request) {
    CompletableFuture<End<A>> end = new CompletableFuture<>();
    this.<Q, A>call(channel, method, who, request, end::complete);
    return end.join();
  }

  private static <A> A must(End<A> end) {
    if (!end.status().isOk()) {
      throw new IllegalStateException(end.status().toString());
    }
    return end.answer();
  }

  // --- what it costs

  /** Seconds of processor time of each process so far. */
  private static double[] cpu(List<Long> pids) {
    return pids.stream()
        .mapToDouble(
            pid ->
                ProcessHandle.of(pid)
                    .flatMap(each -> each.info().totalCpuDuration())
                    .orElseThrow(() -> new IllegalStateException("a replica has ended: " + pid))
                    .toMillis()
                    / 1e3)
        .toArray();
  }

  /** MiB resident. */
  private static long memory(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(each -> each.startsWith("VmRSS:"))
          .mapToLong(each -> Long.parseLong(each.replaceAll("\\D", "")) / 1024)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
