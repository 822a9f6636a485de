package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.HistoryCount;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import java.util.List;

/** What holds where a policy says nothing. */
public final class DefaultPolicy {
  private static final long MINUTE = 60_000;
  private static final long DAY = 24 * 60 * MINUTE;

  private DefaultPolicy() {}

  /** The policy with every number that it leaves out; its rules stay as they are. */
  public static RepairPolicy fill(RepairPolicy given) {
    return given.toBuilder()
        .setConfirmAfterMs(or(given.getConfirmAfterMs(), MINUTE))
        .setQuietMs(or(given.getQuietMs(), 5 * MINUTE))
        .setProbationMaxMs(or(given.getProbationMaxMs(), 30 * MINUTE))
        .setUnknownMaxMs(or(given.getUnknownMaxMs(), 15 * MINUTE))
        .setHistoryWindowMs(or(given.getHistoryWindowMs(), 3 * DAY))
        .setReboots(given.getReboots() == 0 ? 2 : given.getReboots())
        .setMaxAttempts(given.getMaxAttempts() == 0 ? 5 : given.getMaxAttempts())
        .setAttemptsWindowMs(or(given.getAttemptsWindowMs(), 7 * DAY))
        .setExecuteDeadlineMs(or(given.getExecuteDeadlineMs(), 10 * MINUTE))
        .setVerifyDeadlineMs(or(given.getVerifyDeadlineMs(), 30 * MINUTE))
        .setDrainMs(or(given.getDrainMs(), MINUTE))
        .build();
  }

  private static long or(long given, long otherwise) {
    return given == 0 ? otherwise : given;
  }

  /** The rules of a policy: its own, or the default ones with the policy's numbers. */
  public static List<PolicyRule> rules(RepairPolicy policy) {
    return policy.getRulesCount() > 0 ? policy.getRulesList() : ladder(fill(policy));
  }

  /**
   * The ladder of state-machines.md, section 3. A machine whose hardware was replaced has no past,
   * so the Replaces that a past holds are those that came to nothing.
   */
  private static List<PolicyRule> ladder(RepairPolicy policy) {
    int most = policy.getMaxAttempts();
    long window = policy.getAttemptsWindowMs();
    String within = RuleWords.span(window);
    int reboots = policy.getReboots();
    HistoryCount.Builder replaces =
        count(HistoryCount.What.ACTIONS).addOf(Action.REPLACE).setWithinMs(window);
    return List.of(
        rule("fatal hardware fault", Action.REPLACE)
            .setSeverity(Severity.FATAL)
            .addCounts(replaces.clone().setBelow(most))
            .build(),
        rule("Replaces for a fatal fault came to nothing", Action.ESCALATE)
            .setSeverity(Severity.FATAL)
            .build(),
        rule("%s actions within %s, the most allowed".formatted(most, within), Action.ESCALATE)
            .addCounts(count(HistoryCount.What.ACTIONS).setAtLeast(most).setWithinMs(window))
            .build(),
        rule(
                "no failure in the last " + RuleWords.span(policy.getHistoryWindowMs()),
                Action.DO_NOTHING)
            .setQuietForMs(policy.getHistoryWindowMs())
            .build(),
        after(Action.DO_NOTHING, "last action DoNothing", Action.REBOOT).build(),
        after(
                Action.REBOOT,
                "last action Reboot, fewer than %s in a row".formatted(reboots),
                Action.REBOOT)
            .addCounts(count(HistoryCount.What.IN_A_ROW).addOf(Action.REBOOT).setBelow(reboots))
            .build(),
        after(Action.REBOOT, "last action Reboot, %s in a row".formatted(reboots), Action.RE_IMAGE)
            .build(),
        after(Action.RE_IMAGE, "last action ReImage", Action.REPLACE).build(),
        after(Action.REPLACE, "Replace just failed to help", Action.ESCALATE)
            .addLastActions(Action.ESCALATE)
            .build());
  }

  private static PolicyRule.Builder rule(String name, Action action) {
    return PolicyRule.newBuilder().setName(name).setAction(action);
  }

  private static PolicyRule.Builder after(Action last, String name, Action action) {
    return rule(name, action).addLastActions(last);
  }

  private static HistoryCount.Builder count(HistoryCount.What what) {
    return HistoryCount.newBuilder().setWhat(what);
  }
}
