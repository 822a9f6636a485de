/**
 * The quick-start fleet: a whole data center on one machine's loopback, each program a real
 * process, each machine an agent with a directory as its disk. Start at {@link UpCommand}.
 */
@NullMarked
package io.pilothouse.cli.dev;

import org.jspecify.annotations.NullMarked;
