package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Meta;

/**
 * Which state a copy of the database holds.
 *
 * @param digest of all its entities, as lower-case hex
 */
public record CopiedState(long term, long index, String digest, Meta meta) {}
