/**
 * Which action a failure gets. Start here: {@link io.pilothouse.manifests.policy.Evaluator} takes a
 * {@link io.pilothouse.manifests.policy.FailureCase} and the rules of a policy, the first that
 * matches decides; {@link io.pilothouse.manifests.policy.DefaultPolicy} has the rules and numbers
 * that hold where a policy says nothing (Isard 2007, section 4: DoNothing, Reboot, ReImage,
 * Replace); {@link io.pilothouse.manifests.policy.PolicyAnalysis} finds rules that cannot be meant.
 *
 * <p>Pure, as the Device Manager's rules are: it runs inside the replicated state machine, in the
 * command line's checks and in the backtest, and must answer the same in all of them.
 */
@NullMarked
package io.pilothouse.manifests.policy;

import org.jspecify.annotations.NullMarked;
