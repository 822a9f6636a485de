package io.pilothouse.testing.simulation.cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * How clients of the Device Manager ask: one server after the other until one answers, the named
 * leader next when one is named, until a deadline. The product's {@code DmClient} in virtual time.
 */
final class Caller {
  private static final long PAUSE = 50;
  private static final long SUSPECT = 1_000;

  private final World world;
  private final int address;
  private final boolean leaderOnly;
  private final Map<Integer, Long> silentAt = new HashMap<>();
  private int server;

  /** What is asked of whichever server is asked; a repeat may ask otherwise. */
  interface Question extends BiConsumer<Edge, Consumer<Answer>> {}

  private final class Call {
    private final Question question;
    private final long deadline;
    private final long attempt;
    private final Consumer<Optional<Answer>> then;
    private long current;

    Call(Question question, long deadline, long attempt, Consumer<Optional<Answer>> then) {
      this.question = question;
      this.deadline = deadline;
      this.attempt = attempt;
      this.then = then;
    }

    void ask() {
      long number = ++current;
      if (world.agenda.now() >= deadline) {
        current = Long.MAX_VALUE;
        then.accept(Optional.empty());
        return;
      }
      int asked = server;
      world.net.send(
          address,
          asked,
          () ->
              world
                  .server(asked)
                  .call(edge -> question.accept(edge, answer -> answered(number, asked, answer))));
      long patience = Math.min(attempt, deadline - world.agenda.now());
      world.agenda.after(
          patience,
          () -> {
            if (number == current) {
              silentAt.put(asked, world.agenda.now());
              failed(asked, Disk.NOBODY);
              ask();
            }
          });
    }

    private void answered(long number, int asked, Answer answer) {
      if (number != current) {
        return; // of an attempt that was given up, or a second time
      }
      current++;
      silentAt.remove(asked);
      if (answer instanceof Answer.Unavailable(int leader)) {
        failed(asked, leader);
        world.agenda.after(PAUSE, this::ask);
      } else {
        then.accept(Optional.of(answer));
      }
    }
  }

  /** A named leader is not followed for a moment when it has just been silent. */
  private void failed(int asked, int named) {
    boolean suspect = world.agenda.now() - silentAt.getOrDefault(named, -SUSPECT) < SUSPECT;
    boolean follows = leaderOnly && named != Disk.NOBODY && named != asked && !suspect;
    server = follows ? named : (asked + 1) % world.servers.size();
  }

  /** Of one client; who asks for the leader follows hints. */
  Caller(World world, boolean leaderOnly) {
    this.world = world;
    this.address = world.address();
    this.leaderOnly = leaderOnly;
    this.server = world.dice.below(3);
  }

  /** Begins with any server again. */
  void lookAround() {
    server = world.dice.below(world.servers.size());
  }

  int address() {
    return address;
  }

  /** Asks; nothing means that nobody answered in time, and that it may be done or not. */
  void ask(Question question, long deadline, long attempt, Consumer<Optional<Answer>> then) {
    new Call(question, world.agenda.now() + deadline, attempt, then).ask();
  }
}
