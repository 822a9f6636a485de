package io.pilothouse.filesync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.Packer.Packed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PackerTest {
  @TempDir Path dir;

  @Test
  void packsFilesModesAndLinks() throws Exception {
    Packed packed = Packer.pack(Trees.service(dir));
    assertThat(packed.index().entries())
        .extracting(ContentIndex.Entry::path)
        .containsExactly("bin/current", "bin/web", "empty", "manifest.yaml");
    FileEntry web = packed.index().files().getFirst();
    assertThat(web.mode()).isEqualTo(0755);
    assertThat(web.chunks()).hasSizeGreaterThan(4);
    assertThat(read(packed, web)).isEqualTo(Files.readAllBytes(dir.resolve("bin/web")));
    assertThat(packed.index().bytes()).isEqualTo((1 << 20) + 5700);
    assertThat(ContentIndex.parse(packed.index().toBytes())).isEqualTo(packed.index());
  }

  private static byte[] read(Packed packed, FileEntry file) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Chunk chunk : file.chunks()) {
      bytes.write(packed.read(chunk));
    }
    return bytes.toByteArray();
  }

  @Test
  void theSameFilesGiveTheSameDigestAnywhere() throws Exception {
    for (long seed = 0; seed < 8; seed++) {
      Path one = Trees.random(dir.resolve("one" + seed), seed);
      Path two = Trees.random(dir.resolve("two" + seed), seed);
      Files.createDirectories(two.resolve("without/files"));
      ContentIndex index = Packer.pack(one).index();
      assertThat(Packer.pack(two).index().digest()).as("seed " + seed).isEqualTo(index.digest());
      assertThat(ContentIndex.parse(index.toBytes())).as("seed " + seed).isEqualTo(index);
    }
  }

  @Test
  void anyDifferenceGivesAnotherDigest() throws Exception {
    String digest = Packer.pack(Trees.service(dir)).index().digest();
    Files.setPosixFilePermissions(dir.resolve("empty"), Modes.permissions(0644));
    assertThat(Packer.pack(dir).index().digest()).isNotEqualTo(digest);
    Files.setPosixFilePermissions(dir.resolve("empty"), Modes.permissions(0600));
    assertThat(Packer.pack(dir).index().digest()).isEqualTo(digest);
    Files.move(dir.resolve("empty"), dir.resolve("Empty"));
    assertThat(Packer.pack(dir).index().digest()).isNotEqualTo(digest);
  }

  @Test
  void anIndexThatIsWrittenAsItComesIsTheSame() throws Exception {
    for (int seed = 0; seed < 20; seed++) {
      Path source = Trees.random(dir.resolve("tree " + seed), seed);
      Trees.file(source.resolve("f0.a/f"), 0644, new byte[] {1});
      Trees.file(source.resolve("f0-/f"), 0644, new byte[] {1});
      Packed packed = Packer.pack(source);
      PackedFile written = Packer.pack(source, dir.resolve("index"));
      assertThat(written.index().file()).hasBinaryContent(packed.index().toBytes());
      assertThat(written.index().digest()).isEqualTo(packed.index().digest());
      assertThat(written.files()).isEqualTo(packed.index().files().size());
      assertThat(written.bytes()).isEqualTo(packed.index().bytes());
      try (PieceReader pieces = new PieceReader(written.index())) {
        for (FileEntry file : packed.index().files()) {
          long offset = 0;
          for (Chunk chunk : file.chunks()) {
            PieceReader.Piece piece = new PieceReader.Piece(file.path(), offset, chunk);
            assertThat(pieces.next()).isEqualTo(piece);
            assertThat(written.read(piece)).isEqualTo(packed.read(chunk));
            offset += chunk.size();
          }
        }
        assertThat(pieces.next()).isNull();
      }
    }
  }

  @Test
  void namesWithControlCharactersAreRefused() throws Exception {
    for (String name : new String[] {"a\nb", "a\tb", "\u007f"}) {
      Path source = Files.createDirectories(dir.resolve("control"));
      Path file = Files.createFile(source.resolve(name));
      assertThatThrownBy(() -> Packer.pack(source))
          .isInstanceOf(ContentException.class)
          .hasMessageContaining(name.replaceAll("\\p{Cntrl}", "?"))
          .hasMessageContaining("without .. and control characters");
      Files.delete(file);
    }
  }

  @Test
  void namesThatDifferInCaseAloneAreRefused() throws Exception {
    Trees.service(dir);
    Trees.file(dir.resolve("Bin/other"), 0644, new byte[3]);
    assertThatThrownBy(() -> Packer.pack(dir))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("\"Bin\" and \"bin\" differ in case alone: rename one of them");
    Files.move(dir.resolve("Bin"), dir.resolve("other"));
    Trees.file(dir.resolve("other/b/OTHER"), 0644, new byte[3]);
    assertThat(Packer.pack(dir).index().files()).hasSize(5);
    Trees.file(dir.resolve("other/b/c/x"), 0644, new byte[3]);
    Trees.file(dir.resolve("other/b/other"), 0644, new byte[3]);
    assertThatThrownBy(() -> Packer.pack(dir))
        .hasMessageContaining("\"other/b/OTHER\" and \"other/b/other\" differ in case alone");
  }

  @Test
  void aCycleOfLinksIsPackedAsItIs() throws Exception {
    Trees.service(dir);
    Files.createSymbolicLink(dir.resolve("one"), Path.of("two"));
    Files.createSymbolicLink(dir.resolve("two"), Path.of("one"));
    Files.createSymbolicLink(dir.resolve("bin/up"), Path.of(".."));
    assertThat(Packer.pack(dir).index().entries())
        .contains(
            new ContentIndex.LinkEntry("one", "two"),
            new ContentIndex.LinkEntry("two", "one"),
            new ContentIndex.LinkEntry("bin/up", ".."));
  }

  @Test
  void aLinkToNothingIsPackedAsItIs() throws Exception {
    Files.createSymbolicLink(dir.resolve("missing"), Path.of("no/such"));
    assertThat(Packer.pack(dir).index().entries())
        .containsExactly(new ContentIndex.LinkEntry("missing", "no/such"));
  }

  @Test
  void aLinkToTheDirectoryIsFollowedOnce() throws Exception {
    Path real = Trees.service(dir.resolve("real"));
    Path link = Files.createSymbolicLink(dir.resolve("link"), Path.of("real"));
    assertThat(Packer.pack(link).index()).isEqualTo(Packer.pack(real).index());
  }

  @Test
  void linksThatLeaveAreRefused() throws Exception {
    Trees.service(dir);
    Files.createSymbolicLink(dir.resolve("bin/out"), Path.of("/etc/passwd"));
    assertThatThrownBy(() -> Packer.pack(dir))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("bin/out: a link to \"/etc/passwd\" may leave the directory");
  }

  @Test
  void socketsAreRefused() throws Exception {
    Path socket = dir.resolve("s");
    try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.bind(UnixDomainSocketAddress.of(socket));
      assertThatThrownBy(() -> Packer.pack(dir))
          .isInstanceOf(ContentException.class)
          .hasMessageContaining(socket + " is a device, pipe or socket");
    }
  }

  @Test
  void aDirectoryIsExpected() throws Exception {
    Path file = Files.createFile(dir.resolve("file"));
    assertThatThrownBy(() -> Packer.pack(file)).hasMessageContaining("is not a directory");
    assertThatThrownBy(() -> Packer.pack(dir.resolve("no")))
        .hasMessageContaining("is not a directory");
  }

  /** Bytes that are all alike are cut at the longest chunk, and so where the buffer ends. */
  @Test
  void filesOfBytesThatAreAllAlikeArePackedToTheirEnds() throws Exception {
    Path source = Files.createDirectories(dir.resolve("alike"));
    for (int size : new int[] {1, 256 << 10, 1 << 20, (1 << 20) + 1, 3 << 20, (5 << 18) + 7}) {
      for (byte each : new byte[] {0, 1, -1}) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, each);
        Files.write(source.resolve("file"), bytes);
        Packed packed = Packer.pack(source);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        for (Chunk chunk : packed.index().files().getFirst().chunks()) {
          read.write(packed.read(chunk));
        }
        assertThat(read.toByteArray()).as("%d times %d", size, each).isEqualTo(bytes);
      }
    }
  }

  @Test
  void aFileThatChangesMeanwhileIsNoticed() throws Exception {
    Packed packed = Packer.pack(Trees.service(dir));
    Chunk chunk = packed.index().files().getFirst().chunks().getFirst();
    Trees.file(dir.resolve("bin/web"), 0755, Trees.bytes(9, 3 << 20));
    assertThatThrownBy(() -> packed.read(chunk)).hasMessageContaining("changed while");
    assertThatThrownBy(() -> packed.read(new Chunk("a".repeat(64), 1)))
        .hasMessageContaining("no chunk " + "a".repeat(64));
  }
}
