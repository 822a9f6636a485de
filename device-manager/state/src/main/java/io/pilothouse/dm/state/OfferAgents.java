package io.pilothouse.dm.state;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.OfferAgent;
import java.util.Optional;

/**
 * Which agent each machine has, and what is reserved on it, as schedulers wrote it down. What that
 * means is theirs: here it is bytes, which go with the agent's id. A machine that was made anew has
 * another agent, and nothing of it is reserved.
 */
final class OfferAgents {
  /** Of what is reserved on one machine. */
  static final int LARGEST = 64 << 10;

  /** On all of them: beside the frameworks it must fit into one answer. */
  static final long MOST_BYTES = 8L << 20;

  private OfferAgents() {}

  static void write(Draft draft, OfferAgent agent) throws RefusedException {
    OfferRecords.requireId("an agent", agent.getId());
    Optional<OfferAgent> before = draft.offerAgent(agent.getMachine());
    Optional<OfferAgent> same = before.filter(each -> each.getId().equals(agent.getId()));
    if (same.isPresent() && same.get().getHeld().equals(agent.getHeld())) {
      return;
    }
    if (same.isEmpty() && draft.machine(agent.getMachine()).isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no machine \"%s\" is known, and agent %s is said to be its own"
              .formatted(OfferRecords.brief(agent.getMachine()), agent.getId()),
          "leave the agent out; PullOfferable says which machines there are");
    }
    requireRoom(draft, agent, before.map(OfferAgent::getHeld).orElse(ByteString.EMPTY).size());
    draft.put(
        OfferAgent.newBuilder()
            .setMachine(agent.getMachine())
            .setId(agent.getId())
            .setSince(same.map(OfferAgent::getSince).orElse(draft.nowMillis()))
            .setHeld(agent.getHeld())
            .build());
  }

  private static void requireRoom(Draft draft, OfferAgent agent, int before)
      throws RefusedException {
    int bytes = agent.getHeld().size();
    if (bytes > LARGEST) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "what is reserved on %s has %s bytes; expected at most %s"
              .formatted(OfferRecords.brief(agent.getMachine()), bytes, LARGEST),
          "reserve it in fewer pieces, with shorter labels");
    }
    long all = draft.indexes().offers.heldBytes() - before + bytes;
    if (bytes > before && all > MOST_BYTES) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "with what is reserved on %s, all that is reserved has %s bytes; expected at most %s"
              .formatted(OfferRecords.brief(agent.getMachine()), all, MOST_BYTES),
          "unreserve what nobody needs any more, or reserve with shorter labels");
    }
  }

  /** One whose machine is no longer in the fleet; with it goes what was reserved there. */
  static void forget(Draft draft, String machine) {
    if (draft.offerAgent(machine).isPresent() && isOut(draft, machine)) {
      draft.removeOfferAgent(machine);
    }
  }

  private static boolean isOut(Draft draft, String machine) {
    return draft
        .machine(machine)
        .filter(each -> each.getLifecycle() != Lifecycle.DECOMMISSIONED)
        .isEmpty();
  }
}
