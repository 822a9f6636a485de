package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.ReplicaAnswer;
import io.pilothouse.api.log.v1.ReplicaQuestion;
import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What replicas tell each other about themselves, and this one's part in it. */
final class PeerVitals {

  private static final Logger log = LoggerFactory.getLogger(PeerVitals.class);
  static final String VERSION = version();
  private static final Duration EVERY = Duration.ofSeconds(2);

  private final ReplicaParts parts;
  private final Members members;
  private final PeerQuestions questions;
  private final Inquiry inquiry;
  private final SyncTimes syncs;
  private final Optional<TlsDirectory> tls;
  private final Levels levels;
  private final LongSupplier term;
  private final LeaderWatch watch;
  private volatile Map<String, ReplicaVitals> lately = Map.of();

  PeerVitals(
      ReplicaParts parts,
      Members members,
      RaftNode node,
      PeerQuestions questions,
      Levels levels,
      LeaderWatch watch) {
    this.parts = parts;
    this.watch = watch;
    this.members = members;
    this.questions = questions;
    this.levels = levels;
    syncs = SyncTimes.of(node.division().getMemberId().toString());
    tls = node.tls();
    term = node::term;
    inquiry =
        new Inquiry(
            parts.self(),
            parts.checks(),
            Inquiry.Jury.of(members, questions),
            parts.failure(),
            this::diverged);
    parts.checks().onDifference(inquiry::begin);
  }

  /** Answers another replica. One that sends its own check may thereby be the first to differ. */
  ReplicaAnswer answer(ReplicaQuestion question) {
    ReplicaAnswer.Builder answer = ReplicaAnswer.newBuilder().setTerm(term.getAsLong());
    if (!question.getEnded().isEmpty()) {
      return watch.answer(question.getEnded(), answer);
    }
    if (question.getTermOnly()) {
      return answer.build();
    }
    answer.setVitals(own());
    if (question.hasMine()) {
      parts.checks().at(question.getMine().getIndex()).ifPresent(answer::setMine);
      parts.checks().compare(question.getMine());
    }
    return answer.build();
  }

  ReplicaVitals own() {
    ReplicaVitals.Builder own =
        ReplicaVitals.newBuilder()
            .setReplica(parts.self())
            .setVersion(VERSION)
            .setMinLevel(levels.min())
            .setMaxLevel(levels.max())
            .setSyncUs(syncs.slowestMicros())
            .setDisagrees(inquiry.disagreement());
    tls.ifPresent(each -> own.setCertificateNotAfter(each.notAfter().toEpochMilli()));
    try {
      FileStore store = Files.getFileStore(parts.dataDir().root());
      own.setDiskFree(store.getUsableSpace()).setDiskSize(store.getTotalSpace());
    } catch (IOException e) {
      // a size of 0: not known
      log.warn("The room on the disk of {} is not known: {}", parts.dataDir().root(), e.toString());
    }
    return own.build();
  }

  /** What was heard lately; only while this replica leads. */
  Map<String, ReplicaVitals> lately() {
    return lately;
  }

  /** Keeps {@link #lately} so, until the others can be asked no more. */
  void listen(BooleanSupplier leads) {
    Thread.ofVirtual()
        .name("dm-vitals")
        .start(
            () -> {
              try {
                while (!parts.failure().isClosing()) {
                  lately = leads.getAsBoolean() ? ofAll() : Map.of();
                  Thread.sleep(EVERY);
                }
              } catch (InterruptedException | RejectedExecutionException e) {
                log.debug("No more news of the other replicas", e); // closed meanwhile
              }
            });
  }

  Map<String, ReplicaVitals> ofAll() {
    ReplicaQuestion question = ReplicaQuestion.getDefaultInstance();
    Map<String, ReplicaVitals> all = new TreeMap<>();
    questions
        .askAll(members.others(), question)
        .forEach((id, answer) -> all.put(id, answer.getVitals()));
    all.put(parts.self(), own());
    return all;
  }

  private void diverged(String sentence) {
    try {
      parts.dataDir().markDivergent(sentence);
    } catch (IOException e) {
      log.error("The next start will not know that this replica's state is wrong: {}", e, e);
    }
    parts.failure().reportDiverged(sentence);
  }

  private static String version() {
    @org.jspecify.annotations.Nullable
    String version = PeerVitals.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
