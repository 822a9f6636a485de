/** The streams of agents, and on the same port what people ask. */
@NullMarked
package io.pilothouse.scheduler.agents;

import org.jspecify.annotations.NullMarked;
