package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.MachineApiGrpc.MachineApiBlockingStub;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferedRange;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.OperatorGrpc.OperatorBlockingStub;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.PullProvisioningRequest;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.RegisterRequest;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.ReportDiscoveredRequest;
import io.pilothouse.api.v1.ReportProvisioningRequest;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.SatelliteGrpc.SatelliteBlockingStub;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.client.DmClient;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.ReplicaConfig;
import io.pilothouse.dm.server.DeviceManager;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * A Device Manager with one machine, web-01, or more, that the test brings into service and whose
 * watchdogs it plays.
 */
final class OfferedFleet {
  static final String MACHINE = "web-01";
  static final String BOOT = "boot-2";
  private static final Duration CALL = Duration.ofSeconds(20);
  private static final OfferedResource PORTS =
      OfferedResource.newBuilder()
          .setName("ports")
          .addRanges(OfferedRange.newBuilder().setFirst(31_000).setLast(31_099))
          .build();
  private static final VersionRef IMAGE =
      VersionRef.newBuilder().setName("os").setVersion("1.0.0").setDigest("a".repeat(64)).build();

  private final DeviceManager dm;
  private final DmClient operator;
  private final DmClient satellite;
  private final Map<String, Member> members = new LinkedHashMap<>();
  final String address;

  /** A machine's connection, and how often it has reported. */
  private static final class Member {
    final DmClient client;
    long sequence;

    Member(DmClient client) {
      this.client = client;
    }
  }

  OfferedFleet(Path dir) throws Exception {
    this(dir, List.of(MACHINE));
  }

  /**
   * With these machines.
   *
   * @param names web-01 first
   */
  OfferedFleet(Path dir, List<String> names) throws Exception {
    Peer self = new Peer("dm-1", free(), free(), free());
    dm = DeviceManager.start(new ReplicaConfig("dm-1", "test", dir.resolve("dm"), List.of(self)));
    address = self.grpc().toString();
    List<String> servers = List.of(address);
    operator = new DmClient(servers, "operator/alice", Optional.empty());
    satellite = new DmClient(servers, "satellite/provisioning-1", Optional.empty());
    for (String name : names) {
      DmClient client =
          new DmClient(
              servers, "machine/" + name, () -> Optional.of("secret-of-" + name), Optional.empty());
      members.put(name, new Member(client));
    }
  }

  List<String> machines() {
    return List.copyOf(members.keySet());
  }

  DmClient client(String machine) {
    return member(machine).client;
  }

  private Member member(String machine) {
    return Objects.requireNonNull(members.get(machine), machine);
  }

  static HostPort free() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new HostPort("127.0.0.1", socket.getLocalPort());
    }
  }

  /** Main class and options of a scheduler for it, that asks nobody who he is. */
  List<String> scheduler(String api, String agents) throws Exception {
    return List.of(
        "io.pilothouse.scheduler.Main",
        "--id",
        "scheduler-1",
        "--servers",
        address,
        "--http",
        free().toString(),
        "--api",
        api,
        "--agents",
        agents);
  }

  private Fleet spec() {
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("test")
            .addTypes(
                MachineType.newBuilder()
                    .setName("batch")
                    .setImage("os")
                    .addWatchdogs("disk")
                    .setRepairPolicy("quick")
                    .setOffers(
                        OfferPolicy.newBuilder()
                            .addImages("images")
                            .addResources(
                                OfferedResource.newBuilder().setName("cpus").setMilli(2000))
                            .addResources(
                                OfferedResource.newBuilder().setName("mem").setSizeBytes(1L << 30))
                            .addResources(
                                OfferedResource.newBuilder().setName("disk").setSizeBytes(1L << 30))
                            .addResources(PORTS)
                            .addOversubscribe(
                                OfferedResource.newBuilder().setName("cpus").setMilli(1500))
                            .setDelayMs(300_000)))
            .addRepairPolicies(
                RepairPolicy.newBuilder()
                    .setName("quick")
                    .setQuietMs(100)
                    .setProbationMaxMs(600_000)
                    .setConfirmAfterMs(1))
            .addUnits(ScaleUnit.newBuilder().setName("su-1").setOrder(1).addAllMachines(machines()))
            .addWatchdogs(
                WatchdogSpec.newBuilder()
                    .setName("disk")
                    .setRunner(WatchdogSpec.Runner.BUILTIN)
                    .setEveryMs(60_000)
                    .setValidForMs(600_000)
                    .setInitialMode(WatchdogState.Mode.LIVE))
            .addImages(Image.newBuilder().setName("os").setVersion("1.0.0"));
    int number = 0;
    for (String name : machines()) {
      fleet.addMachines(
          InventoryMachine.newBuilder()
              .setName(name)
              .setType("batch")
              .setScaleUnit("su-1")
              .setRack("r7")
              .setMac("02:00:00:00:00:%02x".formatted(++number))
              .setBmc("local:" + name));
    }
    return fleet.build();
  }

  private <T> T operator(Function<OperatorBlockingStub, T> call) {
    return operator.leader(CALL, channel -> call.apply(OperatorGrpc.newBlockingStub(channel)));
  }

  private <T> T satellite(Function<SatelliteBlockingStub, T> call) {
    return satellite.leader(CALL, channel -> call.apply(SatelliteGrpc.newBlockingStub(channel)));
  }

  private <T> T machine(String name, Function<MachineApiBlockingStub, T> call) {
    return client(name)
        .leader(CALL, channel -> call.apply(MachineApiGrpc.newBlockingStub(channel)));
  }

  /** Installed as the provisioning service and an installer would, and HEALTHY. */
  void bringsIntoService() throws Exception {
    WriteContext why = WriteContext.newBuilder().setReason("test").build();
    operator(
        stub ->
            stub.applyFleet(FleetRequest.newBuilder().setFleet(spec()).setContext(why).build()));
    operator(
        stub ->
            stub.registerManifest(
                RegisterManifestRequest.newBuilder()
                    .setManifest(Manifest.newBuilder().setRef(IMAGE).setImage(true))
                    .setContext(why)
                    .build()));
    int number = 0;
    for (String name : machines()) {
      String mac = "02:00:00:00:00:%02x".formatted(++number);
      satellite(
          stub ->
              stub.reportDiscovered(
                  ReportDiscoveredRequest.newBuilder().setName(name).setMac(mac).build()));
    }
    long lease =
        satellite(
                stub ->
                    stub.acquireLease(
                        AcquireLeaseRequest.newBuilder()
                            .setRole("provisioning")
                            .setHolder("provisioning-1")
                            .setTtlMs(300_000)
                            .build()))
            .getLease()
            .getToken();
    for (String name : machines()) {
      installs(name, lease);
    }
  }

  private void installs(String name, long lease) {
    long token =
        satellite(stub -> stub.pullProvisioning(PullProvisioningRequest.getDefaultInstance()))
            .getMachinesList()
            .stream()
            .filter(each -> each.getName().equals(name))
            .findFirst()
            .orElseThrow()
            .getProvisioning()
            .getToken();
    satellite(
        stub ->
            stub.reportProvisioning(
                ReportProvisioningRequest.newBuilder()
                    .setMachine(name)
                    .setLeaseToken(lease)
                    .setToken(token)
                    .setStep(Provisioning.Step.POWERING)
                    .build()));
    registers(name, "boot-1", Observed.getDefaultInstance());
    for (Provisioning.Step step :
        List.of(Provisioning.Step.IMAGING, Provisioning.Step.BURNING_IN)) {
      reports(
          name,
          ReportRequest.newBuilder()
              .setBootId("boot-1")
              .setProvisioningToken(token)
              .setStepDone(step));
    }
    registers(name, BOOT, observed());
    says(name, VerdictKind.OK);
    until(() -> condition(name) == Condition.HEALTHY);
  }

  private static Observed observed() {
    return Observed.newBuilder()
        .setImage(IMAGE)
        .setAddress("127.0.0.1:80")
        .setAgentAddress("127.0.0.1:81")
        .build();
  }

  private void registers(String name, String boot, Observed observed) {
    member(name).sequence =
        machine(
                name,
                stub ->
                    stub.register(
                        RegisterRequest.newBuilder()
                            .setMachine(name)
                            .setBootId(boot)
                            .setObserved(observed)
                            .build()))
            .getSequenceFloor();
  }

  private void reports(String name, ReportRequest.Builder report) {
    long sequence = ++member(name).sequence;
    var unused =
        machine(name, stub -> stub.report(report.setMachine(name).setSequence(sequence).build()));
  }

  /** What web-01's watchdog says from now on. */
  void says(VerdictKind kind) {
    says(MACHINE, kind);
  }

  private void says(String name, VerdictKind kind) {
    reports(
        name,
        ReportRequest.newBuilder()
            .setBootId(BOOT)
            .setObserved(observed())
            .addVerdicts(
                VerdictReportItem.newBuilder()
                    .setWatchdog("disk")
                    .setKind(kind)
                    .setFault(kind == VerdictKind.ERROR ? "disk.io" : "")
                    .setText("disk says " + kind)));
  }

  /** Of web-01. */
  Condition condition() {
    return condition(MACHINE);
  }

  private Condition condition(String name) {
    return machine(name).getCondition();
  }

  /** As `pilot machine show` has it. */
  Machine machine(String name) {
    return operator(stub -> stub.getMachine(GetMachineRequest.newBuilder().setName(name).build()))
        .getMachine();
  }

  /** A person takes web-01 for maintenance. */
  void drains() {
    operator(
        stub ->
            stub.controlMachine(
                ControlMachineRequest.newBuilder()
                    .setMachine(MACHINE)
                    .setVerb("drain")
                    .setContext(WriteContext.newBuilder().setReason("test"))
                    .build()));
  }

  static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited in vain").isNegative();
      LockSupport.parkNanos(10_000_000);
    }
  }

  void close() {
    members.values().forEach(each -> each.client.close());
    satellite.close();
    operator.close();
    dm.close();
  }
}
