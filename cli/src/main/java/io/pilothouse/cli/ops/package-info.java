/** Commands that look at and steer a running fleet. Start at {@link OpsCommands}. */
@NullMarked
package io.pilothouse.cli.ops;

import org.jspecify.annotations.NullMarked;
