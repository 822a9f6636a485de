package io.pilothouse.tasks.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.tasks.fetch.Tar;
import io.pilothouse.tasks.fetch.TarSums;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Archives of images: what docker save wrote, OCI layouts, and layers. Unpacked within their root,
 * or refused in words.
 */
class ImagesFuzzTest {
  private static final String HERE = "amd64";

  @TempDir Path dir;

  private static Fuzz images(String name) {
    return Fuzz.of(name)
        .tokens("../", "/", ".wh.", ".wh..wh..opq", "\0", "./", "\u00ff", "\u001b[2J", "\n", "d/")
        .tokens("ustar\00000", "00000000005\0", "77777777777\0", "\u0080\0\0\0\0\0\0\0\0", "@", ":")
        .tokens("29 mtime=9223372036854775807\n", "19 uid=99999999999\n", "12 path=a/b\n", "dev/")
        .tokens("0", "1", "2", "3", "5", "x", "g", "L", "K", "{", "}", "[", "]", "\"", ",", "null")
        .tokens("sha256:", "\\u0000", "\\u001b", "manifests", "latest", "linux", "amd64", "1e99")
        .allocating(32 << 20, 1_000);
  }

  private static List<Tar> layers() throws IOException {
    return List.of(
        new Tar()
            .file("etc/passwd", "root:x:0:0::/:/bin/sh\nweb:x:7:8::/:/bin/sh\n")
            .file("etc/group", "root:x:0:\nweb:x:8:web\n")
            .add("tmp/", 01777, '5', "", 0, new byte[0])
            .link("lib", "usr/lib")
            .file("lib/a", "a")
            .add("b", 0644, '1', "lib/a", 0, new byte[0])
            .add("dev/null", 0644, '3', "", 0, new byte[0]),
        new Tar().file("etc/.wh.group", "").file("usr/.wh..wh..opq", "").file("usr/c", "c"));
  }

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  /** All that is asked of an archive, up to the user that its image runs as. */
  private boolean isUnpacked(Contents contents) throws IOException {
    Path root = Files.createDirectories(dir.resolve("box").resolve("rootfs"));
    try (contents) {
      for (SavedImage image : SavedImages.of(contents, "called", HERE)) {
        byte[] bytes = contents.read(image.config());
        ImageConfig config = ImageConfig.of(SavedImages.parse(bytes, image.config()), HERE);
        image.names().forEach(each -> Wording.check(each.toString()));
        new Layers(contents, root).unpack(image.layers(), config.diffs());
        ImageUser.of(config.user(), root);
        ImageCommand.words(
            CommandInfo.newBuilder().setShell(false).setValue("x").build(), config, true);
      }
      return true;
    } catch (ImageException e) {
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
      all = walk.filter(each -> !Files.isSymbolicLink(each)).toList();
    }
    for (Path each : all) {
      assertThat(
              Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)
                  || Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
          .as("kind of %s", each)
          .isTrue();
    }
  }

  private Contents opened(byte[] archive) throws IOException {
    Path file = Files.write(dir.resolve("archive"), archive);
    return Catalogue.open(file, dir);
  }

  private boolean isTaken(byte[] archive) throws IOException {
    Contents contents;
    try {
      contents = opened(archive);
    } catch (ImageException | io.pilothouse.tasks.fetch.FetchException e) {
      Wording.check(e.getMessage());
      return false;
    }
    return isUnpacked(contents);
  }

  @Test
  void archives() throws IOException {
    Saved saved = new Saved();
    for (Tar each : layers()) {
      saved.layer(each);
    }
    saved.says("'Cmd':['/bin/x'],'User':'web','Env':['A=b'],'WorkingDir':'/tmp'");
    both(
        images("image-archives")
            .sound(saved.docker("app:v1", "registry.example/app:v1"))
            .sound(Saved.tar(saved.layout("'org.opencontainers.image.ref.name':'v1'")))
            .inputs(250)
            .run(input -> isTaken(TarSums.right(input))));
    Summary packed =
        images("image-archives-gzip")
            .sound(Saved.gzip(saved.docker("app:v1")))
            .inputs(100)
            .run(this::isTaken);
    assertThat(packed.refused()).as(packed.toString()).isPositive();
  }

  /** One spoiled layer on a sound one, with the checksums that it must have. */
  @Test
  void layersOfImages() throws IOException {
    byte[] below = layers().getFirst().bytes();
    List<byte[]> sound = new ArrayList<>();
    for (Tar each : layers()) {
      sound.add(each.bytes());
    }
    both(
        images("image-layers")
            .sound(sound)
            .inputs(150)
            .run(
                input -> {
                  byte[] layer = TarSums.right(input);
                  return isTaken(docker(below, layer));
                }));
  }

  private static byte[] docker(byte[]... layers) throws IOException {
    Tar tar = new Tar();
    List<String> files = new ArrayList<>();
    List<String> diffs = new ArrayList<>();
    for (byte[] each : layers) {
      files.add("\"l" + files.size() + "\"");
      diffs.add("\"sha256:" + Sha256.hex(each) + "\"");
      Saved.add(tar, "l" + (files.size() - 1), each);
    }
    Saved.add(
        tar,
        "c",
        "{\"rootfs\":{\"diff_ids\":[%s]},\"config\":{\"User\":\"web\"}}"
            .formatted(String.join(",", diffs))
            .getBytes(UTF_8));
    return Saved.add(
            tar,
            "manifest.json",
            "[{\"Config\":\"c\",\"Layers\":[%s]}]"
                .formatted(String.join(",", files))
                .getBytes(UTF_8))
        .bytes();
  }

  /** Descriptions alone: an index, a manifest and a configuration, a line each. */
  @Test
  void descriptions() {
    String hex = "%s";
    both(
        images("image-descriptions")
            .sound(
                ("{'manifests':[{'digest':'sha256:%s','platform':{'os':'linux','architecture':"
                        + "'amd64'},'annotations':{'io.containerd.image.name':'docker.io/a:b'}}]}\n"
                        + "{'config':{'digest':'sha256:%s'},'layers':[]}\n"
                        + "{'config':{'User':'7:8','Cmd':['x']},'rootfs':{'diff_ids':[]}}")
                    .formatted(hex, hex)
                    .replace('\'', '"'))
            .tokens("%s", "{\"manifests\":[", "\"digest\":\"sha256:%s\"", "\n")
            .inputs(500)
            .run(this::isDescribed));
  }

  /** Where a digest is to be, the one of the next line's content is put in. */
  private boolean isDescribed(byte[] input) throws IOException {
    List<String> lines = List.of(new String(input, UTF_8).split("\n", 4));
    Map<String, byte[]> files = new LinkedHashMap<>();
    String below = "";
    for (String each : lines.reversed()) {
      byte[] bytes = each.replace("%s", below).getBytes(UTF_8);
      below = Sha256.hex(bytes);
      files.put("blobs/sha256/" + below, bytes);
      files.put("index.json", bytes);
    }
    return isUnpacked(new InMemory(files));
  }

  private record InMemory(Map<String, byte[]> files) implements Contents {
    @Override
    public Path source() {
      return Path.of("memory");
    }

    @Override
    public boolean has(String name) {
      return files.containsKey(name);
    }

    @Override
    public java.io.InputStream open(String name) throws IOException {
      byte[] bytes = files.get(name);
      if (bytes == null) {
        throw Contents.missing(name);
      }
      return new java.io.ByteArrayInputStream(bytes);
    }

    @Override
    public void close() {}
  }

  @Test
  void namesOfImages() {
    both(
        Fuzz.of("image-names")
            .sound(
                "busybox",
                "docker.io/library/busybox:latest",
                "h:5000/a/b:v1",
                "a@sha256:" + "0123456789abcdef".repeat(4))
            .tokens("/", ":", "@", "sha256:", "\0", "..", "library/", "index.docker.io/", "\u001b")
            .inputs(10_000)
            .allocating(1 << 20, 200)
            .run(
                input -> {
                  try {
                    ImageName name = ImageName.of(new String(input, UTF_8));
                    assertThat(ImageName.of(name.toString()).repository()).isNotEmpty();
                    Wording.check(name.toString());
                    return true;
                  } catch (ImageException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                }));
  }

  private void refuses(String words, byte[]... layers) throws IOException {
    byte[] archive = docker(layers);
    Path root = Files.createDirectories(dir.resolve("rootfs"));
    try (Contents contents = opened(archive)) {
      SavedImage image = SavedImages.of(contents, "called", HERE).getFirst();
      List<String> diffs = Stream.of(layers).map(Sha256::hex).toList();
      assertThatThrownBy(() -> new Layers(contents, root).unpack(image.layers(), diffs))
          .isInstanceOf(ImageException.class)
          .hasMessageContaining(words);
    }
    DurableFiles.deleteTree(root);
  }

  @Test
  void aNameThatNoFileCanHaveIsRefused() throws IOException {
    byte[] name = "n".repeat(300).getBytes(UTF_8);
    refuses(
        "a name that is too long",
        new Tar().add("././@LongLink", 0644, 'L', "", name.length, name).file("cut", "x").bytes());
  }

  @Test
  void anotherNameOfWhatItTakesThePlaceOfIsRefused() throws IOException {
    refuses(
        "which it does not hold before",
        new Tar().file("a/b", "x").add("a", 0644, '1', "a/b", 0, new byte[0]).bytes());
  }

  @Test
  void aFileByAnotherWayToItIsItself() throws IOException {
    byte[] layer =
        new Tar()
            .file("d/f", "x")
            .link("l", "d")
            .add("l/f", 0644, '1', "d/f", 0, new byte[0])
            .bytes();
    assertThat(isTaken(docker(layers().getFirst().bytes(), layer))).isTrue();
  }

  @Test
  void aTimeThatIsNoneIsTheLastThatCanBe() throws IOException {
    byte[] pax = "29 mtime=9223372036854775807\n".getBytes(UTF_8);
    byte[] layer = new Tar().add("p", 0644, 'x', "", pax.length, pax).file("f", "x").bytes();
    assertThat(isTaken(docker(layers().getFirst().bytes(), layer))).isTrue();
  }

  @Test
  void listsThatNameEachOtherAgainAndAgainAreRefused() {
    StringBuilder below = new StringBuilder("{\"manifests\":[]}");
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (int depth = 0; depth < 3; depth++) {
      byte[] bytes = below.toString().getBytes(UTF_8);
      files.put("blobs/sha256/" + Sha256.hex(bytes), bytes);
      String entry = "{\"digest\":\"sha256:" + Sha256.hex(bytes) + "\"}";
      below = new StringBuilder("{\"manifests\":[" + entry + ("," + entry).repeat(2_000) + "]}");
    }
    files.put("index.json", below.toString().getBytes(UTF_8));
    assertThatThrownBy(() -> SavedImages.of(new InMemory(files), "called", HERE))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("more than 1000 descriptions");
  }

  @Test
  void namesThatFillTheMemoryAreRefused() throws IOException {
    Tar tar = new Tar();
    for (int i = 0; i < 300; i++) {
      byte[] name = ("d/".repeat(1_990) + i).getBytes(UTF_8);
      tar.add("././@LongLink", 0644, 'L', "", name.length, name).file("cut", "x");
    }
    byte[] archive = tar.bytes();
    assertThatThrownBy(() -> opened(archive))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("names of more than 1048576 characters together");
  }

  @Test
  void aDirectoryWithANameThatNoFileCanHaveHoldsNoSuchFile() throws IOException {
    DirectoryContents contents = new DirectoryContents(dir);
    assertThat(contents.has("a\0b")).isFalse();
    assertThatThrownBy(() -> contents.open("a\0b"))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining("it does not hold a?b");
    assertThat(Optional.of(contents.source())).contains(dir);
  }
}
