package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.BackupFile;
import io.pilothouse.api.v1.BeginBackupReply;
import io.pilothouse.api.v1.ChangeMembersReply;
import io.pilothouse.api.v1.ChangeMembersRequest;
import io.pilothouse.api.v1.EndBackupReply;
import io.pilothouse.api.v1.GetMembersReply;
import io.pilothouse.api.v1.JoiningReplica;
import io.pilothouse.api.v1.ReadBackupReply;
import io.pilothouse.api.v1.ReplicaMember;
import io.pilothouse.api.v1.SetFeatureLevelReply;
import io.pilothouse.api.v1.SetFeatureLevelRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Device Manager's own replicas, as an operator sees and changes them. */
class DmCommandsTest {

  private static final byte[] FILE = "rows".getBytes(StandardCharsets.UTF_8);

  private final FakeDm dm = new FakeDm();
  @TempDir private Path dir;

  DmCommandsTest() throws IOException {}

  @AfterEach
  void stop() {
    dm.close();
  }

  private Typed pilot(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--servers";
    all[args.length + 1] = dm.address();
    return Typed.run(all);
  }

  private ReplicaMember.Builder member(String id) {
    return ReplicaMember.newBuilder()
        .setId(id)
        .setUp(true)
        .setMatched(100)
        .setHttpAddress(dm.address());
  }

  private void members() {
    dm.answers(
        "GetMembers",
        GetMembersReply.newBuilder()
            .setApplied(120)
            .addMembers(
                member("dm-1").setLeader(true).setMatched(120).setKnown(true).setDiskFree(1 << 30))
            .addMembers(member("dm-2"))
            .addMembers(member("dm-3").setUp(false).setMatched(3))
            .addJoining(JoiningReplica.newBuilder().setId("dm-4").setMatched(60))
            .build());
  }

  @Test
  void membersSayWhoLeadsAndWhoIsBehind() {
    members();
    Typed typed = pilot("dm", "members");
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out().lines().map(line -> line.replaceAll(" +", " ")))
        .anyMatch(line -> line.startsWith("dm-1 leader 0 0 1024 MiB"))
        .anyMatch(line -> line.startsWith("dm-3 DOWN 0 117 -"))
        .anyMatch(line -> line.startsWith("dm-4 joining - 60"));
    assertThat(pilot("dm", "members", "-o", "name").out()).isEqualTo("dm-1\ndm-2\ndm-3\n");
  }

  @Test
  void aReplacementNamesBothAndSaysHowManyAreUp() {
    members();
    dm.answers("ChangeMembers", ChangeMembersReply.newBuilder().setDone(true).build());
    Typed typed = pilot("dm", "replace", "dm-3", "dm-4", "h:1/h:2/h:3", "--reason", "disk lost");
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.err()).contains("2 of 3 replicas are up: dm-1 (leads), dm-2, dm-3 (DOWN)");
    assertThat(typed.out()).startsWith("dm-4 is in the place of dm-3");
    ChangeMembersRequest asked = dm.asked("ChangeMembers", ChangeMembersRequest.parser());
    assertThat(asked.getVerb()).isEqualTo(ChangeMembersRequest.Verb.REPLACE);
    assertThat(asked.getId()).isEqualTo("dm-3");
    assertThat(asked.getAddress().getId()).isEqualTo("dm-4");
    assertThat(asked.getAddress().getGrpc()).isEqualTo("h:2");
    assertThat(asked.getContext().getReason()).isEqualTo("disk lost");
  }

  @Test
  void oneThatIsNotDoneInTimeGoesOnWithoutTheCommand() {
    members();
    dm.answers("ChangeMembers", ChangeMembersReply.getDefaultInstance());
    Typed typed = pilot("dm", "add", "dm-4", "h:1/h:2/h:3", "--timeout", "1ms");
    assertThat(typed.code()).isEqualTo(ExitCode.GAVE_UP.code());
    assertThat(typed.err())
        .contains("dm-4 is brought up to date: 60 of 120 entries", "it goes on without this");
  }

  @Test
  void addressesAreReadBeforeAnybodyIsAsked() {
    Typed typed = pilot("dm", "add", "dm-4", "h:1/h:2");
    assertThat(typed.code()).isEqualTo(ExitCode.USAGE.code());
    assertThat(typed.err()).contains("\"h:1/h:2\" is not the addresses of a replica");
    assertThat(dm.methods()).isEmpty();
  }

  private void upgraded() {
    dm.answers(
        "GetMembers",
        GetMembersReply.newBuilder()
            .setFeatureLevel(1)
            .setPossibleLevel(2)
            .addMembers(
                member("dm-1").setKnown(true).setVersion("0.2.0").setMinLevel(1).setMaxLevel(2))
            .addMembers(
                member("dm-2").setKnown(true).setVersion("0.3.0").setMinLevel(2).setMaxLevel(3))
            .build());
  }

  @Test
  void theFeatureLevelIsShownWithWhatEachBuildApplies() {
    upgraded();
    Typed typed = pilot("dm", "feature-level");
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out())
        .startsWith("feature level 1 is in force, all replicas apply 2: pilot dm finalise");
    assertThat(typed.out().lines().map(line -> line.replaceAll(" +", " ").strip()))
        .contains("dm-1 0.2.0 1 to 2", "dm-2 0.3.0 2 to 3");
    assertThat(pilot("dm", "feature-level", "-o", "name").out()).isEqualTo("1\n");
  }

  @Test
  void finalisingIsAskedForOnceMoreAsThereIsNoWayBack() {
    dm.answers(
        "SetFeatureLevel",
        SetFeatureLevelReply.newBuilder().setLevel(2).setBefore(1).setRevision(9).build());
    Typed unasked = pilot("dm", "finalise");
    assertThat(unasked.code()).isEqualTo(ExitCode.REFUSED.code());
    assertThat(unasked.err()).contains("can never come back");
    assertThat(dm.methods()).isEmpty();

    Typed typed = pilot("dm", "finalise", "--yes", "--reason", "a week without trouble");
    assertThat(typed.out()).isEqualTo("feature level 2 is in force, after 1\n");
    SetFeatureLevelRequest asked = dm.asked("SetFeatureLevel", SetFeatureLevelRequest.parser());
    assertThat(asked.getLevel()).isZero();
    assertThat(asked.getContext().getReason()).isEqualTo("a week without trouble");
    assertThat(pilot("dm", "feature-level", "--set", "2", "--yes").code()).isZero();
    assertThat(dm.asked("SetFeatureLevel", SetFeatureLevelRequest.parser()).getLevel())
        .isEqualTo(2);
    assertThat(pilot("dm", "feature-level", "--set", "0", "--yes").code())
        .isEqualTo(ExitCode.USAGE.code());
  }

  @Test
  void aBackupIsThereWhenItIsWhole() throws Exception {
    members();
    backup(FILE);
    Path target = dir.resolve("b-1");
    Typed typed = pilot("dm", "backup", target.toString());
    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out()).contains("holds the state of dm-2 at index 812");
    assertThat(target.resolve("db").resolve("000012.sst")).hasBinaryContent(FILE);
    assertThat(target.resolve("MANIFEST")).hasContent("format=1");
    assertThat(dm.methods()).endsWith("EndBackup");

    Typed again = pilot("dm", "backup", target.toString());
    assertThat(again.code()).isEqualTo(ExitCode.REFUSED.code());
    assertThat(again.err()).contains("exists already");
  }

  @Test
  void aBackupThatComesDamagedIsNotKept() throws Exception {
    members();
    backup("rowz".getBytes(StandardCharsets.UTF_8));
    Path target = dir.resolve("b-1");
    Typed typed = pilot("dm", "backup", target.toString());
    assertThat(typed.code()).isEqualTo(ExitCode.FAILED.code());
    assertThat(typed.err()).contains("000012.sst came with SHA-256");
    try (var left = Files.list(dir)) {
      assertThat(left).isEmpty();
    }
    assertThat(dm.methods()).endsWith("EndBackup");
  }

  private void backup(byte[] sent) throws Exception {
    String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(FILE));
    dm.answers(
        "BeginBackup",
        BeginBackupReply.newBuilder()
            .setBackup("x")
            .setReplica("dm-2")
            .setIndex(812)
            .setManifest("format=1")
            .addFiles(BackupFile.newBuilder().setName("000012.sst").setSize(4).setSha256(sha256))
            .build());
    dm.answers(
        "ReadBackup", ReadBackupReply.newBuilder().setBytes(ByteString.copyFrom(sent)).build());
    dm.answers("EndBackup", EndBackupReply.getDefaultInstance());
  }
}
