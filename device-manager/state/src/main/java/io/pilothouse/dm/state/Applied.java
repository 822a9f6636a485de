package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Reply;
import java.util.List;

/**
 * What one log entry did.
 *
 * @param events in order; already replayed into the state, to be stored in one atomic write
 * @param replies one for each request of the entry, in its order
 */
public record Applied(List<Event> events, List<Reply> replies) {}
