package io.pilothouse.scheduler.http;

import java.util.Optional;

/**
 * Who may come in, and how many at a time.
 *
 * @param known who may call, frameworks and tools, if they are asked who they are
 * @param turns of frameworks' calls
 */
public record Entrance(Optional<Credentials> known, Turns turns) {}
