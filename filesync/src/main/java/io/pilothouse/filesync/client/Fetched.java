package io.pilothouse.filesync.client;

/**
 * What a fetch has done.
 *
 * @param digest of the content that is there now
 * @param fetchedBytes of chunks that came from sources; all others were on this disk
 */
public record Fetched(String digest, long fetchedBytes) {}
