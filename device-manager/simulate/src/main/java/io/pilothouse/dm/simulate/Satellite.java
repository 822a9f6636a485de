package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.v1.Lease;
import java.util.function.Consumer;

/**
 * One process of a satellite with a leader lease. It believes in its lease until the time that it
 * was granted for has passed on its own clock; it may die, or be cut off and go on for that long.
 */
abstract class Satellite {
  static final long TTL = 30 * Spans.SECOND;
  private static final long RENEW = TTL / 3;

  final World world;
  final Leader leader;
  private final String role;
  private final String id;
  private long token;
  private long heldUntil;
  private long downUntil;
  private long cutOffUntil;
  private int life;

  Satellite(World world, Leader leader, String role, String id) {
    this.world = world;
    this.leader = leader;
    this.role = role;
    this.id = id;
  }

  /** Looks at everything that may be to do. Called once the lease is held. */
  abstract void lookAtAll();

  /** A process that starts knows nothing of the one before. */
  abstract void forget();

  String id() {
    return id;
  }

  String principal() {
    return "satellite/" + id;
  }

  void start() {
    renew(life);
  }

  void kill(long millis) {
    life++;
    token = 0;
    heldUntil = 0;
    forget();
    downUntil = world.agenda.now() + millis;
    int now = life;
    world.agenda.at(downUntil, () -> renew(now));
  }

  void cutOff(long millis) {
    cutOffUntil = world.agenda.now() + millis;
  }

  boolean isConnected() {
    return world.agenda.now() >= cutOffUntil && isAlive();
  }

  boolean isAlive() {
    return world.agenda.now() >= downUntil;
  }

  /** Whether it leads, as far as it knows. */
  boolean leads() {
    return isAlive() && token != 0 && world.agenda.now() < heldUntil;
  }

  long token() {
    return token;
  }

  /** Later, if this process still lives then. */
  void later(long millis, Runnable act) {
    int now = life;
    world.agenda.after(
        millis,
        () -> {
          if (life == now && isAlive()) {
            act.run();
          }
        });
  }

  /** A call to the Device Manager; no answer when either is away. */
  void call(Command.Builder command, Consumer<Reply> onReply) {
    if (isConnected()) {
      int now = life;
      leader.submit(
          principal(),
          command,
          reply -> {
            if (life == now && isConnected()) {
              onReply.accept(reply);
            }
          });
    }
  }

  private void renew(int ofLife) {
    if (ofLife != life) {
      return;
    }
    long sent = world.agenda.now();
    boolean free =
        leader
            .state
            .lease(role)
            .filter(each -> !each.getHolder().isEmpty())
            .map(Lease::getHolder)
            .orElse(id)
            .equals(id);
    if (free) {
      call(
          Command.newBuilder()
              .setAcquireLease(AcquireLease.newBuilder().setRole(role).setHolder(id).setTtlMs(TTL)),
          reply -> {
            if (!reply.hasRefusal()) {
              boolean fresh = token != reply.getLease().getToken();
              token = reply.getLease().getToken();
              heldUntil = sent + TTL;
              if (fresh) {
                later(Spans.SECOND, this::lookAtAll);
              }
            }
          });
    }
    later(RENEW, () -> renew(ofLife));
  }
}
