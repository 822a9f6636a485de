/** The one thread that the core runs on, its clock, and whether this scheduler leads. */
@NullMarked
package io.pilothouse.scheduler.loop;

import org.jspecify.annotations.NullMarked;
