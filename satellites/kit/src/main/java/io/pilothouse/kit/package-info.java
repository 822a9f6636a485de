/**
 * What each satellite is built from. Start here: a main class is a picocli command that implements
 * {@link io.pilothouse.kit.Program.Body} and calls {@link io.pilothouse.kit.Program#main}. It wires
 * by hand:
 *
 * <ul>
 *   <li>{@link io.pilothouse.kit.ProgramOptions}: {@code --id --servers --http};
 *   <li>{@link io.pilothouse.kit.HttpPage}: {@code /metrics /health /status};
 *   <li>{@link io.pilothouse.kit.Rounds}: pull what should be so, act, push what was seen; again;
 *   <li>{@link io.pilothouse.kit.LeaseKeeper}: for a satellite of which only one may act;
 *   <li>{@link io.pilothouse.kit.Lanes}: several machines at a time, one thing at a time on each.
 * </ul>
 *
 * A satellite holds nothing that it cannot pull again: killed at any moment, it starts over.
 */
@NullMarked
package io.pilothouse.kit;

import org.jspecify.annotations.NullMarked;
