package io.pilothouse.dm.state;

import io.pilothouse.api.v1.PaceMark;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutOrBuilder;
import io.pilothouse.api.v1.RolloutPolicyOrBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * When a rollout's policy lets it switch machines forward: within its windows, and not faster than
 * its pace. Going back is never held up by it.
 *
 * @param machines how many it may switch now
 * @param until when it may switch more, 0 = now
 * @param sentence why not now
 */
record RolloutGate(int machines, long until, String sentence) {
  // marks of one pace span: what was switched is stored by sixtieths, rounded so that the pace is
  // never exceeded
  private static final int MARKS = 60;

  static RolloutGate of(RolloutOrBuilder rollout, long now) {
    RolloutPolicyOrBuilder policy = rollout.getPolicyOrBuilder();
    if (!Windows.isOpen(rollout.getPolicy().getWindowsList(), now)) {
      long next = Windows.next(rollout.getPolicy().getWindowsList(), now);
      return new RolloutGate(
          0, next, "outside its maintenance windows, the next is " + Windows.words(next));
    }
    if (policy.getPaceMs() == 0 || policy.getPaceMachines() == 0) {
      return new RolloutGate(Integer.MAX_VALUE, 0, "");
    }
    int spent = 0;
    long free = 0;
    for (PaceMark mark : rollout.getPaceMarksList()) {
      if (mark.getAt() + policy.getPaceMs() > now) {
        spent += mark.getMachines();
        free = free == 0 ? mark.getAt() + policy.getPaceMs() : free;
      }
    }
    int left = Math.max(0, policy.getPaceMachines() - spent);
    return new RolloutGate(
        left,
        left > 0 ? 0 : free,
        "its pace of %s per %s is spent, it goes on at %s"
            .formatted(
                policy.getPaceMachines(), Texts.span(policy.getPaceMs()), Windows.words(free)));
  }

  /** Remembers what was switched now, for the pace. */
  static void note(Rollout.Builder rollout, long now, int machines) {
    long span = rollout.getPolicy().getPaceMs();
    if (span == 0 || machines == 0) {
      return;
    }
    long part = Math.max(1, span / MARKS);
    List<PaceMark> marks = new ArrayList<>();
    int here = machines;
    for (PaceMark mark : rollout.getPaceMarksList()) {
      if (mark.getAt() / part == now / part) {
        here += mark.getMachines();
      } else if (mark.getAt() + span > now) {
        marks.add(mark);
      }
    }
    marks.add(PaceMark.newBuilder().setAt(now).setMachines(here).build());
    rollout.clearPaceMarks().addAllPaceMarks(marks);
  }

  /**
   * Has the rollout wait for its policy, or no longer. Its unit's deadline is for machines to come
   * back, not for windows to open: it begins anew when it may go on.
   *
   * @param kept machines that would be switched now
   * @return what it waits for; empty when its policy keeps nobody
   */
  static String keep(Rollout.Builder rollout, long now, int kept) {
    RolloutGate gate = of(rollout, now);
    if (kept == 0 || gate.until() == 0) {
      rollout.setWaitUntil(0);
      return "";
    }
    rollout
        .setWaitUntil(gate.until())
        .setDeadline(
            Math.max(rollout.getDeadline(), gate.until() + rollout.getPolicy().getDeadlineMs()));
    return "%s: %s".formatted(kept == 1 ? "1 machine" : kept + " machines", gate.sentence());
  }
}
