package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.UnholdMachine;
import io.pilothouse.testing.histories.Operation;
import io.pilothouse.testing.histories.Operation.Call;
import io.pilothouse.testing.histories.Operation.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Sets, ends and reads holds of machines on the leader, one call after the other, and writes down
 * what it learnt. A write is repeated under one sequence through every fault, and done once.
 */
final class Operator {
  private static final long DEADLINE = 5_000;
  private static final long ATTEMPT = 1_000;

  private final World world;
  private final String name;
  private final List<String> machines;
  private final Dice dice;
  private final Caller caller;
  private final List<Operation> history;
  private long sequence;
  private boolean over;
  private long lastAnswer;

  Operator(World world, String name, List<String> machines, List<Operation> history) {
    this.world = world;
    this.name = name;
    this.machines = machines;
    this.history = history;
    this.dice = world.dice.split();
    this.caller = new Caller(world, true);
  }

  void start() {
    world.agenda.after(dice.between(0, 400), this::act);
  }

  /** Acts no more; what is under way goes on. */
  void end() {
    over = true;
  }

  /** When it was last answered. */
  long lastAnswer() {
    return lastAnswer;
  }

  private void act() {
    if (over) {
      return;
    }
    String machine = dice.pick(machines);
    long id = world.unique();
    Call call =
        switch (dice.below(5)) {
          case 0, 1 -> new Call.Hold("hold-" + id);
          case 2 -> new Call.Unhold("unhold-" + id);
          default -> new Call.Read();
        };
    long[] number = {call instanceof Call.Read ? 0 : ++sequence};
    Caller.Question question =
        (edge, onAnswer) -> {
          if (call instanceof Call.Read) {
            edge.readHold(caller.address(), machine, onAnswer);
          } else {
            edge.write(caller.address(), request(machine, call, number[0]), onAnswer);
            if (world.defect == Defect.RETRIES_AS_ANOTHER_REQUEST) {
              number[0] = ++sequence;
            }
          }
        };
    if (dice.oneIn(5)) {
      caller.lookAround(); // a new process does not know who led
    }
    long invoked = world.unique();
    caller.ask(
        question,
        DEADLINE,
        ATTEMPT,
        answer -> {
          Outcome outcome = outcome(answer, number[0]);
          boolean unknown = outcome instanceof Outcome.Unknown;
          history.add(
              new Operation(
                  (int) id,
                  machine,
                  call,
                  outcome,
                  invoked,
                  unknown ? Operation.NEVER : world.unique()));
          world.trace.say("%s: %s of %s: %s", name, call, machine, outcome);
          if (!unknown) {
            lastAnswer = world.agenda.now();
          }
          world.agenda.after(dice.between(0, 2 * world.profile.writeEveryMillis()), this::act);
        });
  }

  private Request request(String machine, Call call, long number) {
    Command.Builder command = Command.newBuilder();
    String reason =
        switch (call) {
          case Call.Hold hold -> {
            command.setHoldMachine(HoldMachine.newBuilder().setMachine(machine));
            yield hold.reason();
          }
          case Call.Unhold unhold -> {
            command.setUnholdMachine(UnholdMachine.newBuilder().setMachine(machine));
            yield unhold.reason();
          }
          case Call.Read read -> throw new IllegalArgumentException("a read is no request");
        };
    return Request.newBuilder()
        .setPrincipal("operator/" + name)
        .setRequestId("rid")
        .setReason(reason)
        .setClientId(name)
        .setSequence(number)
        .setCommand(command)
        .build();
  }

  private Outcome outcome(Optional<Answer> answer, long number) {
    return switch (answer.orElse(null)) {
      case null -> new Outcome.Unknown();
      case Answer.Hold hold -> new Outcome.Value(hold.reason());
      case Answer.Decided(var reply) when !reply.hasRefusal() -> {
        if (world.defect != Defect.RETRIES_AS_ANOTHER_REQUEST) {
          world.oracle.acknowledged(name, number, reply);
        }
        yield new Outcome.Done();
      }
      case Answer.Decided(var reply)
          when reply.getRefusal().getCode() == Refusal.Code.PRECONDITION ->
          new Outcome.Refused();
      default -> throw new IllegalStateException("an operator was answered: " + answer);
    };
  }

  /** Ends all holds, for as long as it takes. */
  void release(Runnable then) {
    List<String> left = new ArrayList<>(machines);
    release(left, then);
  }

  private void release(List<String> left, Runnable then) {
    if (left.isEmpty()) {
      then.run();
      return;
    }
    String machine = left.removeLast();
    long number = ++sequence;
    Call call = new Call.Unhold("release-" + world.unique());
    caller.ask(
        (edge, onAnswer) -> edge.write(caller.address(), request(machine, call, number), onAnswer),
        60_000,
        ATTEMPT,
        answer -> release(left, then));
  }
}
