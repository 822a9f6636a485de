import io.grpc.Status;
import io.pilothouse.api.v1.AcquireLeaseReply;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
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
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.RegisterReply;
import io.pilothouse.api.v1.RegisterRequest;
import io.pilothouse.api.v1.ReportDiscoveredRequest;
import io.pilothouse.api.v1.ReportProvisioningRequest;
import io.pilothouse.api.v1.ReportReply;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.SatelliteWriteReply;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.api.v1.WriteContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/** Makes a fleet, by the calls that make any: applied, discovered, installed, in service. */
final class AgentsFleet {
  /** A watchdog that reports from elsewhere, about many machines at once, by so many programs. */
  static final String PROBE = "probe";

  static final int PROBES = 16;

  private static final int RACK = 40;
  private static final int OUTSTANDING = 128;

  /** Where there is no leader for a moment. */
  private static final int TRIES = 60;

  private static final VersionRef IMAGE =
      VersionRef.newBuilder().setName("os").setVersion("1.0.0").setDigest("a".repeat(64)).build();

  private final AgentsCalls calls;
  private final int agents;
  private final int reportMs;
  private final BiConsumer<Long, Runnable> later;
  private final AtomicLong sequence = new AtomicLong(System.currentTimeMillis());

  /**
   * @param later runs something after so many ms
   */
  AgentsFleet(AgentsCalls calls, int agents, int reportMs, BiConsumer<Long, Runnable> later) {
    this.calls = calls;
    this.agents = agents;
    this.reportMs = reportMs;
    this.later = later;
  }

  /** The principal of one that reports. */
  static String probe(int number) {
    return "watchdog/" + PROBE + "-" + number;
  }

  private Fleet fleet() {
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("bench")
            .addTypes(MachineType.newBuilder().setName("n").setImage("os").addWatchdogs("alive"))
            .addImages(Image.newBuilder().setName("os").setVersion("1.0.0"))
            .addUnits(ScaleUnit.newBuilder().setName("s").setOrder(1).addMachines("m-[%s]".formatted(calls.numbers())))
            .setReportEveryMs(reportMs)
            .setProvisioning(
                ProvisioningPolicy.newBuilder()
                    .setMaxConcurrent(agents)
                    .setStepDeadlineMs(7_200_000))
            .addWatchdogs(
                WatchdogSpec.newBuilder()
                    .setName("alive")
                    .setRunner(WatchdogSpec.Runner.BUILTIN)
                    .setEveryMs(reportMs)
                    .setValidForMs(20L * reportMs)
                    .setTimeoutMs(2_000)
                    .setSeverity(Severity.NORMAL)
                    .setInitialMode(WatchdogState.Mode.LIVE))
            .addWatchdogs(
                WatchdogSpec.newBuilder()
                    .setName(PROBE)
                    .setRunner(WatchdogSpec.Runner.EXTERNAL)
                    .addTypes("n")
                    .addAllReporters(
                        IntStream.range(0, PROBES).mapToObj(AgentsFleet::probe).toList())
                    .setEveryMs(3_600_000)
                    .setValidForMs(4 * 3_600_000L)
                    .setSilenceIgnored(true)
                    .setQuotaPerMinute(1_000_000)
                    .setSeverity(Severity.NORMAL)
                    .setInitialMode(WatchdogState.Mode.SHADOW));
    for (int i = 0; i < agents; i++) {
      fleet.addMachines(
          InventoryMachine.newBuilder()
              .setName(calls.machine(i))
              .setType("n")
              .setScaleUnit("s")
              .setRack("r" + i / RACK)
              .setMac("c" + i)
              .setBmc("b" + i));
    }
    return fleet.build();
  }

  void install() throws InterruptedException {
    WriteContext why = WriteContext.newBuilder().setReason("benchmark").build();
    calls.wait(
            OperatorGrpc.getApplyFleetMethod(),
            "operator/bench",
            FleetRequest.newBuilder().setFleet(fleet()).setContext(why).build())
            .must();
    bringUp();
  }

  /** The machines that the fleet has already: discovered, installed, in service. */
  void bringUp() throws InterruptedException {
    WriteContext why = WriteContext.newBuilder().setReason("benchmark").build();
    calls.wait(
            OperatorGrpc.getRegisterManifestMethod(),
            "operator/bench",
            RegisterManifestRequest.newBuilder()
                .setManifest(Manifest.newBuilder().setRef(IMAGE))
                .setContext(why)
                .build())
            .must();
    String satellite = "satellite/provisioning-1";
    this.<SatelliteWriteReply>forAll(
        "discovered",
        (i, done) ->
            calls.leader(
                i,
                SatelliteGrpc.getReportDiscoveredMethod(),
                satellite,
                ReportDiscoveredRequest.newBuilder().setName(calls.machine(i)).setMac("c" + i).build(),
                done));
    long lease = lease(satellite);
    Map<String, Long> tokens = new HashMap<>();
    for (Machine each :
        calls.wait(
                SatelliteGrpc.getPullProvisioningMethod(),
                    satellite,
                    PullProvisioningRequest.getDefaultInstance())
            .must()
            .getMachinesList()) {
      tokens.put(each.getName(), each.getProvisioning().getToken());
    }
    this.<SatelliteWriteReply>forAll(
        "switched on",
        (i, done) ->
            calls.leader(
                i,
                SatelliteGrpc.getReportProvisioningMethod(),
                satellite,
                ReportProvisioningRequest.newBuilder()
                    .setMachine(calls.machine(i))
                    .setLeaseToken(lease)
                    .setToken(tokens.getOrDefault(calls.machine(i), 0L))
                    .setStep(Provisioning.Step.POWERING)
                    .build(),
                done));
    this.<RegisterReply>forAll("booted", (i, done) -> register(i, "installer", Observed.getDefaultInstance(), done));
    for (Provisioning.Step step :
        List.of(Provisioning.Step.IMAGING, Provisioning.Step.BURNING_IN)) {
      this.<ReportReply>forAll(
          "done with " + step,
          (i, done) ->
              calls.leader(
                  i,
                  MachineApiGrpc.getReportMethod(),
                  "machine/" + calls.machine(i),
                  ReportRequest.newBuilder()
                      .setMachine(calls.machine(i))
                      .setBootId("installer")
                      .setSequence(sequence.incrementAndGet())
                      .setProvisioningToken(tokens.getOrDefault(calls.machine(i), 0L))
                      .setStepDone(step)
                      .build(),
                  done));
    }
    this.<RegisterReply>forAll("in service", (i, done) -> register(i, "disk", observed(i), done));
  }

  private long lease(String satellite) {
    AcquireLeaseReply reply =
        calls.wait(
                SatelliteGrpc.getAcquireLeaseMethod(),
                satellite,
                AcquireLeaseRequest.newBuilder()
                    .setRole("provisioning")
                    .setHolder("provisioning-1")
                    .setTtlMs(300_000)
                    .build())
            .must();
    return reply.getLease().getToken();
  }

  static Observed observed(int i) {
    return Observed.newBuilder()
        .setImage(IMAGE)
        .setAddress("10.0.0.1:" + i)
        .setAgentAddress("10.0.0.2:" + i)
        .build();
  }

  private void register(int i, String boot, Observed observed, AgentsCalls.Ended<RegisterReply> done) {
    calls.leader(
        i,
        MachineApiGrpc.getRegisterMethod(),
        "machine/" + calls.machine(i),
        RegisterRequest.newBuilder()
            .setMachine(calls.machine(i))
            .setBootId(boot)
            .setObserved(observed)
            .build(),
        done);
  }

  private interface Step<A> {
    void start(int agent, AgentsCalls.Ended<A> done);
  }

  /** One step of all machines, so many at once; those that were turned away come again. */
  private <A> void forAll(String what, Step<A> step) throws InterruptedException {
    Semaphore room = new Semaphore(OUTSTANDING);
    CompletableFuture<String> failure = new CompletableFuture<>();
    for (int i = 0; i < agents && !failure.isDone(); i++) {
      room.acquire();
      attempt(i, TRIES, step, room, failure);
    }
    room.acquire(OUTSTANDING);
    if (failure.isDone()) {
      throw new IllegalStateException(what + ": " + failure.join());
    }
    System.err.printf("agents-pull: %d machines are %s%n", agents, what);
  }

  private <A> void attempt(
      int i, int tries, Step<A> step, Semaphore room, CompletableFuture<String> failure) {
    step.start(
        i,
        end -> {
          if (end.isShed()) {
            later.accept(end.pause(), () -> attempt(i, tries, step, room, failure));
            return;
          }
          if (end.status().getCode() == Status.Code.UNAVAILABLE && tries > 1) {
            later.accept(500L, () -> attempt(i, tries - 1, step, room, failure));
            return;
          }
          if (!end.status().isOk()) {
            failure.complete(calls.machine(i) + ": " + end.status());
          }
          room.release();
        });
  }
}
