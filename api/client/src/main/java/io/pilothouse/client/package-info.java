/**
 * How programs reach the Device Manager. Start here:
 *
 * <ul>
 *   <li>{@link io.pilothouse.client.DmClient}: gRPC, for agents and satellites. Finds the leader,
 *       keeps to it, retries what is safe to retry, gives up at a deadline.
 *   <li>{@link io.pilothouse.client.LightClient}: the same manners over plain HTTP/1.1 with
 *       protobuf bodies, for the command line, where the milliseconds of loading gRPC would be
 *       felt.
 * </ul>
 *
 * Both end a call in one of three ways: an answer, a {@link io.pilothouse.client.DmException} (the
 * Device Manager refused, and says why), or an {@link io.pilothouse.client.UnreachableException}
 * (nobody able to answer was found before the deadline; the outcome of a write is then unknown). A
 * Device Manager that is busy says when to come again: both do so, a few times within the deadline.
 */
@NullMarked
package io.pilothouse.client;

import org.jspecify.annotations.NullMarked;
