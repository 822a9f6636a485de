/**
 * A fleet in virtual time: the real state of the Device Manager, driven by fake machines, services
 * and people, on one thread, from one seed. The same seed gives the same run on any machine.
 *
 * <p>Start here: {@link io.pilothouse.testing.simulation.Simulation} runs one seed: a storm of
 * faults, then calm. {@link io.pilothouse.testing.simulation.FakeDeviceManager} is the leader and
 * its log; {@link io.pilothouse.testing.simulation.Checker} says what must hold after each entry,
 * {@link io.pilothouse.testing.simulation.Replay} what a second replica must come to, and {@link
 * io.pilothouse.testing.simulation.Calm} what the fleet must come to when the faults stop.
 */
@NullMarked
package io.pilothouse.testing.simulation;

import org.jspecify.annotations.NullMarked;
