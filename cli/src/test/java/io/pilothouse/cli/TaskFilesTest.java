package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.ListTaskFilesReply;
import io.pilothouse.api.v1.ListTaskFilesRequest;
import io.pilothouse.api.v1.ReadTaskFileReply;
import io.pilothouse.api.v1.ReadTaskFileRequest;
import io.pilothouse.api.v1.SandboxEntry;
import io.pilothouse.api.v1.StatusReply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people see of a task's sandbox. */
class TaskFilesTest {
  private final FakeDm dm = new FakeDm();
  private final FakeScheduler scheduler = new FakeScheduler();

  TaskFilesTest() throws IOException {}

  @BeforeEach
  void aSchedulerLeads() {
    dm.answers(
        "GetStatus",
        StatusReply.newBuilder()
            .setRevision(812)
            .addLeases(
                Lease.newBuilder()
                    .setRole("scheduler")
                    .setHolder("scheduler-1")
                    .setAddress(scheduler.address()))
            .build());
  }

  @AfterEach
  void stop() {
    scheduler.close();
    dm.close();
  }

  private Typed pilot(String... args) {
    String[] all = new String[args.length + 4];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--servers";
    all[args.length + 1] = dm.address();
    all[args.length + 2] = "--as";
    all[args.length + 3] = "ann";
    return Typed.run(all);
  }

  /** A file of these bytes, given as the agent does. */
  private static ReadTaskFileReply piece(ReadTaskFileRequest request, byte[] file, boolean over) {
    ReadTaskFileReply.Builder reply =
        ReadTaskFileReply.newBuilder().setSize(file.length).setOver(over);
    reply.getOfBuilder().setTask("7").setFramework("f-1").setMachine("m1").setContainer("c1");
    int from = (int) Math.min(request.getOffset(), file.length);
    int length = Math.min(Math.min(request.getLength(), 64 << 10), file.length - from);
    return reply.setData(ByteString.copyFrom(file, from, length)).build();
  }

  private void has(String file) {
    byte[] bytes = file.getBytes(StandardCharsets.UTF_8);
    scheduler.file = request -> piece(request, bytes, false);
  }

  private List<ReadTaskFileRequest> asked() {
    return scheduler.asked.stream().map(ReadTaskFileRequest.class::cast).toList();
  }

  @Test
  void aTasksOutputIsPrintedAsItIs() {
    has("one\n\033[31mtwo\033[0m\nthree");
    Typed logs = pilot("task", "logs", "7");
    assertThat(logs.code()).as(logs.err()).isZero();
    assertThat(logs.out()).isEqualTo("one\n\033[31mtwo\033[0m\nthree");
    assertThat(logs.err()).isEmpty();
    assertThat(asked().getFirst().getPath()).isEqualTo("stdout");
    assertThat(asked().getFirst().getOf().getTask()).isEqualTo("7");
    assertThat(asked().getFirst().getOf().getFramework()).isEmpty();
    assertThat(scheduler.principal).isEqualTo("operator/ann");
  }

  @Test
  void aFileThatIsLargerThanAPieceIsPrintedToItsEnd() {
    String file =
        IntStream.range(0, 30_000).mapToObj(i -> "line " + i).collect(Collectors.joining("\n"));
    has(file);
    assertThat(pilot("task", "logs", "7", "--framework", "batch").out()).isEqualTo(file);
    assertThat(asked().getFirst().getOf().getFramework()).isEqualTo("batch");
    assertThat(asked().getLast().getOf().getFramework()).as("as it was found").isEqualTo("f-1");
    assertThat(asked().getLast().getOf().getContainer()).isEqualTo("c1");
    assertThat(asked().getLast().getOf().getMachine()).isEmpty();
  }

  @Test
  void otherFilesArePrintedWhenTheyAreAskedFor() {
    has("x");
    assertThat(pilot("task", "logs", "7", "--stderr").out()).isEqualTo("x");
    assertThat(asked().getLast().getPath()).isEqualTo("stderr");
    assertThat(pilot("task", "logs", "7", "--file", "logs/a.log").out()).isEqualTo("x");
    assertThat(asked().getLast().getPath()).isEqualTo("logs/a.log");
    has("");
    assertThat(pilot("task", "logs", "7").out()).isEmpty();
    assertThat(pilot("task", "logs", "7", "--machine", "m1", "--framework", "f-1").code()).isZero();
    assertThat(asked().getLast().getOf().getMachine()).isEqualTo("m1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0  | ''",
        "1  | c",
        "2  | b;c",
        "3  | a;b;c",
        "99 | a;b;c",
      })
  void theLastLinesArePrinted(int lines, String printed) {
    String wanted = printed == null ? "" : printed.replace(';', '\n');
    has("a\nb\nc");
    assertThat(pilot("task", "logs", "7", "--tail", "" + lines).out()).isEqualTo(wanted);
    has("a\nb\nc\n");
    assertThat(pilot("task", "logs", "7", "--tail", "" + lines).out())
        .isEqualTo(wanted.isEmpty() ? "" : wanted + "\n");
  }

  @Test
  void theLastLinesOfALargeFileAreFoundFromItsEnd() {
    has("first\n" + "x".repeat(200_000) + "\nlast\n");
    assertThat(pilot("task", "logs", "7", "--tail", "1").out()).isEqualTo("last\n");
    assertThat(asked().size()).as("questions").isLessThan(5);
    assertThat(pilot("task", "logs", "7", "--tail", "2").out()).hasSize(200_006);
  }

  @Test
  void aFileIsFollowedUntilItsTaskEnds() {
    Deque<ReadTaskFileReply> replies = new ArrayDeque<>();
    String file = "one\ntwo\nthree\n";
    for (int length : new int[] {0, 4, 8, 8, 14}) {
      replies.add(ReadTaskFileReply.newBuilder().setSize(length).setOver(length == 14).build());
    }
    scheduler.file =
        request -> {
          ReadTaskFileReply now = replies.size() > 1 ? replies.remove() : replies.element();
          byte[] there = file.substring(0, (int) now.getSize()).getBytes(StandardCharsets.UTF_8);
          return piece(request, there, now.getOver());
        };
    Typed logs = pilot("task", "logs", "7", "--follow");
    assertThat(logs.code()).as(logs.err()).isZero();
    assertThat(logs.out()).isEqualTo(file);
    assertThat(logs.err()).isEmpty();
  }

  @Test
  void oneThatBeginsAnewIsFollowedFromItsBeginning() {
    Deque<String> contents = new ArrayDeque<>(List.of("a long line\n", "b\n", "b\nc\n"));
    scheduler.file =
        request -> {
          String now = contents.size() > 1 ? contents.remove() : contents.element();
          return piece(request, now.getBytes(StandardCharsets.UTF_8), contents.size() == 1);
        };
    Typed logs = pilot("task", "logs", "7", "-f");
    assertThat(logs.out()).isEqualTo("a long line\nb\nc\n");
    assertThat(logs.err()).contains("stdout was begun anew after 12 bytes");
  }

  @Test
  void followingGoesOnWhenTheAgentWasAwayForAMoment() {
    int[] turn = {0};
    scheduler.file =
        request ->
            switch (turn[0]++) {
              case 0 -> piece(request, "one\n".getBytes(StandardCharsets.UTF_8), false);
              case 1 ->
                  throw Status.FAILED_PRECONDITION
                      .withDescription("the agent of machine m1 is not connected")
                      .asRuntimeException();
              default -> piece(request, "one\ntwo\n".getBytes(StandardCharsets.UTF_8), true);
            };
    Typed logs = pilot("task", "logs", "7", "--follow");
    assertThat(logs.code()).as(logs.err()).isZero();
    assertThat(logs.out()).isEqualTo("one\ntwo\n");
    assertThat(logs.err())
        .isEqualTo("the agent of machine m1 is not connected; goes on when it can\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NOT_FOUND           | 1 | no framework has a task 't9'",
        "INVALID_ARGUMENT    | 2 | machine m1: 'logs' is a directory",
        "FAILED_PRECONDITION | 6 | the agent of machine m1 is not connected",
        "DEADLINE_EXCEEDED   | 5 | the agent of machine m1 does not answer",
        "RESOURCE_EXHAUSTED  | 5 | 64 looks are under way",
        "INTERNAL            | 1 | machine m1: 'x' cannot be read",
      })
  void whatIsNotShownIsSaid(Status.Code code, int exit, String text) {
    scheduler.file =
        request -> {
          throw code.toStatus().withDescription(text).asRuntimeException();
        };
    for (String[] command :
        List.of(
            new String[] {"task", "logs", "7"}, new String[] {"task", "logs", "7", "--follow"})) {
      Typed logs = pilot(command);
      assertThat(logs.code()).as(logs.err()).isEqualTo(exit);
      assertThat(logs.err()).startsWith("pilot: " + text);
      assertThat(logs.out()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NOT_FOUND           | machine m1: there is no 'x' in the sandbox | pilot task files TASK",
        "NOT_FOUND           | machine m1: there is no sandbox of '7' of framework f-1: it was removed"
            + " | the executor's id as TASK",
        "NOT_FOUND           | no framework has a task '7' | pilot task list --all",
        "FAILED_PRECONDITION | the agent of machine m1 is not connected | pilot machine show m1",
        "DEADLINE_EXCEEDED   | the agent of machine m1 does not answer | pilot machine show m1",
        "UNAVAILABLE         | whether operator/ann may look is for the Device Manager to say"
            + " | pilot dm members",
      })
  void whatOneCanDoIsSaid(Status.Code code, String text, String remedy) {
    scheduler.file =
        request -> {
          throw code.toStatus().withDescription(text).asRuntimeException();
        };
    Typed logs = pilot("task", "logs", "7");
    assertThat(logs.err())
        .startsWith("pilot: " + text + "\n")
        .contains(remedy)
        .doesNotContain("pilot dev start scheduler");
  }

  @Test
  void aMachineThatWasSetUpAnewHasNothingToOffer() {
    scheduler.file =
        request -> {
          throw Status.NOT_FOUND
              .withDescription("machine m1 was set up anew after task '7': its sandbox is gone")
              .asRuntimeException();
        };
    assertThat(pilot("task", "logs", "7").err()).doesNotContain("remedy", "show all");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "task logs 7 --stderr --file x      | --stderr and --file are two files",
        "task logs 7 --tail -2              | --tail -2 is no number of lines",
        "task logs 7 --tail many            | many",
        "task logs 7 -o json                | -o json is not possible: the file is printed as it is",
        "task logs 7 --machine m1           | --machine m1 without --framework",
        "task logs                          | TASK",
        "task files 7 --machine m1          | --machine m1 without --framework",
        "task files 7 a b                   | b",
      })
  void whatIsTypedWronglyIsSaid(String line, String text) {
    Typed typed = pilot(line.split(" +"));
    assertThat(typed.code()).as(typed.err()).isEqualTo(2);
    assertThat(typed.err()).contains(text);
  }

  // ---- lists

  private static SandboxEntry.Builder entry(String name, String kind) {
    return SandboxEntry.newBuilder()
        .setName(name)
        .setKind(kind)
        .setSize(5)
        .setMode(0100640)
        .setModified(1_772_352_060_000L)
        .setOwner("ann")
        .setGroup("staff");
  }

  @Test
  void filesAreListedInEachFormat() throws IOException {
    scheduler.files =
        ListTaskFilesReply.newBuilder()
            .addEntries(entry("logs", "directory").setSize(0))
            .addEntries(entry("std\033[2Jout\n\u202e", "file"))
            .setLeftOut(3)
            .build();
    Typed table = pilot("task", "files", "7", "logs/old");
    assertThat(table.code()).as(table.err()).isZero();
    assertThat(table.out())
        .startsWith("NAME")
        .contains("directory", "std?[2Jout??  file")
        .doesNotContain("\033", "\u202e");
    assertThat(table.err()).contains("3 more are not shown");
    ListTaskFilesRequest question = (ListTaskFilesRequest) scheduler.asked.getFirst();
    assertThat(question.getPath()).isEqualTo("logs/old");
    assertThat(question.getOf().getTask()).isEqualTo("7");
    assertThat(pilot("task", "files", "7", "-o", "wide").out()).contains("0640", "ann", "staff");
    assertThat(pilot("task", "files", "7", "-o", "name").out()).isEqualTo("logs\nstd?[2Jout??\n");
    JsonNode json = new ObjectMapper().readTree(pilot("task", "files", "7", "-o", "json").out());
    assertThat(json.path("left_out").asInt()).isEqualTo(3);
    assertThat(json.at("/items/1/name").asText()).isEqualTo("std\033[2Jout\n\u202e");
    assertThat(json.at("/items/1/size").asLong()).isEqualTo(5);
    assertThat(json.at("/items/1/mode").asText()).isEqualTo("0640");
    assertThat(json.at("/items/1/modified").asText()).isEqualTo("2026-03-01T08:01:00Z");
  }
}
