/** The side that fetches, checks and uploads. Start at {@link Fetcher}. */
@NullMarked
package io.pilothouse.filesync.client;

import org.jspecify.annotations.NullMarked;
