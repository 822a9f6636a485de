package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.manifests.audit.AuditChain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who did what; and an auditor who believes nobody. */
class AuditCommandsTest {
  private final FakeDm dm = new FakeDm();
  @TempDir Path dir = Path.of("unset");

  AuditCommandsTest() throws IOException {}

  @AfterEach
  void stop() {
    dm.close();
  }

  private Typed pilot(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--servers", dm.address()));
    return Typed.run(all.toArray(String[]::new));
  }

  /** Holds of web-01 … by alice, each after the other. */
  private static List<AuditRecord> trail(int count, ByteString base) {
    List<AuditRecord> trail = new ArrayList<>();
    ByteString last = base;
    for (int i = 1; i <= count; i++) {
      AuditRecord record =
          AuditRecord.newBuilder()
              .setIndex(10L + i)
              .setAt(1_772_352_000_000L + i)
              .setKind("OPERATOR")
              .setSubject("machine/web-0" + i)
              .setTo("held")
              .setPrincipal("operator/alice")
              .setReason("disk swap")
              .build();
      last = AuditChain.hash(last, record);
      trail.add(record.toBuilder().setHash(last).build());
    }
    return trail;
  }

  private void has(List<AuditRecord> trail, ByteString base, ByteString head) {
    dm.answers(
        "ListEvents",
        ListEventsReply.newBuilder()
            .addAllItems(trail)
            .setRevision(99)
            .setChainPrev(base)
            .setChainHead(head)
            .build());
  }

  private List<AuditRecord> hasTrail(int count) {
    List<AuditRecord> trail = trail(count, ByteString.EMPTY);
    has(trail, ByteString.EMPTY, trail.get(count - 1).getHash());
    return trail;
  }

  private Path exported() {
    Path file = dir.resolve("audit.jsonl");
    Typed typed = pilot("audit", "export", file.toString());
    assertThat(typed.code()).as(typed.err()).isZero();
    return file;
  }

  private static String hex(ByteString hash) {
    return HexFormat.of().formatHex(hash.toByteArray());
  }

  // list

  @Test
  void theTrailIsAskedForByWhoWhatAndWhen() {
    hasTrail(2);
    long before = System.currentTimeMillis();
    Typed typed =
        pilot(
            "audit",
            "list",
            "--principal",
            "operator/*",
            "--kind",
            "operator",
            "--since",
            "24h",
            "--last",
            "7");
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out()).contains("machine/web-01", "(operator/alice: disk swap)");
    ListEventsRequest asked = dm.asked("ListEvents", ListEventsRequest.parser());
    assertThat(asked.getPrincipal()).isEqualTo("operator/*");
    assertThat(asked.getKind()).isEqualTo("OPERATOR");
    assertThat(asked.getLast()).isEqualTo(7);
    assertThat(asked.getSinceAt())
        .isBetween(before - 86_400_000, System.currentTimeMillis() - 86_400_000);
  }

  // verify a Device Manager

  @Test
  void anUnbrokenTrailIsSaidToBeSoWithItsNewestHash() {
    List<AuditRecord> trail = hasTrail(3);
    Typed typed = pilot("audit", "verify");
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out())
        .contains("the chain of 3 records is unbroken", hex(trail.get(2).getHash()));
  }

  @Test
  void aTrailWhoseOldRecordsAreGoneIsUnbrokenFromWhatIsKept() {
    List<AuditRecord> all = trail(5, ByteString.EMPTY);
    has(all.subList(2, 5), all.get(1).getHash(), all.get(4).getHash());
    assertThat(pilot("audit", "verify").code()).isZero();
  }

  @Test
  void aChangedRecordIsNamed() {
    List<AuditRecord> trail = hasTrail(3);
    AuditRecord changed = trail.get(1).toBuilder().setPrincipal("operator/bob").build();
    has(List.of(trail.get(0), changed, trail.get(2)), ByteString.EMPTY, trail.get(2).getHash());
    Typed typed = pilot("audit", "verify");
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("the chain breaks at record 12.0", "not what was written");
  }

  @Test
  void recordsThatWereCutOffAtTheEndAreMissed() {
    List<AuditRecord> trail = trail(3, ByteString.EMPTY);
    has(List.of(), trail.get(1).getHash(), trail.get(2).getHash());
    Typed typed = pilot("audit", "verify");
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("the trail ends with another record than the newest");
  }

  @Test
  void aHashThatWasNotedDownMustStillBeThere() {
    List<AuditRecord> trail = hasTrail(3);
    assertThat(pilot("audit", "verify", "--contains", hex(trail.get(0).getHash())).code()).isZero();
    Typed typed = pilot("audit", "verify", "--contains", "ab".repeat(32));
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("no record has the hash abab");
    assertThat(pilot("audit", "verify", "--contains", "nonsense").code()).isEqualTo(2);
  }

  // an export

  @Test
  void anExportIsVerifiedWithoutAskingAnybody() throws IOException {
    hasTrail(3);
    Path file = exported();
    assertThat(dir.toFile().list()).containsExactly("audit.jsonl");
    dm.close();
    Typed typed = pilot("audit", "verify", file.toString());
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out()).contains("the chain of 3 records is unbroken");
    JsonNode line = new ObjectMapper().readTree(Files.readAllLines(file).get(0));
    assertThat(line.path("principal").asText()).isEqualTo("operator/alice");
    assertThat(line.path("prev").asText()).isEmpty();
    assertThat(line.path("hash").asText()).hasSize(64);
  }

  @Test
  void theStandardOutputGetsTheSameLines() throws IOException {
    hasTrail(3);
    assertThat(pilot("audit", "export", "-").out()).isEqualTo(Files.readString(exported()));
  }

  @Test
  void anExportWithALineTakenOutIsBroken() throws IOException {
    hasTrail(3);
    Path file = exported();
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.remove(1);
    Files.write(file, lines);
    Typed typed = pilot("audit", "verify", file.toString());
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("the chain breaks at record 13.0", "records are missing");
  }

  @Test
  void anExportWhoseReadableFieldsWereChangedIsBroken() throws IOException {
    hasTrail(3);
    Path file = exported();
    Files.writeString(
        file, Files.readString(file).replaceFirst("operator/alice", "operator/nobody"));
    Typed typed = pilot("audit", "verify", file.toString());
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("line 1", "its fields do not say what its hashed bytes say");
  }

  /** Both parts of a line changed alike: only the hash tells. */
  @Test
  void anExportWhoseRecordWasForgedIsBroken() throws IOException {
    List<AuditRecord> trail = hasTrail(3);
    AuditRecord forged = trail.get(1).toBuilder().setReason("nothing to see").build();
    has(List.of(trail.get(0), forged, trail.get(2)), ByteString.EMPTY, trail.get(2).getHash());
    Path file = exported();
    Typed typed = pilot("audit", "verify", file.toString());
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("the chain breaks at record 12.0");
  }

  @Test
  void whatIsNoExportIsSaidToBeNone() throws IOException {
    Path file = Files.writeString(dir.resolve("a.jsonl"), "not json\n");
    Typed typed = pilot("audit", "verify", file.toString());
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("line 1 of", "it is not JSON");
    Files.writeString(file, "{\"record\":\"%%\"}\n");
    assertThat(pilot("audit", "verify", file.toString()).err())
        .contains("it is not a line of pilot audit export");
    String bytes =
        Base64.getEncoder()
            .encodeToString(AuditRecord.newBuilder().setIndex(1).build().toByteArray());
    Files.writeString(file, "{\"record\":\"%s\"}\n".formatted(bytes));
    assertThat(pilot("audit", "verify", file.toString()).code()).isEqualTo(1);
    assertThat(pilot("audit", "verify", dir.resolve("none").toString()).err())
        .contains("cannot read");
  }

  private Typed exportAfter(long revision) {
    return pilot("audit", "export", dir.resolve("b.jsonl").toString(), "--after", "" + revision);
  }

  /** The chain of what is left is unbroken: nobody would notice. */
  @Test
  void anExportThatBeginsBehindWhatIsGoneFailsAndLeavesNothing() {
    List<AuditRecord> all = trail(5, ByteString.EMPTY);
    dm.answers(
        "ListEvents",
        ListEventsReply.newBuilder()
            .addAllItems(all.subList(2, 5))
            .setRevision(99)
            .setCompactedBelow(13)
            .setChainPrev(all.get(1).getHash())
            .setChainHead(all.get(4).getHash())
            .build());
    Typed typed = exportAfter(11);
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("records after revision 11 are gone", "begin at revision 13");
    assertThat(dir).isEmptyDirectory();

    assertThat(exportAfter(12).code()).isZero();
    assertThat(pilot("audit", "export", "-").code()).as("all that there is").isZero();
    assertThat(pilot("audit", "verify").code()).isZero();
  }

  @Test
  void anExportThatCannotBeWrittenLeavesNothing() {
    hasTrail(1);
    Typed typed = pilot("audit", "export", dir.resolve("no/such/dir").toString());
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("cannot write");
    assertThat(dir).isEmptyDirectory();
  }
}
