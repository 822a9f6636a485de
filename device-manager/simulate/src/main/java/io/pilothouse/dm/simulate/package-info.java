/**
 * Fleets of up to ten thousand machines under weeks of faults, in minutes. Start at {@link
 * io.pilothouse.dm.simulate.Simulation}: one seed gives one run. The rules are the production ones
 * ({@link io.pilothouse.dm.state.Apply}); machines, satellites and people around them are models.
 *
 * <p>Three layers. <b>Plant</b>: what is really so ({@link io.pilothouse.dm.simulate.World}, {@link
 * io.pilothouse.dm.simulate.SimMachine}), with faults whose mending action is known, so that a
 * wrong repair is counted and never guessed. <b>Control</b>: who repairs ({@link
 * io.pilothouse.dm.simulate.Control}), either Pilothouse or a rival policy over the same faults.
 * <b>Account</b>: what came of it ({@link io.pilothouse.dm.simulate.Tally}).
 *
 * <p>Time is virtual and nothing is polled: a steady machine costs nothing, because its reports
 * would not pass the leader's edge into the log, and its silence is reckoned from when it fell
 * silent.
 */
@NullMarked
package io.pilothouse.dm.simulate;

import org.jspecify.annotations.NullMarked;
