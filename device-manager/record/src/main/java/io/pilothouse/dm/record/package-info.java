/**
 * The record: applied log entries, kept for weeks after the Raft log forgot them, and states to
 * begin reading at. Start at {@link io.pilothouse.dm.record.Recorder}, which writes it beside a
 * running replica, and {@link io.pilothouse.dm.record.SegmentReader}, which reads it without one.
 * The format is docs/internals/record.md.
 */
@NullMarked
package io.pilothouse.dm.record;

import org.jspecify.annotations.NullMarked;
