/**
 * What another repair policy would have done: reads the record of the applied log, replays it with
 * production code, and asks the other policy at each failure. Start at {@link
 * io.pilothouse.dm.backtest.Main}; {@code Replay} rebuilds the state, {@code Spells} gathers what
 * happened to machines, {@code Counterfactual} walks it under the other policy, {@code Comparison}
 * counts. docs/operations/backtest.md says how to read it and what it cannot know.
 */
@NullMarked
package io.pilothouse.dm.backtest;

import org.jspecify.annotations.NullMarked;
