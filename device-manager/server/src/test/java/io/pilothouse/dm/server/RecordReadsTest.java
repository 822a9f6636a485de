package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.log.v1.RecordItem;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.ReadRecordReply;
import io.pilothouse.api.v1.ReadRecordRequest;
import io.pilothouse.dm.record.RecordSettings;
import io.pilothouse.dm.record.RecordStatus;
import io.pilothouse.dm.record.Recorder;
import io.pilothouse.dm.record.SegmentReader;
import io.pilothouse.dm.state.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The record as operators' programs read it. */
class RecordReadsTest {

  @TempDir private Path dir;
  private final EdgeHarness dm = new EdgeHarness();

  @AfterEach
  void close() {
    dm.close();
  }

  @Test
  void theRecordComesAsItIsOnDiskFromAnyReplica() throws Exception {
    record(30);
    dm.ledger.leaderIs(Optional.of(FakeLedger.OTHER));

    ReadRecordReply reply = read("");

    assertThat(reply.getCursor()).isEmpty();
    assertThat(reply.getOffset()).isZero();
    try (SegmentReader reader =
        new SegmentReader(reply.getSegment(), reply.getBytes().newInput())) {
      assertThat(reader.next().map(RecordItem::hasBase)).contains(true);
      int items = 1;
      while (reader.next().isPresent()) {
        items++;
      }
      assertThat(items).isEqualTo(31); // a base of one entity, and all entries but the first
      assertThat(reader.offset()).isEqualTo(reply.getBytes().size());
    }
  }

  @Test
  void aRecordAboveAMebibyteComesInPages() throws Exception {
    record(1);
    Path segment = dir.resolve("%020d.rec".formatted(1));
    byte[] bytes = Files.readAllBytes(segment);
    Files.write(segment, java.util.Arrays.copyOf(bytes, 5 << 19));

    ByteString all = ByteString.EMPTY;
    String cursor = "";
    int pages = 0;
    do {
      ReadRecordReply reply = read(cursor);
      assertThat(reply.getBytes().size()).isLessThanOrEqualTo(1 << 20);
      assertThat(reply.getOffset()).isEqualTo(all.size());
      all = all.concat(reply.getBytes());
      cursor = reply.getCursor();
      pages++;
    } while (!cursor.isEmpty());

    assertThat(pages).isEqualTo(3);
    assertThat(all.toByteArray()).isEqualTo(Files.readAllBytes(segment));
  }

  @Test
  void nothingRecordedIsAnEmptyAnswer() {
    dm.ledger.records(dir);
    assertThat(read("").getOldest()).isZero();
    assertThat(read("").getBytes()).isEmpty();
  }

  @Test
  void badPlacesAreNamed() throws Exception {
    record(2);
    var refusal = EdgeHarness.refusal(() -> read("00000000000000000777.rec:0"));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.OUT_OF_RANGE);
    assertThat(refusal).hasMessageContaining("00000000000000000777.rec has made room meanwhile");

    refusal =
        EdgeHarness.refusal(
            () ->
                dm.operator()
                    .readRecord(ReadRecordRequest.newBuilder().setFrom(9).setTo(3).build()));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refusal).hasMessageContaining("to (3) is before from (9)");
  }

  @Test
  void aBaseThatCannotBeReadIsSaid() throws Exception {
    record(2);
    Path segment = dir.resolve("%020d.rec".formatted(1));
    byte[] bytes = Files.readAllBytes(segment);
    bytes[13] ^= 1;
    Files.write(segment, bytes);
    var refusal = EdgeHarness.refusal(() -> read(""));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.DATA_LOSS);
    assertThat(refusal).hasMessageContaining(segment.getFileName() + " is damaged at byte 0");
  }

  @Test
  void thatRecordingStoppedIsAHealthCode() {
    dm.ledger.recordingIs(new RecordStatus("the disk refuses: full", 77, 5, 1));
    var status = dm.operator().getStatus(GetStatusRequest.getDefaultInstance());
    HealthCode code =
        status.getCodesList().stream()
            .filter(each -> each.getCode().equals("RECORD_STOPPED"))
            .findFirst()
            .orElseThrow();
    assertThat(code.getSeverity()).isEqualTo("WARN");
    assertThat(code.getScope()).isEqualTo("dm/dm-1");
    assertThat(code.getSince()).isEqualTo(77);
    assertThat(code.getText()).contains("the disk refuses: full");
  }

  private ReadRecordReply read(String cursor) {
    return dm.operator().readRecord(ReadRecordRequest.newBuilder().setCursor(cursor).build());
  }

  private void record(int entries) {
    dm.ledger.records(dir);
    try (Recorder recorder = Recorder.open(dir, RecordSettings.DEFAULT)) {
      State state = new State();
      state.replay(Event.newBuilder().setMeta(Meta.newBuilder().setNow(1_000)).build());
      for (int i = 0; i < entries; i++) {
        recorder.applied(i, null, 0, state);
      }
    }
  }
}
