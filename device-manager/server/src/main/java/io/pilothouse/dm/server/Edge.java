package io.pilothouse.dm.server;

import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/** The services over one ledger, wired; what carries them to callers is outside. */
final class Edge implements AutoCloseable {

  private final Waiters waiters;
  private final LargeFleets large = new LargeFleets();
  private final LeaderLoop leaderLoop;
  private final FleetMetrics fleetMetrics;
  private final ExpiringCertificates certificates;
  private final Access access;
  private final Admission admission;
  private final Writes writes;
  private final EdgeInterceptor interceptor;
  private final List<ServerServiceDefinition> services;

  Edge(Ledger ledger, Clocks clocks, MeterRegistry metrics) {
    this(ledger, clocks, metrics, EdgeLimits.ofThisProcess());
  }

  Edge(Ledger ledger, Clocks given, MeterRegistry metrics, EdgeLimits limits) {
    // what is due, and since when, is told by the clock that stamps the log
    Clocks clocks = new Clocks(ledger.logClock()::now, given.nanos());
    waiters = new Waiters(limits, metrics);
    Term term = new Term();
    ledger.addListener(waiters);
    ledger.addListener(term);
    DiskGuard disk = new DiskGuard(ledger, clocks.nanos());
    leaderLoop = new LeaderLoop(ledger, term, clocks, disk);
    writes = new Writes(ledger, disk);
    Pulls pulls = new Pulls(ledger, waiters);
    ReportIntake intake = new ReportIntake(ledger, writes, term, clocks);
    certificates = new ExpiringCertificates(given);
    admission = new Admission(limits, clocks.nanos(), ledger::waiting);
    Sheds sheds = new Sheds(admission, metrics);
    StatusReads status = new StatusReads(ledger, writes, pulls, term, sheds, certificates, clocks);
    fleetMetrics = new FleetMetrics(ledger, status, metrics);
    OperatorService operator =
        new OperatorService(
            status,
            new OperatorReads(ledger, writes, term, clocks),
            new HistoryReads(new EventReads(writes, pulls, waiters), new RecordReads(ledger)),
            new IncidentReads(ledger, writes),
            new FleetReads(ledger, writes, large),
            new ManifestReads(ledger, writes),
            new OperatorWrites(writes, new FleetWrites(ledger, writes, large, clocks)));
    MachineService machine =
        new MachineService(
            ledger, writes, pulls, waiters, intake, new AgentReports(ledger, writes, intake));
    SatelliteService satellite =
        new SatelliteService(
            ledger, writes, pulls, new SatelliteReports(ledger, writes, intake), term, clocks);
    WatchdogService watchdog = new WatchdogService(ledger, writes, intake);
    access = new Access(ledger);
    interceptor = new EdgeInterceptor(access, admission, sheds, clocks.nanos(), metrics);
    services = List.of(guarded(operator), guarded(machine), guarded(satellite), guarded(watchdog));
  }

  List<ServerServiceDefinition> services() {
    return services;
  }

  ExpiringCertificates certificates() {
    return certificates;
  }

  /** A further service, which every call reaches by the same way. */
  ServerServiceDefinition guarded(BindableService service) {
    return ServerInterceptors.intercept(
        UnreadableRequest.passedOn(service.bindService()), interceptor);
  }

  Writes writes() {
    return writes;
  }

  Waiters waiters() {
    return waiters;
  }

  LargeFleets largeFleets() {
    return large;
  }

  Access access() {
    return access;
  }

  Admission admission() {
    return admission;
  }

  FleetMetrics fleetMetrics() {
    return fleetMetrics;
  }

  LeaderLoop leaderLoop() {
    return leaderLoop;
  }

  @Override
  public void close() {
    leaderLoop.close();
  }
}
