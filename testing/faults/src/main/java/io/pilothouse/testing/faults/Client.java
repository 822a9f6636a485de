package io.pilothouse.testing.faults;

import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.GetMachineReply;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.client.DmClient;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.testing.histories.Operation.Call;
import io.pilothouse.testing.histories.Operation.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Reads and changes holds of machines, one call after the other, as an operator does. */
final class Client implements Runnable {
  private static final Duration DEADLINE = Duration.ofSeconds(5);
  private static final Duration ATTEMPT = Duration.ofSeconds(1);
  private static final int PAUSE_MS = 5;

  private final int number;
  private final List<String> machines;
  private final DmClient dm;
  private final Random random;
  private final History history;
  private final AtomicInteger ids;
  private final AtomicBoolean over;
  private long sequence;

  Client(
      int number,
      List<String> servers,
      List<String> machines,
      Random random,
      History history,
      AtomicInteger ids,
      AtomicBoolean over) {
    this.number = number;
    this.machines = machines;
    this.dm = new DmClient(servers, "operator/client-" + number);
    this.random = random;
    this.history = history;
    this.ids = ids;
    this.over = over;
  }

  @Override
  public void run() {
    try (dm) {
      while (!over.get()) {
        once();
        Thread.sleep(PAUSE_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void once() {
    int id = ids.incrementAndGet();
    String machine = machines.get(random.nextInt(machines.size()));
    Call call =
        switch (random.nextInt(5)) {
          case 0, 1 -> new Call.Hold("hold-" + id);
          case 2 -> new Call.Unhold("unhold-" + id);
          default -> new Call.Read();
        };
    long invoked = System.nanoTime();
    history.add(id, machine, call, outcome(machine, call), invoked);
  }

  private Outcome outcome(String machine, Call call) {
    try {
      return switch (call) {
        case Call.Read read -> read(machine);
        case Call.Hold hold -> control(machine, "hold", hold.reason());
        case Call.Unhold unhold -> control(machine, "unhold", unhold.reason());
      };
    } catch (UnreachableException e) {
      return new Outcome.Unknown();
    } catch (DmException e) {
      if (e.precondition()) {
        return new Outcome.Refused();
      }
      throw e;
    }
  }

  private Outcome read(String machine) {
    GetMachineRequest request = GetMachineRequest.newBuilder().setName(machine).build();
    GetMachineReply reply =
        dm.leader(DEADLINE, ATTEMPT, channel -> Fixture.stub(channel).getMachine(request));
    return new Outcome.Value(reply.getMachine().getHold().getReason());
  }

  /** Sent again and again under one sequence, whoever leads: done once. */
  private Outcome control(String machine, String verb, String reason) {
    ControlMachineRequest request =
        Fixture.order("client-" + number, ++sequence, machine, verb, reason);
    var unused =
        dm.leader(DEADLINE, ATTEMPT, channel -> Fixture.stub(channel).controlMachine(request));
    return new Outcome.Done();
  }
}
