/** Mesos' messages of resources and roles, and what the allocator counts with. */
@NullMarked
package io.pilothouse.scheduler.wire;

import org.jspecify.annotations.NullMarked;
