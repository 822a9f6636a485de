/**
 * For programs that run their work on the fleet: frameworks. Start here:
 *
 * <ul>
 *   <li>{@link io.pilothouse.framework.Framework}: the connection to whichever scheduler leads, and
 *       the calls that a framework makes.
 *   <li>{@link io.pilothouse.framework.FrameworkHandler}: what it is told, in order, on one thread.
 *   <li>{@link io.pilothouse.framework.FrameworkOptions}: where, who, and how patient.
 *   <li>{@link io.pilothouse.framework.testing.FakeMaster}: a scheduler for a framework's own
 *       tests.
 * </ul>
 *
 * The protocol is Mesos' v1 HTTP API, with protobuf messages. Why it is so:
 * docs/decisions/0039-framework-sdk.md.
 */
@NullMarked
package io.pilothouse.framework;

import org.jspecify.annotations.NullMarked;
