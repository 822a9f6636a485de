package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.SandboxEntry;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.SandboxTrouble;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of sandboxes, of tasks that mean well and of those that do not. */
class SandboxFilesTest {
  private static final String SECRET = "the machine's own";

  @TempDir private Path root;
  private Path sandbox;
  private Path outside;
  private SandboxFiles files;

  @BeforeEach
  void ran() throws IOException {
    files = new SandboxFiles(new TaskDisk(root));
    sandbox = run("t1", "c1", 100);
    Files.writeString(sandbox.resolve("stdout"), "0123456789");
    outside = Files.createDirectories(root.resolve("outside"));
    Files.writeString(outside.resolve("secret"), SECRET);
  }

  private Path run(String executor, String container, long changed) throws IOException {
    Path made = new TaskDisk(root).sandbox("f", executor, container);
    Files.createDirectories(made);
    Files.setLastModifiedTime(made, FileTime.from(Instant.ofEpochSecond(changed)));
    return made;
  }

  private static SandboxRequest.Builder of(String path) {
    return SandboxRequest.newBuilder()
        .setFrameworkId("f")
        .setExecutorId("t1")
        .setPath(path)
        .setLength(1 << 20);
  }

  private SandboxReply read(SandboxRequest.Builder of) throws IOException, SandboxTroubleException {
    return files.answer(of.build()).build();
  }

  private String text(SandboxRequest.Builder of) throws Exception {
    return read(of).getData().toStringUtf8();
  }

  private List<SandboxEntry> list(String path) throws Exception {
    return read(of(path).setList(true)).getEntriesList();
  }

  private void refused(SandboxTrouble trouble, SandboxRequest.Builder of, String text) {
    assertThatThrownBy(() -> read(of))
        .isInstanceOfSatisfying(
            SandboxTroubleException.class, e -> assertThat(e.trouble()).isEqualTo(trouble))
        .hasMessageContaining(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0                    | 100 | 0123456789",
        "3                    | 4   | 3456",
        "9                    | 4   | 9",
        "10                   | 4   | ''",
        "9223372036854775807  | 4   | ''",
        "-1                   | 4   | ''",
        "0                    | 0   | ''",
        "0                    | -1  | 0123456789",
      })
  void aPieceIsReadFromWhereItIsAskedFor(long offset, int length, String data) throws Exception {
    SandboxReply reply = read(of("stdout").setOffset(offset).setLength(length));
    assertThat(reply.getData().toStringUtf8()).isEqualTo(data);
    assertThat(reply.getSize()).isEqualTo(10);
    assertThat(reply.getContainerId()).isEqualTo("c1");
  }

  @Test
  void noMoreThanAPieceIsGiven() throws Exception {
    Files.write(sandbox.resolve("big"), new byte[200_000]);
    SandboxReply reply = read(of("big").setLength(200_000));
    assertThat(reply.getData().size()).isEqualTo(64 << 10);
    assertThat(reply.getSize()).isEqualTo(200_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "/etc/passwd       | '/etc/passwd' begins with a slash; expected a path within the sandbox",
        "../c2/stdout      | '../c2/stdout' has '..' in it; expected names alone",
        "logs/../../x      | has '..' in it",
        "./stdout          | './stdout' has '.' in it",
        "stdout/..         | has '..' in it",
        "stdout/x          | 'stdout' is no directory",
        "~~                | '.' is a directory: list it, and read a file that is in it",
      })
  void aPathThatIsNoneIsRefused(String path, String text) {
    refused(SandboxTrouble.SANDBOX_REFUSED, of(path), text);
  }

  @Test
  void noPathIsTooStrangeToBeRefused() {
    refused(SandboxTrouble.SANDBOX_REFUSED, of("a\0b"), "a path of 3 characters with a NUL in it");
    refused(SandboxTrouble.SANDBOX_REFUSED, of("x".repeat(256)), "a name of 256 characters");
    refused(SandboxTrouble.SANDBOX_REFUSED, of("x/".repeat(65)), "a path of 65 names");
    refused(SandboxTrouble.SANDBOX_REFUSED, of("x/".repeat(3_000)), "a path of 6000 characters");
    refused(SandboxTrouble.SANDBOX_NO_FILE, of("nothing"), "there is no 'nothing' in the sandbox");
    refused(SandboxTrouble.SANDBOX_NO_FILE, of("no/thing"), "there is no 'no' in the sandbox");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside", "..", "../../../../../../outside", "f/../../outside"})
  void noIdIsAPath(String id) {
    refused(
        SandboxTrouble.SANDBOX_GONE,
        of("secret").setFrameworkId(id),
        "there is no sandbox of 't1'");
    refused(SandboxTrouble.SANDBOX_GONE, of("secret").setExecutorId(id), "there is no sandbox");
    refused(SandboxTrouble.SANDBOX_GONE, of("secret").setContainerId(id), "there is no sandbox");
  }

  @Test
  void noLinkIsFollowed() throws Exception {
    Files.createSymbolicLink(sandbox.resolve("file"), outside.resolve("secret"));
    Files.createSymbolicLink(sandbox.resolve("directory"), outside);
    Files.createSymbolicLink(sandbox.resolve("within"), Path.of("stdout"));
    for (String each : List.of("file", "directory", "within")) {
      refused(
          SandboxTrouble.SANDBOX_REFUSED,
          of(each),
          "'%s' is a link, and links are not followed".formatted(each));
      refused(SandboxTrouble.SANDBOX_REFUSED, of(each).setList(true), "is a link");
    }
    refused(SandboxTrouble.SANDBOX_REFUSED, of("directory/secret"), "'directory' is a link");
    assertThat(list(""))
        .extracting(SandboxEntry::getName, SandboxEntry::getKind, SandboxEntry::getSize)
        .containsExactly(
            tuple("directory", "link", 0L),
            tuple("file", "link", 0L),
            tuple("stdout", "file", 10L),
            tuple("within", "link", 0L));
  }

  @Test
  void aSandboxThatIsALinkIsNone() throws Exception {
    Path runs = sandbox.resolveSibling("x").getParent();
    Files.createSymbolicLink(runs.resolve("c9"), outside);
    refused(SandboxTrouble.SANDBOX_GONE, of("secret").setContainerId("c9"), "run c9");
    Files.createSymbolicLink(sandbox.resolve("containers"), outside.getParent());
    refused(
        SandboxTrouble.SANDBOX_GONE, of("secret").setContainerId("outside"), "there is no sandbox");
  }

  @Test
  void whoSwapsADirectoryForALinkMeanwhileGainsNothing() throws Exception {
    Path logs = Files.createDirectory(sandbox.resolve("logs"));
    Files.writeString(logs.resolve("secret"), "its own");
    Path aside = sandbox.resolve("aside");
    Path link = Files.createSymbolicLink(sandbox.resolve("link"), outside);
    AtomicBoolean over = new AtomicBoolean();
    Thread swaps =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (!over.get()) {
                      Files.move(logs, aside);
                      Files.move(link, logs);
                      Files.move(logs, link);
                      Files.move(aside, logs);
                    }
                  } catch (IOException e) {
                    throw new IllegalStateException(e);
                  }
                });
    int own = 0;
    int kept = 0;
    for (int i = 0; i < 3_000; i++) {
      try {
        assertThat(text(of("logs/secret"))).isEqualTo("its own");
        own++;
      } catch (SandboxTroubleException | FileSystemException e) {
        kept++;
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("symbolic link");
        kept++;
      }
    }
    over.set(true);
    swaps.join();
    assertThat(own + kept).isEqualTo(3_000);
    assertThat(text(of("logs/secret"))).isEqualTo("its own");
  }

  @Test
  void aPipeKeepsNobodyWaiting() throws Exception {
    Process mkfifo = new ProcessBuilder("mkfifo", sandbox.resolve("pipe").toString()).start();
    assertThat(mkfifo.waitFor()).isZero();
    refused(
        SandboxTrouble.SANDBOX_REFUSED,
        of("pipe"),
        "'pipe' is no file that can be read: a pipe, a socket or a device");
    assertThat(list("pipe").getFirst().getKind()).isEqualTo("other");
  }

  @Test
  void whatIsThereIsToldByName() throws Exception {
    Files.createDirectory(sandbox.resolve("logs"));
    Files.writeString(sandbox.resolve("logs/a.log"), "abc");
    Files.setPosixFilePermissions(
        sandbox.resolve("logs/a.log"), PosixFilePermissions.fromString("rw-r-x--x"));
    assertThat(list("")).extracting(SandboxEntry::getName).containsExactly("logs", "stdout");
    SandboxEntry file = list("logs/").getFirst();
    assertThat(file.getName()).isEqualTo("a.log");
    assertThat(file.getKind()).isEqualTo("file");
    assertThat(file.getSize()).isEqualTo(3);
    assertThat(file.getMode()).isEqualTo(0100651);
    assertThat(file.getModified()).isPositive();
    assertThat(file.getOwner()).isEqualTo(Files.getOwner(sandbox).getName());
    assertThat(list("logs/a.log")).containsExactly(file);
    assertThat(list("").getFirst().getMode() & 0170000).isEqualTo(0040000);
  }

  @Test
  void aListIsBounded() throws Exception {
    for (int i : IntStream.range(0, 1_050).map(i -> 1_049 - i).toArray()) {
      Files.createFile(sandbox.resolve("f%04d".formatted(i)));
    }
    SandboxReply reply = read(of("").setList(true));
    assertThat(reply.getEntriesCount()).isEqualTo(1_000);
    assertThat(reply.getEntries(999).getName()).isEqualTo("f0999");
    assertThat(reply.getLeftOut()).isEqualTo(51);
  }

  @Test
  void theNewestRunIsMeantUnlessOneIsNamed() throws Exception {
    Files.writeString(run("t1", "c2", 0).resolve("stdout"), "new");
    Files.setLastModifiedTime(
        sandbox.resolveSibling("c2"), FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));
    Files.createSymbolicLink(sandbox.resolveSibling("latest"), Path.of("c1"));
    assertThat(text(of("stdout"))).isEqualTo("new");
    assertThat(text(of("stdout").setContainerId("c1"))).isEqualTo("0123456789");
    refused(
        SandboxTrouble.SANDBOX_GONE,
        of("stdout").setContainerId("c3"),
        "there is no sandbox of 't1' of framework f, run c3: it never was there, or was removed");
  }

  @Test
  void aTaskInTheSandboxOfItsExecutorIsFoundByItsContainer() throws Exception {
    Path nested = Files.createDirectories(run("e", "c7", 5).resolve("containers/c8"));
    Files.writeString(nested.resolve("stdout"), "nested");
    SandboxReply reply = read(of("stdout").setExecutorId("e").setContainerId("c8"));
    assertThat(reply.getData().toStringUtf8()).isEqualTo("nested");
    assertThat(reply.getContainerId()).isEqualTo("c8");
  }

  @Test
  void moreThanItCanDoIsAnsweredAsBusy() throws Exception {
    CountDownLatch slow = new CountDownLatch(1);
    BlockingQueue<SandboxReply> answers = new LinkedBlockingQueue<>();
    try (SandboxDesk desk = new SandboxDesk(new TaskDisk(root))) {
      for (int i = 1; i <= 20; i++) {
        desk.answer(of("stdout").setId(i).build(), message -> take(message, slow, answers));
      }
      desk.answer(of("stdout").setId(21).build(), message -> answers.add(message.getSandbox()));
      SandboxReply busy = answers.poll(20, TimeUnit.SECONDS);
      assertThat(busy.getId()).isEqualTo(21);
      assertThat(busy.getTrouble()).isEqualTo(SandboxTrouble.SANDBOX_BUSY);
      assertThat(busy.getText()).contains("20 others", "ask again");
      slow.countDown();
      for (int i = 1; i <= 20; i++) {
        assertThat(answers.poll(20, TimeUnit.SECONDS).getData().toStringUtf8())
            .isEqualTo("0123456789");
      }
    }
  }

  private static void take(
      AgentMessage message, CountDownLatch slow, BlockingQueue<SandboxReply> answers) {
    try {
      slow.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    answers.add(message.getSandbox());
  }

  @Test
  void whatCannotBeDoneIsAnswered() throws Exception {
    BlockingQueue<SandboxReply> answers = new LinkedBlockingQueue<>();
    try (SandboxDesk desk = new SandboxDesk(new TaskDisk(root.resolve("nowhere")))) {
      desk.answer(of("stdout").setId(4).build(), message -> answers.add(message.getSandbox()));
      SandboxReply failed = answers.poll(20, TimeUnit.SECONDS);
      assertThat(failed.getId()).isEqualTo(4);
      assertThat(failed.getTrouble()).isEqualTo(SandboxTrouble.SANDBOX_FAILED);
      assertThat(failed.getText()).contains("'stdout' cannot be read", "NoSuchFileException");
      desk.answer(
          of("stdout").build(),
          message -> {
            throw new IllegalStateException("its stream has ended");
          });
      desk.answer(of("..").setId(5).build(), message -> answers.add(message.getSandbox()));
      assertThat(answers.poll(20, TimeUnit.SECONDS).getTrouble())
          .isEqualTo(SandboxTrouble.SANDBOX_REFUSED);
    }
  }
}
