/**
 * How Mesos' v1 messages look on the wire: RecordIO streams, its own JSON mapping, its two media
 * types. For both sides: scheduler, machines, and programs that talk to them.
 */
@NullMarked
package io.pilothouse.mesos;

import org.jspecify.annotations.NullMarked;
