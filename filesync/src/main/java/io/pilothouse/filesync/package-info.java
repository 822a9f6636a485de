/**
 * Moves directories of files to machines: content-addressed, verified by SHA-256 end to end,
 * resumable, published by one rename. Start at {@link io.pilothouse.filesync.ContentIndex}, the
 * list of files and chunks whose hash names the content; {@code client} fetches, scrubs and
 * uploads, {@code server} stores and serves.
 */
@NullMarked
package io.pilothouse.filesync;

import org.jspecify.annotations.NullMarked;
