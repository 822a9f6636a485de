/**
 * The Repair Service: carries out what the Device Manager decided, never more. Start here: {@link
 * io.pilothouse.repair.Main} wires one loop, {@code RepairService}, which pulls open repairs;
 * {@code Executor} takes each through claim, announce, act, report; {@code Tickets} keeps the files
 * that ask a person to replace a machine. One instance acts, the holder of the lease {@code
 * repair}.
 *
 * <p>The order that matters: EXECUTING is on record before a machine is touched. Whoever finds a
 * repair EXECUTING that it did not begin itself does not execute it again, but has the Device
 * Manager look at the machine for what became of it.
 */
@NullMarked
package io.pilothouse.repair;

import org.jspecify.annotations.NullMarked;
