/** The streams of agents. */
@NullMarked
package io.pilothouse.scheduler.agents;

import org.jspecify.annotations.NullMarked;
