package io.pilothouse.dm.server;

import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.ControlRolloutRequest;
import io.pilothouse.api.v1.DecideOrderRequest;
import io.pilothouse.api.v1.DecideRepairRequest;
import io.pilothouse.api.v1.ExplainRequest;
import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.FleetPlan;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.GetBudgetReply;
import io.pilothouse.api.v1.GetBudgetRequest;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.GetMachineReply;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.HoldDomainRequest;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.api.v1.ListIncidentsReply;
import io.pilothouse.api.v1.ListIncidentsRequest;
import io.pilothouse.api.v1.ListMachinesReply;
import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListManifestsRequest;
import io.pilothouse.api.v1.ListOrdersReply;
import io.pilothouse.api.v1.ListOrdersRequest;
import io.pilothouse.api.v1.ListRepairsReply;
import io.pilothouse.api.v1.ListRepairsRequest;
import io.pilothouse.api.v1.ListRolloutsReply;
import io.pilothouse.api.v1.ListRolloutsRequest;
import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.ListWatchdogsRequest;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.ReadRecordReply;
import io.pilothouse.api.v1.ReadRecordRequest;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.RemoveManifestRequest;
import io.pilothouse.api.v1.ResolveIncidentRequest;
import io.pilothouse.api.v1.RolloutPlan;
import io.pilothouse.api.v1.SetFreezeRequest;
import io.pilothouse.api.v1.SetWatchdogModeRequest;
import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.WriteReply;

/** The table of what operators can ask; each line names who answers. */
final class OperatorService extends OperatorGrpc.OperatorImplBase {

  private final StatusReads status;
  private final OperatorReads reads;
  private final HistoryReads history;
  private final IncidentReads incidents;
  private final FleetReads fleet;
  private final ManifestReads manifests;
  private final OperatorWrites writes;

  OperatorService(
      StatusReads status,
      OperatorReads reads,
      HistoryReads history,
      IncidentReads incidents,
      FleetReads fleet,
      ManifestReads manifests,
      OperatorWrites writes) {
    this.status = status;
    this.reads = reads;
    this.history = history;
    this.incidents = incidents;
    this.fleet = fleet;
    this.manifests = manifests;
    this.writes = writes;
  }

  @Override
  public void getStatus(GetStatusRequest request, StreamObserver<StatusReply> call) {
    Answers.unary(call, status::status);
  }

  @Override
  public void listMachines(ListMachinesRequest request, StreamObserver<ListMachinesReply> call) {
    Answers.unary(call, () -> reads.machines(request));
  }

  @Override
  public void getMachine(GetMachineRequest request, StreamObserver<GetMachineReply> call) {
    Answers.unary(call, () -> reads.machine(request.getName()));
  }

  @Override
  public void listEvents(ListEventsRequest request, StreamObserver<ListEventsReply> call) {
    Answers.unary(call, () -> history.events().list(request));
  }

  @Override
  public void explain(ExplainRequest request, StreamObserver<Explanation> call) {
    Answers.unary(call, () -> reads.explain(request));
  }

  @Override
  public void getFleet(GetFleetRequest request, StreamObserver<GetFleetReply> call) {
    Answers.unary(call, fleet::get);
  }

  @Override
  public void planFleet(FleetRequest request, StreamObserver<FleetPlan> call) {
    Answers.unary(call, () -> fleet.plan(request));
  }

  @Override
  public void applyFleet(FleetRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.applyFleet(request));
  }

  @Override
  public void registerManifest(RegisterManifestRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(
        call,
        () ->
            request.getCheckOnly()
                ? manifests.check(request.getManifest())
                : writes.registerManifest(request));
  }

  @Override
  public void removeManifest(RemoveManifestRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.removeManifest(request));
  }

  @Override
  public void listManifests(ListManifestsRequest request, StreamObserver<ListManifestsReply> call) {
    Answers.unary(call, () -> manifests.list(request.getName()));
  }

  @Override
  public void planRollout(StartRolloutRequest request, StreamObserver<RolloutPlan> call) {
    Answers.unary(call, () -> reads.planRollout(request));
  }

  @Override
  public void startRollout(StartRolloutRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.startRollout(request));
  }

  @Override
  public void controlRollout(ControlRolloutRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.controlRollout(request));
  }

  @Override
  public void listRollouts(ListRolloutsRequest request, StreamObserver<ListRolloutsReply> call) {
    Answers.unary(call, () -> reads.rollouts(request));
  }

  @Override
  public void controlMachine(ControlMachineRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.controlMachine(request));
  }

  @Override
  public void listRepairs(ListRepairsRequest request, StreamObserver<ListRepairsReply> call) {
    Answers.unary(call, () -> reads.repairs(request));
  }

  @Override
  public void setFreeze(SetFreezeRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.setFreeze(request));
  }

  @Override
  public void getBudget(GetBudgetRequest request, StreamObserver<GetBudgetReply> call) {
    Answers.unary(call, reads::budget);
  }

  @Override
  public void listWatchdogs(ListWatchdogsRequest request, StreamObserver<ListWatchdogsReply> call) {
    Answers.unary(call, reads::watchdogs);
  }

  @Override
  public void setWatchdogMode(SetWatchdogModeRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.setWatchdogMode(request));
  }

  @Override
  public void listIncidents(ListIncidentsRequest request, StreamObserver<ListIncidentsReply> call) {
    Answers.unary(call, () -> incidents.list(request));
  }

  @Override
  public void resolveIncident(ResolveIncidentRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.resolveIncident(request));
  }

  @Override
  public void decideRepair(DecideRepairRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.decideRepair(request));
  }

  @Override
  public void holdDomain(HoldDomainRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.holdDomain(request));
  }

  @Override
  public void listOrders(ListOrdersRequest request, StreamObserver<ListOrdersReply> call) {
    Answers.unary(call, () -> reads.orders(request));
  }

  @Override
  public void decideOrder(DecideOrderRequest request, StreamObserver<WriteReply> call) {
    Answers.unary(call, () -> writes.decideOrder(request));
  }

  @Override
  public void readRecord(ReadRecordRequest request, StreamObserver<ReadRecordReply> call) {
    Answers.unary(call, () -> history.record().read(request));
  }
}
