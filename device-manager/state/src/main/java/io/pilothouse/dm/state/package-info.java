/**
 * The Device Manager's ground truth and every rule that changes it. Start at {@link
 * io.pilothouse.dm.state.Apply}: it takes one log entry, decides each request against a {@link
 * io.pilothouse.dm.state.Draft} and replays the events into the {@link
 * io.pilothouse.dm.state.State}.
 *
 * <p>Pure: no clock, randomness, I/O, threads, logging, locale or hash-order iteration. Time,
 * request ids and entropy are arguments that the leader stamped into the log, so the same log gives
 * the same state on every replica. Sentences are formatted by {@code %s} alone: {@code %d} writes
 * the digits of the process's locale, and sentences are part of the state.
 */
@NullMarked
package io.pilothouse.dm.state;

import org.jspecify.annotations.NullMarked;
