/**
 * Looks whether tasks are well: by a command, an HTTP request or a TCP connection, at intervals,
 * each within its time. Start at {@link io.pilothouse.tasks.check.Checker}.
 */
@NullMarked
package io.pilothouse.tasks.check;

import org.jspecify.annotations.NullMarked;
