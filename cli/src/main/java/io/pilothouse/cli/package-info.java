/**
 * {@code pilot}, the command line. Start at {@link io.pilothouse.cli.Pilot}; each command is a
 * {@link io.pilothouse.cli.Command} in {@code ops} (operate), {@code fleet} (plain-text files) or
 * {@code dev} (the quick-start fleet on this machine).
 *
 * <p>Data goes to stdout, talk to stderr; exit codes are in {@link io.pilothouse.cli.ExitCode}.
 */
@NullMarked
package io.pilothouse.cli;

import org.jspecify.annotations.NullMarked;
