package io.pilothouse.testing.simulation.cluster;

/** How far a replica knows that its log is committed, and what applies it up to there. */
final class Commit {
  private final Server server;
  private final Ledger ledger;
  private long index;
  private boolean applying;

  Commit(Server server, Ledger ledger) {
    this.server = server;
    this.ledger = ledger;
  }

  void start() {
    index = ledger.applied();
  }

  long index() {
    return index;
  }

  void upTo(long known) {
    if (known > index) {
      index = known;
      applySoon();
    }
  }

  /** A snapshot up to there takes the place of the state: nothing of it is applied. */
  void installed(long snapshot) {
    index = snapshot;
  }

  /** Applying has a thread of its own, which may be late. */
  private void applySoon() {
    if (applying || ledger.applied() >= index) {
      return;
    }
    applying = true;
    server.after(
        server.dice.oneIn(30) ? server.dice.between(1, 400) : server.dice.between(0, 2),
        () -> {
          applying = false;
          ledger.apply(index);
          applySoon();
        });
  }
}
