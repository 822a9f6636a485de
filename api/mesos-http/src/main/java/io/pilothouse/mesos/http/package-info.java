/**
 * Mesos' HTTP API as a server sees it: requests, their media types, and streams of records. Used by
 * the scheduler's port for frameworks and by the agents' for executors. Start at {@link
 * io.pilothouse.mesos.http.ApiPort}.
 */
@NullMarked
package io.pilothouse.mesos.http;

import org.jspecify.annotations.NullMarked;
