/**
 * The Device Manager as a program: what agents, satellites and operators talk to. Start at {@link
 * io.pilothouse.dm.server.Main}, which reads the flags, and {@link
 * io.pilothouse.dm.server.DeviceManager}, which wires the parts by hand.
 *
 * <p>A call comes in by gRPC ({@code GrpcPort}) or HTTP ({@code HttpPort}), both through the one
 * {@code EdgeInterceptor} (who asks, may they, how long it took) to the three services. Writes
 * become requests in the log ({@code Writes}); reads look at the applied state. What is kept here
 * is soft: {@code LastHeard} lives in the leader's memory only, and {@code LeaderLoop} turns time
 * and silence into requests. Everything reaches the replica through {@code Ledger}.
 */
@NullMarked
package io.pilothouse.dm.server;

import org.jspecify.annotations.NullMarked;
