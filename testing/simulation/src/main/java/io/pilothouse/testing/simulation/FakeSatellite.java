package io.pilothouse.testing.simulation;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ReleaseLease;
import io.pilothouse.api.v1.Lease;

/** A service of which one instance at a time works, under a lease. Crashes and comes back. */
abstract class FakeSatellite {
  private static final long ROUND_MS = 5_000;
  private static final long TTL_MS = 150_000;

  final World world;
  final String role;
  final String id;
  private long epoch;
  private boolean alive;
  private long token;
  private long heldUntil;

  FakeSatellite(World world, String role, String id) {
    this.world = world;
    this.role = role;
    this.id = id;
  }

  final void start() {
    epoch++;
    alive = true;
    later(world.between(0, ROUND_MS), this::round);
  }

  /** Forgets all that is not in the Device Manager. */
  final void crash() {
    epoch++;
    alive = false;
    token = 0;
    heldUntil = 0;
    forget();
  }

  final boolean isAlive() {
    return alive;
  }

  /** Hands the lease back and stops. */
  final void leave() {
    if (held(token)) {
      world.wire.call(
          "satellite/" + id,
          Command.newBuilder()
              .setReleaseLease(
                  ReleaseLease.newBuilder().setRole(role).setHolder(id).setToken(token)),
          reply -> {});
    }
    crash();
  }

  final boolean held(long under) {
    return under != 0 && token == under && world.agenda.now() < heldUntil;
  }

  /** Acts later, if it is still the same process by then. */
  final void later(long millis, Runnable act) {
    world.agenda.after(millis, ours(act));
  }

  final Runnable ours(Runnable act) {
    long now = epoch;
    return () -> {
      if (now == epoch) {
        act.run();
      }
    };
  }

  private void round() {
    if (world.agenda.now() > heldUntil - TTL_MS / 2) {
      acquire();
    }
    if (held(token)) {
      work(token);
    }
    later(ROUND_MS + world.random.nextInt(500), this::round);
  }

  private void acquire() {
    // a stand-by looks before it asks, as those who pull do
    Lease lease = world.dm.state.lease(role).orElse(Lease.getDefaultInstance());
    boolean others = !lease.getHolder().isEmpty() && !lease.getHolder().equals(id);
    if (others && !world.oneIn(40)) {
      return;
    }
    long asked = world.agenda.now();
    Command.Builder command =
        Command.newBuilder()
            .setAcquireLease(
                AcquireLease.newBuilder().setRole(role).setHolder(id).setTtlMs(TTL_MS));
    long process = epoch;
    world.wire.call(
        "satellite/" + id,
        command,
        reply -> {
          if (process == epoch && !reply.hasRefusal()) {
            token = reply.getLease().getToken();
            heldUntil = asked + TTL_MS;
          }
        });
  }

  /** One round under the lease. */
  abstract void work(long underToken);

  /** The process is gone, with what it knew. */
  abstract void forget();
}
