package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.scheduler.OfferConstraints;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * New frameworks, from their checked subscription until they are written down. To everybody else
 * they are not there yet: an id is promised only when it will be kept.
 */
final class Admission {
  private static final Logger log = LoggerFactory.getLogger(Admission.class);

  /** New ones leave a trace each; one that subscribes in a loop must not wash others out. */
  private static final int BURST = 1_000;

  private static final int PER_SECOND = 2;

  private final Tables tables;
  private final Frameworks frameworks;
  private final Map<String, Candidate> byId = new LinkedHashMap<>();
  private final Map<String, Candidate> byStream = new HashMap<>();
  private double room = BURST;
  private long refilled;

  /** What it subscribes with. */
  record Asked(FrameworkInfo info, List<String> suppressed, OfferConstraints constraints) {}

  private static final class Candidate {
    final String id;

    /** It brought its id, and will come again with it. */
    final boolean brought;

    Asked asked;

    /** Null once it has ended. */
    @Nullable String stream;

    Candidate(String id, boolean brought, Asked asked) {
      this.id = id;
      this.brought = brought;
      this.asked = asked;
    }
  }

  Admission(Tables tables, Frameworks frameworks) {
    this.tables = tables;
    this.frameworks = frameworks;
    this.refilled = tables.now;
  }

  /** With what one of this id has subscribed that is not known yet. */
  Optional<FrameworkInfo> info(String id) {
    return Optional.ofNullable(byId.get(id)).map(candidate -> candidate.asked.info());
  }

  /** False: too many came in a short time; this one is to come again. */
  boolean hasTime() {
    long passed = tables.now - refilled;
    refilled = tables.now;
    room = Math.min(BURST, room + passed * PER_SECOND / 1000.0);
    if (room < 1) {
      return false;
    }
    room--;
    return true;
  }

  /** Why one more is not taken. */
  Optional<String> objection() {
    int most = tables.options.most().frameworks();
    return tables.frameworks.size() + byId.size() < most
        ? Optional.empty()
        : Optional.of(
            ("There are %d frameworks already, as many as this scheduler keeps; tear down those"
                    + " that are not needed any more")
                .formatted(most));
  }

  /**
   * @param asked its info has its id
   */
  void subscribe(String stream, boolean brought, Asked asked) {
    String id = asked.info().getId().getValue();
    @Nullable Candidate known = byId.get(id);
    if (known == null) {
      Candidate added = new Candidate(id, brought, asked);
      byId.put(id, added);
      attach(added, stream);
      tables.writes.write(
          Frameworks.keeping(asked.info()),
          () -> written(added),
          why -> {
            var unused = refused(added, why);
          });
      return;
    }
    detach(known).ifPresent(old -> frameworks.end(old, "Framework failed over"));
    boolean changed = !known.asked.info().equals(asked.info());
    known.asked = asked;
    attach(known, stream);
    if (changed) {
      tables.writes.write(
          Frameworks.keeping(asked.info()),
          () -> {},
          why -> {
            if (!refused(known, why)) {
              frameworks.notKept(id, asked.info(), why);
            }
          });
    }
  }

  private void attach(Candidate candidate, String stream) {
    candidate.stream = stream;
    byStream.put(stream, candidate);
  }

  private Optional<String> detach(Candidate candidate) {
    Optional<String> stream = Optional.ofNullable(candidate.stream);
    stream.ifPresent(byStream::remove);
    candidate.stream = null;
    return stream;
  }

  void streamEnded(String stream) {
    @Nullable Candidate candidate = byStream.get(stream);
    if (candidate != null) {
      detach(candidate);
    }
  }

  private void written(Candidate candidate) {
    if (!byId.remove(candidate.id, candidate)) {
      return;
    }
    Optional<String> stream = detach(candidate);
    if (stream.isPresent()) {
      frameworks.admit(stream.get(), candidate.id, candidate.asked);
    } else if (!candidate.brought) {
      tables.end(candidate.id, "its stream ended before it was told its id");
    } else if (!tables.frameworks.containsKey(candidate.id)) {
      // it does not know that it is known
      Framework known = frameworks.recover(candidate.asked.info(), tables.now);
      known.kept = known.info;
      known.written = true;
    }
  }

  /** False: it is no candidate any more. */
  private boolean refused(Candidate candidate, String why) {
    if (!byId.remove(candidate.id, candidate)) {
      return false;
    }
    log.error("Framework {} is not kept: {}", candidate.id, why);
    detach(candidate).ifPresent(stream -> frameworks.end(stream, Frameworks.NOT_KEPT + why));
    return true;
  }

  /** One that subscribes as a known one meanwhile needs no admission any more. */
  void supersede(String id) {
    @Nullable Candidate candidate = byId.remove(id);
    if (candidate != null) {
      detach(candidate).ifPresent(old -> frameworks.end(old, "Framework failed over"));
    }
  }

  /** False: there is none of this id. */
  boolean tearDown(String id, String why) {
    if (!withdraw(id)) {
      return false;
    }
    tables.end(id, why);
    return true;
  }

  /** Its id is over, or about to be. False: there is none of this id. */
  boolean withdraw(String id) {
    @Nullable Candidate candidate = byId.remove(id);
    if (candidate == null) {
      return false;
    }
    detach(candidate).ifPresent(tables.outbox::endStream);
    return true;
  }

  boolean has(String id) {
    return byId.containsKey(id);
  }
}
