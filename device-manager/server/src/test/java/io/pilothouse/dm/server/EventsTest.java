package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static io.pilothouse.dm.server.EdgeHarness.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who follows what happened. */
class EventsTest {

  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void fleet() {
    dm.fleet.apply();
  }

  @AfterEach
  void close() {
    dm.close();
  }

  /**
   * What comes from now on.
   *
   * @param machine only of this one; empty: of all
   */
  private CompletableFuture<ListEventsReply> followed(String machine) {
    long seen = dm.operator().listEvents(ListEventsRequest.getDefaultInstance()).getRevision();
    ListEventsRequest request =
        ListEventsRequest.newBuilder()
            .setSinceIndex(seen)
            .setMachine(machine)
            .setWaitMs(30_000)
            .build();
    return dm.waiting(() -> dm.operator().listEvents(request));
  }

  @Test
  void anEventWakesWhoFollows() {
    CompletableFuture<ListEventsReply> next = followed("web-02");

    dm.hold("web-01");
    assertThat(next).isNotDone();
    long index = dm.hold("web-02").getRevision();

    ListEventsReply reply = get(next);
    assertThat(reply.getItemsList()).extracting(AuditRecord::getIndex).containsExactly(index);
    assertThat(reply.getItems(0).getReason()).isEqualTo("disk swap");
    assertThat(reply.getRevision()).isGreaterThanOrEqualTo(index);
  }

  @Test
  void aFollowerOfEventsIsSentToTheNewLeader() {
    CompletableFuture<ListEventsReply> next = followed("");

    dm.ledger.leaderIs(Optional.of(FakeLedger.OTHER));

    StatusRuntimeException moved =
        (StatusRuntimeException)
            next.handle((reply, failure) -> failure.getCause())
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    assertThat(moved.getTrailers().get(Refusals.LEADER)).startsWith("127.0.0.1:18502");
  }

  @Test
  void pagesNeverCutOneEntrysRecordsApart() {
    dm.fleet.serve("web-01", KEY);
    List<AuditRecord> all =
        dm.operator().listEvents(ListEventsRequest.getDefaultInstance()).getItemsList();
    List<AuditRecord> paged = new ArrayList<>();
    long since = 0;
    while (paged.size() < all.size()) {
      ListEventsReply page =
          dm.operator()
              .listEvents(ListEventsRequest.newBuilder().setSinceIndex(since).setLimit(1).build());
      assertThat(page.getItemsCount()).isPositive();
      paged.addAll(page.getItemsList());
      since = page.getRevision();
    }
    ListEventsReply last =
        dm.operator().listEvents(ListEventsRequest.newBuilder().setLast(2).build());

    assertThat(paged).isEqualTo(all);
    assertThat(all).extracting(AuditRecord::getIndex).doesNotContain(0L).isSorted();
    assertThat(last.getItemsList()).isEqualTo(all.subList(all.size() - 2, all.size()));
    assertThat(last.getRevision()).isEqualTo(dm.ledger.appliedIndex());
  }

  /** Records go one by one, and a reader goes on by entries. */
  @Test
  void anEntryOfWhichSomeRecordsAreGoneIsNotSaidToBeThere() {
    int kept = 50_000;
    ListEventsRequest newest = ListEventsRequest.newBuilder().setLast(1).build();
    long entry =
        dm.operator().listEvents(ListEventsRequest.getDefaultInstance()).getItems(0).getIndex();
    dm.ledger.<Boolean>read(
        state -> {
          for (int ordinal = 1_000; ordinal < 1_000 + kept; ordinal++) {
            AuditRecord record =
                AuditRecord.newBuilder().setIndex(entry).setOrdinal(ordinal).build();
            state.put(new Change(Table.AUDIT, Change.auditKey(entry, ordinal), record));
          }
          return true;
        });
    assertThat(dm.operator().listEvents(newest).getCompactedBelow()).isEqualTo(entry);

    dm.hold("web-01");

    assertThat(dm.operator().listEvents(newest).getCompactedBelow()).isEqualTo(entry + 1);
  }
}
