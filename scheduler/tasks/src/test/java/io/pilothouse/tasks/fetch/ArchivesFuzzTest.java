package io.pilothouse.tasks.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives that a command has fetched: unpacked within its directory, or refused in words. */
class ArchivesFuzzTest {
  private static final String LONG = "d/" + "n".repeat(120) + "/f";

  @TempDir Path dir;

  private static byte[] pax(String... records) {
    StringBuilder all = new StringBuilder();
    for (String each : records) {
      int length = each.length() + 4;
      all.append(length < 10 ? "0" + length : length).append(' ').append(each).append('\n');
    }
    return all.toString().getBytes(UTF_8);
  }

  private static List<byte[]> tars() throws IOException {
    byte[] pax = pax("path=d/pax", "size=5", "mtime=1.5", "uid=7");
    byte[] name = (LONG + "\0").getBytes(UTF_8);
    return List.of(
        new Tar().file("a", "alpha").file("d/b", 0755, "beta").link("d/l", "../a").bytes(),
        new Tar()
            .add("d/", 0755, '5', "", 0, new byte[0])
            .file("d/f", "x".repeat(700))
            .add("d/h", 0644, '1', "d/f", 0, new byte[0])
            .bytes(),
        new Tar().add("p", 0644, 'x', "", pax.length, pax).file("short", "12345").bytes(),
        new Tar()
            .add("././@LongLink", 0644, 'L', "", name.length, name)
            .file("cut", "12345")
            .add("././@LongLink", 0644, 'K', "", name.length, name)
            .link("to", "cut")
            .bytes());
  }

  private static Fuzz archives(String name) {
    return Fuzz.of(name)
        .tokens("../", "/etc/", "a/", "\0", "\0\0\0\0\0\0\0\0", "./", "\u00ff", "\u001b[2J", "\n")
        .tokens("ustar\00000", "ustar  \0", "00000000005\0", "77777777777\0", "\u0080\0\0\0\0\0\0")
        .tokens("29 mtime=9223372036854775807\n", "28 linkpath=aaaaaaaaaaaaaaa\n", "size=", "path=")
        .tokens("0", "1", "2", "3", "5", "7", "x", "g", "L", "K", "S", "stdout", "PK\u0001\u0002")
        .tokens("PK\u0005\u0006", "PK\u0003\u0004", "\u00ff\u00ff\u00ff\u00ff", "PK\u0006\u0007")
        .allocating(16 << 20, 1_000);
  }

  /** Whether it was unpacked; nothing is outside of the directory, or leads there. */
  private boolean isUnpacked(String name, byte[] bytes) throws Exception {
    Path archive = Files.write(dir.resolve(name), bytes);
    Path root = Files.createDirectories(dir.resolve("box").resolve("tree"));
    FetchLimits usual = FetchLimits.usual(0);
    FetchLimits limits =
        new FetchLimits(
            usual.file(),
            4 << 20,
            2_000,
            0,
            usual.connect(),
            usual.stall(),
            usual.whole(),
            1,
            usual.pause());
    try {
      Item item = Item.of(CommandInfo.URI.newBuilder().setValue(archive.toString()).build());
      new Unpacking(new Tree(root), new Budget(limits), new Helper(), Optional.empty())
          .unpack(item, archive);
      return true;
    } catch (FetchException e) {
      Wording.check(e.getMessage());
      return false;
    } finally {
      requireWithin(root);
      DurableFiles.deleteTree(root);
    }
  }

  private void requireWithin(Path root) throws IOException {
    try (Stream<Path> beside = Files.list(dir.resolve("box"))) {
      assertThat(beside).as("beside it").containsExactly(root);
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(root)) {
      all = walk.toList();
    }
    Path real = root.toRealPath();
    for (Path each : all) {
      if (Files.isSymbolicLink(each) && Files.exists(each)) {
        assertThat(each.toRealPath().startsWith(real)).as("where %s leads", each).isTrue();
      } else if (!Files.isSymbolicLink(each)) {
        assertThat(
                Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)
                    || Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
            .as("kind of %s", each)
            .isTrue();
      }
    }
  }

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  @Test
  void tar() throws IOException {
    both(
        archives("fetched-tar")
            .sound(tars())
            .inputs(1_000)
            .run(input -> isUnpacked("a.tar", TarSums.right(input))));
  }

  @Test
  void tarInGzip() throws IOException {
    List<byte[]> packed = new ArrayList<>();
    for (byte[] each : tars()) {
      packed.add(Tar.gzip(each));
    }
    packed.add(Tar.gzip(new Tar().file("zeros", "0".repeat(2 << 20)).bytes()));
    both(
        archives("fetched-tgz").sound(packed).inputs(300).run(input -> isUnpacked("a.tgz", input)));
  }

  @Test
  void gzip() throws IOException {
    both(
        archives("fetched-gz")
            .sound(Tar.gzip("alpha".getBytes(UTF_8)))
            .inputs(300)
            .run(input -> isUnpacked("a.gz", input)));
  }

  @Test
  void zip() throws IOException {
    both(
        archives("fetched-zip")
            .sound(zip("a", "d/b", "d/"))
            .sound(zip("x/y/z/" + "n".repeat(50)))
            .inputs(1_000)
            .run(input -> isUnpacked("a.zip", input)));
  }

  private static byte[] zip(String... names) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String each : names) {
        zip.putNextEntry(new ZipEntry(each));
        if (!each.endsWith("/")) {
          zip.write(each.getBytes(UTF_8));
        }
        zip.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void aNameThatNoFileCanHaveIsRefused() throws IOException {
    for (String each : List.of("n".repeat(300), "d/".repeat(1_900) + "f".repeat(290))) {
      byte[] name = each.getBytes(UTF_8);
      byte[] tar =
          new Tar().add("././@LongLink", 0644, 'L', "", name.length, name).file("cut", "x").bytes();
      Files.createDirectories(dir.resolve("box/tree"));
      Path archive = Files.write(dir.resolve("a.tar"), tar);
      Item item = Item.of(CommandInfo.URI.newBuilder().setValue(archive.toString()).build());
      Unpacking unpacking =
          new Unpacking(
              new Tree(dir.resolve("box/tree")),
              new Budget(FetchLimits.usual(0)),
              new Helper(),
              Optional.empty());
      assertThatThrownBy(() -> unpacking.unpack(item, archive))
          .isInstanceOf(FetchException.class)
          .hasMessageContaining("a name that is too long");
    }
  }

  @Test
  void aNameDoesNotMoveTheCursorOfWhoReadsTheLog() {
    assertThat(new FetchException("it holds \"\u001b[2J\nx\"")).hasMessage("it holds \"?[2J?x\"");
    assertThat(new FetchException("x".repeat(10_000)).getMessage()).hasSizeLessThan(4_096);
  }
}
