package io.pilothouse.repair;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.Action;
import io.pilothouse.kit.Lanes;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A Repair Service round by round, with a Device Manager and power switches that note it all. */
abstract class RepairRig {
  static final Clock NOON = Clock.fixed(Instant.parse("2026-01-01T12:00:00Z"), ZoneOffset.UTC);

  @TempDir Path directory;
  final FakeDm dm = new FakeDm();
  final FakePower power = new FakePower(dm.journal);
  private Lanes lanes = new Lanes(4);
  RepairService service;

  @BeforeEach
  void start() {
    lanes = new Lanes(4);
    AtomicLong revision = new AtomicLong();
    TicketEvents events = new TicketEvents(Optional.empty(), NOON);
    Tickets tickets = new Tickets(directory.resolve("tickets"), events, NOON);
    Visits visits = new Visits(directory.resolve("tickets"), events, Duration.ofHours(4), NOON);
    Executor executor =
        new Executor(
            new Executor.Means(power, dm, dm, tickets, visits, lanes),
            "repair-1",
            revision,
            new SimpleMeterRegistry());
    service = new RepairService(dm, dm, tickets, visits, executor, revision);
  }

  @AfterEach
  void stop() {
    lanes.close();
  }

  void round() throws Exception {
    service.round();
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!lanes.busy().isEmpty()) {
      assertThat(System.nanoTime()).as("waited 10 s").isLessThan(deadline);
      Thread.sleep(1);
    }
  }

  /** Ready, and claimed in one round. */
  void assigned(String repair, String machine, Action action) throws Exception {
    dm.assign(repair, machine, action);
    round();
  }

  void restart() {
    stop();
    start();
  }
}
