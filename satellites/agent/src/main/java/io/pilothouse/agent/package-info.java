/**
 * The agent: one on every machine. It pulls what should be so from the Device Manager, makes it so
 * (files, processes, watchdogs), and reports what is so; it never decides. Start at {@link
 * io.pilothouse.agent.Main}, which wires the parts; {@link io.pilothouse.agent.Wanted} is what they
 * act on and {@link io.pilothouse.agent.Reporter} is where what they find goes.
 *
 * <p>Everything here is soft but the files on the machine's disk: killed at any moment, a new agent
 * goes on from them without touching the processes.
 */
@NullMarked
package io.pilothouse.agent;

import org.jspecify.annotations.NullMarked;
