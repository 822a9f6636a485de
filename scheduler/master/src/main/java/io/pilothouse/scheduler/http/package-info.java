/**
 * Mesos' HTTP API: requests are checked in Mesos' order, streams are bounded, and what is to be
 * decided goes to the core.
 */
@NullMarked
package io.pilothouse.scheduler.http;

import org.jspecify.annotations.NullMarked;
