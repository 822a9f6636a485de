/**
 * Brings what a command names as {@code uris} into the directory that it runs in, before it starts:
 * downloads, verifies, unpacks, and gives all of it to the command's user in one step. Start at
 * {@link io.pilothouse.tasks.fetch.Fetcher}.
 */
@NullMarked
package io.pilothouse.tasks.fetch;

import org.jspecify.annotations.NullMarked;
