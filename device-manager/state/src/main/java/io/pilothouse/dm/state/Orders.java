package io.pilothouse.dm.state;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecideOrder;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.Approval;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.Order;
import io.pilothouse.manifests.pattern.Near;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Orders of people that concern more machines than one person may touch: the command is kept as it
 * was given and executed when a second person approves it. One way for all of them; which kinds of
 * orders it is for is in the fleet's approvals.
 */
final class Orders {
  private static final long EXPIRES_MS = 24 * 3_600_000L;
  private static final long FORGOTTEN_MS = 30 * 24 * 3_600_000L;
  private static final int MOST_WAITING = 100;
  private static final int MOST_LINES = 50;

  /** Of applies of large fleets, as they are kept. */
  private static final long MOST_WAITING_BYTES = 128 << 20;

  private Orders() {}

  /**
   * Executes a command, or keeps it for a second person.
   *
   * @param before what was done to the state before, which a trial takes back with the rest
   */
  static Reply.Builder orExecute(Draft draft, Command command, Runnable before)
      throws RefusedException {
    Optional<OrderCount> count = tooLarge(draft, command);
    if (count.isEmpty()) {
      return Decider.execute(draft, command);
    }
    // what would be refused is refused now, and what it would change is said now
    Reply.Builder trial = Decider.execute(draft, command);
    draft.undo();
    before.run();
    return keep(draft, command, count.get(), trial);
  }

  /** Of an order that needs a second person; empty when it does not. */
  private static Optional<OrderCount> tooLarge(Draft draft, Command command)
      throws RefusedException {
    return mayNeedSecond(draft, draft.request().getPrincipal(), command)
        ? OrderCount.of(draft, command)
            .filter(each -> each.machines() > Approvals.mostOfOnePerson(draft))
        : Optional.empty();
  }

  private static boolean mayNeedSecond(Entities state, String principal, Command command) {
    return !principal.equals(Authorization.SELF)
        && OrderCount.kind(state, command)
            .filter(state.fleet().getApprovals().getSecondPersonForList()::contains)
            .isPresent();
  }

  /** As {@link #orExecute} refuses an apply of these changes that would have to wait. */
  static void requirePlace(
      Entities state, String principal, Command command, Fleet wanted, List<FleetChange> changes)
      throws RefusedException {
    if (mayNeedSecond(state, principal, command)
        && OrderCount.apply(state, wanted, changes).machines() > Approvals.mostOfOnePerson(state)) {
      requirePlace(waiting(state));
    }
  }

  private static void requirePlace(List<Order> waiting) throws RefusedException {
    if (waiting.size() >= MOST_WAITING) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s orders wait for a second person already".formatted(waiting.size()),
          "`pilot approval list` shows them: approve or deny some");
    }
  }

  private static List<Order> waiting(Entities state) {
    return state.orders().stream().filter(each -> each.getState() == Order.State.WAITS).toList();
  }

  private static Reply.Builder keep(
      Draft draft, Command command, OrderCount count, Reply.Builder trial) throws RefusedException {
    Operators.requireReason(draft, "an order that waits for a second person");
    Command fixed = fixed(draft, command);
    String digest = StateDigest.hex(fixed.toByteArray());
    List<Order> waiting = waiting(draft);
    Optional<Order> same =
        waiting.stream()
            .filter(each -> each.getDigest().equals(digest))
            .filter(each -> each.getPrincipal().equals(draft.request().getPrincipal()))
            .findFirst();
    if (same.isPresent()) {
      return reply(same.get());
    }
    requirePlace(waiting);
    if (StagedFleet.is(command.getApplyFleet())) {
      requireRoom(waiting, fixed);
      StagedFleet.drop(draft);
    }
    long number = draft.meta().getNextOrder() + 1;
    draft.put(draft.meta().toBuilder().setNextOrder(number).build());
    Order order =
        Order.newBuilder()
            .setId("A-" + number)
            .setNumber(number)
            .setKind(count.kind())
            .setState(Order.State.WAITS)
            .setWhat(count.what())
            .addAllLines(lines(draft, trial.getLinesList()))
            .setMachines(count.machines())
            .setLimit(Approvals.mostOfOnePerson(draft))
            .setPrincipal(draft.request().getPrincipal())
            .setReason(draft.request().getReason())
            .setAt(draft.nowMillis())
            .setRevision(draft.index())
            .setCommand(fixed.toByteString())
            .setDigest(digest)
            .setExpiresAt(draft.nowMillis() + EXPIRES_MS)
            .setDueAt(draft.nowMillis() + EXPIRES_MS)
            .build();
    draft.put(order);
    audit(
        draft,
        order,
        "",
        "WAITS",
        "%s: %s machines, one person may touch %s"
            .formatted(order.getWhat(), order.getMachines(), order.getLimit()));
    return reply(order);
  }

  /** Large fleets that wait are in the memory of each replica. */
  private static void requireRoom(List<Order> waiting, Command command) throws RefusedException {
    long bytes = waiting.stream().mapToLong(each -> each.getCommand().size()).sum();
    if (bytes + command.getSerializedSize() > MOST_WAITING_BYTES) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "large fleets of %s wait for a second person already; with this one it would be over %s"
              .formatted(Texts.bytes(bytes), Texts.bytes(MOST_WAITING_BYTES)),
          "`pilot approval list` shows them: approve or deny some");
    }
  }

  /** An apply is bound to the fleet that it was compared with, and needs no parts any more. */
  private static Command fixed(Draft draft, Command command) throws RefusedException {
    if (!command.hasApplyFleet()) {
      return command;
    }
    ApplyFleet.Builder apply = command.getApplyFleet().toBuilder();
    if (apply.getIfRevision() == 0) {
      apply.setIfRevision(draft.meta().getFleetRevision());
    }
    if (StagedFleet.is(command.getApplyFleet())) {
      apply
          .setPacked(StagedFleet.joined(draft, command.getApplyFleet()))
          .clearStagedSha256()
          .clearStagedParts();
    }
    return command.toBuilder().setApplyFleet(apply).build();
  }

  private static Reply.Builder reply(Order order) {
    return Reply.newBuilder()
        .setOrder(order.getId())
        .addLines(
            ("%s concerns %s machines, and one person may touch %s: it waits as %s for a second"
                    + " person until %s")
                .formatted(
                    order.getWhat(),
                    order.getMachines(),
                    order.getLimit(),
                    order.getId(),
                    Instant.ofEpochMilli(order.getExpiresAt())));
  }

  /** A second person approves, and it is done; or denies, and it is not. */
  static Reply.Builder decide(Draft draft, DecideOrder command) throws RefusedException {
    Order order = waiting(draft, command.getOrder());
    Operators.requireReason(draft, command.getDeny() ? "a denial" : "an approval");
    String principal = draft.request().getPrincipal();
    if (!principal.startsWith("operator/")) {
      throw new RefusedException(
          Refusal.Code.NOT_ALLOWED,
          "\"%s\" is not a person: only people approve".formatted(principal),
          "use the command line: pilot approval approve " + order.getId());
    }
    if (command.getDeny()) {
      close(draft, order, Order.State.DENIED, "%s denied it".formatted(principal));
      return Reply.newBuilder();
    }
    if (principal.equals(order.getPrincipal())) {
      throw new RefusedException(
          Refusal.Code.NOT_ALLOWED,
          "%s gave the order %s: a second person must approve it"
              .formatted(principal, order.getId()),
          "have somebody else run: pilot approval approve %s --reason WHY"
              .formatted(order.getId()));
    }
    close(draft, order, Order.State.DONE, "%s approved it".formatted(principal));
    return execute(draft, order);
  }

  /** As it was given, by who gave it: his role, and what it needs, must still be there. */
  private static Reply.Builder execute(Draft draft, Order order) throws RefusedException {
    Command command = command(order);
    Authorization.require(draft, order.getPrincipal(), command);
    int machines = OrderCount.of(draft, command).map(OrderCount::machines).orElse(0);
    if (machines > order.getMachines()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s concerned %s machines when it was given, and %s now"
              .formatted(order.getId(), order.getMachines(), machines),
          "deny it, and have the order given again");
    }
    Request approval = draft.request();
    draft.actAs(
        approval.toBuilder()
            .setPrincipal(order.getPrincipal())
            .setReason(
                "%s (%s approved: %s)"
                    .formatted(order.getReason(), approval.getPrincipal(), approval.getReason()))
            .setCommand(command)
            .build());
    return Decider.execute(draft, command);
  }

  /** Who approves must know that there is more. */
  private static List<String> lines(Entities state, List<String> all) {
    if (all.size() <= MOST_LINES) {
      return all;
    }
    // from then on an apply's lines end early, too: how many there are is not known here
    String more =
        FeatureLevel.has(state, FeatureLevel.BOUNDED_REQUESTS)
            ? "and more: `pilot plan` of the same files shows all"
            : "and %s more changes".formatted(all.size() - MOST_LINES);
    return Stream.concat(all.stream().limit(MOST_LINES), Stream.of(more)).toList();
  }

  static Command command(Order order) {
    try {
      return Command.parseFrom(order.getCommand());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("order " + order.getId() + " holds no command", e);
    }
  }

  private static Order waiting(Draft draft, String id) throws RefusedException {
    Optional<Order> order = draft.order(id);
    if (order.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no order \"" + id + "\"" + Near.hint(id, draft.table(Table.ORDER).keySet()),
          "`pilot approval list` shows those there are");
    }
    if (order.get().getState() == Order.State.WAITS
        && order.get().getExpiresAt() <= draft.nowMillis()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION, id + " has expired", "give the order again");
    }
    if (order.get().getState() != Order.State.WAITS) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is %s and waits no more".formatted(id, order.get().getState()),
          "`pilot approval list` shows those that wait");
    }
    return order.get();
  }

  /** Orders that nobody approved in time, and closed ones that are old. */
  static void expire(Draft draft) {
    for (String id : draft.due(Table.ORDER).keySet()) {
      Order order = draft.order(id).orElseThrow();
      if (order.getState() == Order.State.WAITS) {
        close(draft, order, Order.State.EXPIRED, "nobody approved it in time");
      } else {
        draft.removeOrder(id);
      }
    }
  }

  private static void close(Draft draft, Order order, Order.State state, String text) {
    Order.Builder closed =
        order.toBuilder().setState(state).clearCommand().setDueAt(draft.nowMillis() + FORGOTTEN_MS);
    if (state != Order.State.EXPIRED) {
      closed.setDecision(
          Approval.newBuilder()
              .setPrincipal(draft.request().getPrincipal())
              .setReason(draft.request().getReason())
              .setAt(draft.nowMillis()));
    }
    draft.put(closed.build());
    audit(draft, order, "WAITS", state.name(), "%s: %s".formatted(order.getWhat(), text));
  }

  private static void audit(Draft draft, Order order, String from, String to, String text) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("OPERATOR")
            .setSubject("order/" + order.getId())
            .setFrom(from)
            .setTo(to)
            .addEvidence("command sha256:" + order.getDigest())
            .setText(text));
  }
}
