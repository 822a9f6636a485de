/** The side that stores and serves. Start at {@link ContentStore}. */
@NullMarked
package io.pilothouse.filesync.server;

import org.jspecify.annotations.NullMarked;
