/**
 * Watchdogs: whatever probes one attribute of a machine and says OK, WARNING, ERROR or UNKNOWN.
 * Start at {@link io.pilothouse.watchdog.ScriptRunner} (health scripts on the machine) and {@link
 * io.pilothouse.watchdog.Main} (the service that looks at machines from outside).
 */
@NullMarked
package io.pilothouse.watchdog;

import org.jspecify.annotations.NullMarked;
