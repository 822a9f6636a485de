package io.pilothouse.testing.simulation.cluster;

import static io.pilothouse.testing.simulation.cluster.Disk.NOBODY;

import io.pilothouse.testing.simulation.Violation;
import io.pilothouse.testing.simulation.cluster.Message.Append;
import io.pilothouse.testing.simulation.cluster.Message.Appended;
import io.pilothouse.testing.simulation.cluster.Message.AskTerm;
import io.pilothouse.testing.simulation.cluster.Message.AskVote;
import io.pilothouse.testing.simulation.cluster.Message.Install;
import io.pilothouse.testing.simulation.cluster.Message.Stand;
import io.pilothouse.testing.simulation.cluster.Message.TermIs;
import io.pilothouse.testing.simulation.cluster.Message.Vote;
import java.util.TreeSet;

/**
 * One replica's part in the log: terms, trial votes and votes, matching of logs, commit by
 * majority, joint change of members. A model of what the product has Ratis do, with Ratis' rules
 * where they differ from the book: a trial vote is refused while a leader is heard, a real one in a
 * new term is not; an index is committed here only when it is on this disk, too.
 */
final class Raft {
  /** The shortest time without a leader's sign after which one stands. */
  static final long TIMEOUT = 1000;

  private static final long STEP_DOWN = 2 * TIMEOUT;

  private enum Role {
    FOLLOWER,
    TRIAL,
    CANDIDATE,
    LEADER
  }

  private final Server server;
  private final Ledger ledger;
  private final Disk disk;
  private final Commit commit;
  private final TreeSet<Integer> votes = new TreeSet<>();
  private Role role = Role.FOLLOWER;
  private int leader = NOBODY;
  private Members members;
  private Leading leading;
  private long heardAt;
  private long standAt;
  private long round;

  Raft(Server server, Ledger ledger) {
    this.server = server;
    this.ledger = ledger;
    this.disk = server.disk();
    this.commit = new Commit(server, ledger);
    this.members = disk.members();
    this.leading = new Leading(server, this);
    this.heardAt = -TIMEOUT;
  }

  void start() {
    commit.start();
    standSoon();
  }

  // who this is, and what it knows

  boolean isLeader() {
    return role == Role.LEADER;
  }

  /** Leads, and has applied all that earlier leaders committed. */
  boolean isReady() {
    return isLeader() && ledger.applied() >= leading.firstIndex();
  }

  int leader() {
    return leader;
  }

  long term() {
    return disk.term();
  }

  Commit commit() {
    return commit;
  }

  Members members() {
    return members;
  }

  Leading leading() {
    return leading;
  }

  private long now() {
    return server.clock.monotonic();
  }

  private void standSoon() {
    standAt = now() + TIMEOUT + server.dice.between(0, server.world.profile.electionSpread());
  }

  void tick() {
    if (isLeader()) {
      leading.tick();
      if (!leading.hears(STEP_DOWN)) {
        server.world.trace.say("%s hears no majority and steps down", server.name());
        follow(disk.term());
      }
    } else if (now() >= standAt) {
      stand(true);
    }
  }

  void receive(Message message) {
    if (message.term() > disk.term() && !(message instanceof AskVote)) {
      follow(message.term());
    }
    switch (message) {
      case AskVote ask -> vote(ask);
      case Vote vote -> count(vote);
      case Append append -> append(append);
      case Install install -> install(install);
      case Appended appended -> {
        if (isLeader() && appended.term() == disk.term()) {
          leading.answered(appended);
        }
      }
      case Stand order -> {
        if (order.term() == disk.term() && !isLeader()) {
          stand(false);
        }
      }
      case AskTerm ask -> server.send(ask.from(), new TermIs(disk.term(), server.id, ask.round()));
      case TermIs answer -> {
        if (isLeader() && answer.term() == disk.term()) {
          leading.confirmed(answer);
        }
      }
    }
  }

  // elections

  private void stand(boolean trial) {
    standSoon();
    if (!members.contains(server.id)) {
      return;
    }
    round = server.world.unique();
    votes.clear();
    votes.add(server.id);
    leader = NOBODY;
    if (trial) {
      role = Role.TRIAL;
      ask(disk.term() + 1, true);
    } else {
      role = Role.CANDIDATE;
      disk.metadata(disk.term() + 1, server.id);
      long term = disk.term();
      server.world.trace.say("%s stands in term %s", server.name(), term);
      // its own vote is on its disk before anybody is asked for theirs
      server.after(
          server.syncTime(),
          () -> {
            if (role == Role.CANDIDATE && disk.term() == term) {
              ask(term, false);
            }
          });
    }
    if (members.isMajority(votes)) {
      won(trial);
    }
  }

  private void ask(long term, boolean trial) {
    for (int each : members.all()) {
      if (each != server.id) {
        long last = disk.last();
        server.send(each, new AskVote(term, server.id, last, disk.termAt(last), trial, round));
      }
    }
  }

  private void vote(AskVote ask) {
    boolean granted = false;
    if (members.contains(ask.from()) && ask.trial()) {
      granted = ask.term() > disk.term() && !hasLeader() && isFurther(ask);
    } else if (members.contains(ask.from()) && ask.term() >= disk.term()) {
      boolean sameTerm = ask.term() == disk.term();
      if (!sameTerm) {
        follow(ask.term());
      }
      boolean free =
          disk.votedFor() == NOBODY
              || disk.votedFor() == ask.from()
              || server.world.defect == Defect.VOTES_TWICE_IN_A_TERM;
      granted = free && !(sameTerm && hasLeader()) && isFurther(ask);
      if (granted) {
        disk.metadata(disk.term(), ask.from());
        standSoon();
        server.world.step(server);
      }
    }
    server.send(ask.from(), new Vote(disk.term(), server.id, granted, ask.trial(), ask.round()));
  }

  private boolean hasLeader() {
    return isLeader() ? leading.hears(STEP_DOWN) : leader != NOBODY && now() - heardAt < TIMEOUT;
  }

  private boolean isFurther(AskVote ask) {
    long last = disk.termAt(disk.last());
    return ask.lastTerm() > last || (ask.lastTerm() == last && ask.lastIndex() >= disk.last());
  }

  private void count(Vote vote) {
    boolean trial = role == Role.TRIAL;
    boolean asked = trial || role == Role.CANDIDATE;
    if (asked && vote.granted() && vote.trial() == trial && vote.round() == round) {
      votes.add(vote.from());
      if (members.isMajority(votes)) {
        won(trial);
      }
    }
  }

  private void won(boolean trial) {
    if (trial) {
      stand(false);
      return;
    }
    role = Role.LEADER;
    leader = server.id;
    server.world.trace.say("%s leads in term %s", server.name(), disk.term());
    server.world.oracle.leads(server.id, disk.term());
    leading = new Leading(server, this);
    ledger.leads();
    put(LogRecord.first(disk.term()));
    server.world.step(server);
  }

  /** Follows whoever leads in the term, when somebody does. */
  private void follow(long term) {
    boolean led = isLeader();
    role = Role.FOLLOWER;
    leader = NOBODY;
    if (term > disk.term()) {
      disk.metadata(term, NOBODY);
    }
    if (led) {
      standSoon();
      leading.over();
      ledger.leadsNoMore();
    }
  }

  // the log

  /** As leader: appends, and has it sent on. */
  long put(LogRecord record) {
    disk.append(record);
    learn(record);
    long term = disk.term();
    disk.sync(
        () -> {
          if (isLeader() && disk.term() == term) {
            leading.advance();
          }
        });
    leading.sendAll();
    return disk.last();
  }

  private void learn(LogRecord record) {
    Members changed = record.members();
    if (changed != null) {
      members = changed;
    }
  }

  private void append(Append append) {
    if (!accepts(append)) {
      answer(append.from(), false, 0);
      return;
    }
    long previous = append.previousIndex();
    boolean follows = previous < disk.before() || disk.termAt(previous) == append.previousTerm();
    if (previous > disk.last() || !follows) {
      boolean careless =
          server.world.defect == Defect.TAKES_ENTRIES_WITHOUT_LOOKING && previous <= disk.last();
      if (!careless) {
        long look = Math.min(disk.last(), previous - 1);
        answer(append.from(), false, Math.max(look, commit.index()));
        return;
      }
    }
    boolean wrote = write(append);
    long verified = previous + append.records().size();
    commit.upTo(Math.min(append.commit(), synced(verified)));
    boolean lies = server.world.defect == Defect.ANSWERS_BEFORE_SYNC;
    if (!wrote || lies) {
      answer(append.from(), true, lies ? verified : synced(verified));
    }
    if (wrote) {
      long term = disk.term();
      disk.sync(
          () -> {
            if (disk.term() == term) {
              commit.upTo(Math.min(append.commit(), synced(verified)));
              answer(append.from(), true, synced(verified));
            }
          });
    }
  }

  private long synced(long verified) {
    return Math.min(verified, disk.synced());
  }

  /** Whether it comes from the leader of this term; then that is the leader. */
  private boolean accepts(Message message) {
    if (message.term() < disk.term()) {
      return false;
    }
    if (isLeader()) {
      throw new Violation(
          "one leader a term",
          "%s and dm-%s lead in term %s".formatted(server.name(), message.from(), disk.term()));
    }
    role = Role.FOLLOWER;
    leader = message.from();
    heardAt = now();
    standSoon();
    return true;
  }

  private boolean write(Append append) {
    boolean wrote = false;
    long index = append.previousIndex();
    for (LogRecord each : append.records()) {
      index++;
      if (index <= disk.before()) {
        continue;
      }
      if (index <= disk.last()) {
        if (disk.termAt(index) == each.term()) {
          continue;
        }
        if (index <= commit.index()) {
          throw new Violation(
              "what is committed stays",
              "%s is to overwrite %s at %s, committed up to %s"
                  .formatted(server.name(), disk.at(index), index, commit.index()));
        }
        disk.truncate(index);
        members = disk.members();
      }
      disk.append(each);
      learn(each);
      wrote = true;
    }
    return wrote;
  }

  private void install(Install install) {
    if (!accepts(install)) {
      answer(install.from(), false, 0);
      return;
    }
    if (install.snapshot().index() > commit.index()) {
      long term = disk.term();
      // all of it is on this disk first; only then does the state change
      server.after(
          5 + server.syncTime(),
          () -> {
            if (install.snapshot().index() > commit.index()) {
              disk.receive(install.snapshot());
              members = disk.members();
              commit.installed(install.snapshot().index());
              ledger.receive(install.snapshot());
              server.world.step(server);
            }
            if (disk.term() == term) {
              answer(install.from(), true, install.snapshot().index());
            }
          });
    } else {
      answer(install.from(), true, install.snapshot().index());
    }
  }

  private void answer(int to, boolean ok, long matched) {
    server.send(to, new Appended(disk.term(), server.id, ok, matched));
  }
}
