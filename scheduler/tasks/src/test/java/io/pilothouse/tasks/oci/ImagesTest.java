package io.pilothouse.tasks.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.tasks.fetch.FetchLimits;
import io.pilothouse.tasks.fetch.Fetcher;
import io.pilothouse.tasks.fetch.Origin;
import io.pilothouse.tasks.fetch.Tar;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImagesTest {
  @TempDir private Path dir;
  private Path shelf;
  private List<Path> shelves;
  private Images images;
  private Download download;
  private final List<String> claimed = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    shelf = Files.createDirectory(dir.resolve("shelf"));
    shelves = List.of(shelf);
    images = new Images(dir.resolve("images"), () -> shelves, new Semaphore(4));
    download = new Download(new Fetcher(dir.resolve("fetch"), FetchLimits.usual(0)));
  }

  private static Saved small() throws IOException {
    return new Saved().layer(new Tar().file("etc/hello", "hello")).says("'Cmd':['/bin/x']");
  }

  private Path get(String name) throws Exception {
    return images.get(name, download, claimed::add).rootfs();
  }

  private void put(String name, byte[] bytes) throws IOException {
    Files.write(shelf.resolve(name), bytes);
  }

  private void refuses(String name, String words) {
    assertThatThrownBy(() -> get(name))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining(words);
    assertThat(dir.resolve("images/work")).isEmptyDirectory();
  }

  @Test
  void whatDockerSaveWroteIsFoundByItsNames() throws Exception {
    put("a.tar", small().docker("app:v1", "registry.example/app:v1"));

    assertThat(get("docker.io/library/app:v1").resolve("etc/hello")).hasContent("hello");
    assertThat(get("registry.example/app:v1")).isEqualTo(get("app@sha256:" + small().id()));
    assertThat(images.get("app:v1", download, claimed::add).config().command())
        .containsExactly("/bin/x");
    assertThat(claimed).containsOnly(small().id());
    assertThat(dir.resolve("images/unpacked/" + small().id())).isDirectory();
    assertThat(dir.resolve("images/work")).isEmptyDirectory();
  }

  @Test
  void aCompressedArchiveIsReadLikeAPlainOne() throws Exception {
    put("a.tar.gz", Saved.gzip(small().docker("app:v1")));
    assertThat(get("app:v1").resolve("etc/hello")).hasContent("hello");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'org.opencontainers.image.ref.name':'app:v1' | app:v1",
        "'org.opencontainers.image.ref.name':'v1' | packed:v1",
        "'io.containerd.image.name':'docker.io/library/app:v1','org.opencontainers.image.ref.name':'v1'"
            + " | app:v1",
        "'other':'x' | packed",
      })
  void anOciLayoutIsFoundByWhatItSaysElseByItsFile(String annotations, String name)
      throws Exception {
    put("packed.tar", Saved.tar(small().layout(annotations)));
    assertThat(get(name).resolve("etc/hello")).hasContent("hello");
  }

  @Test
  void anOciLayoutMayLieOnTheDiskAsItIs() throws Exception {
    for (Map.Entry<String, byte[]> each :
        small().layout("'org.opencontainers.image.ref.name':'app:v1'").entrySet()) {
      Path file = shelf.resolve("layout").resolve(each.getKey());
      Files.createDirectories(file.getParent());
      Files.write(file, each.getValue());
    }
    assertThat(get("app:v1").resolve("etc/hello")).hasContent("hello");
  }

  @Test
  void ofAnImageForSeveralMachinesTheRightOneIsTaken() throws Exception {
    Saved other = new Saved().layer(new Tar().file("etc/hello", "other"));
    Map<String, byte[]> files = small().layout("");
    String mine = digest(files);
    files.putAll(other.layout(""));
    String others = digest(other.layout(""));
    String go = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    String both =
        Saved.blob(
            files,
            Saved.json(
                ("{'manifests':[{'digest':'sha256:%s','platform':{'os':'linux','architecture':'s390x'}},"
                        + "{'digest':'sha256:%s','platform':{'os':'linux','architecture':'%s'}}]}")
                    .formatted(others, mine, go)));
    files.put(
        "index.json",
        Saved.json(
            ("{'manifests':[{'digest':'sha256:%s','annotations':"
                    + "{'org.opencontainers.image.ref.name':'app:v1'}}]}")
                .formatted(both)));
    put("a.tar", Saved.tar(files));

    assertThat(get("app:v1").resolve("etc/hello")).hasContent("hello");
    assertThat(get("app@sha256:" + both)).isEqualTo(get("app@sha256:" + mine));
  }

  private static String digest(Map<String, byte[]> layout) {
    String index = new String(layout.get("index.json"), StandardCharsets.UTF_8);
    int at = index.indexOf("sha256:") + 7;
    return index.substring(at, at + 64);
  }

  @Test
  void aLayerTakesAwayWhatIsBelowItAndNothingOfItsOwn() throws Exception {
    put(
        "a.tar",
        new Saved()
            .layer(
                new Tar()
                    .file("a/gone", "1")
                    .file("a/stays", "2")
                    .file("b/gone", "3")
                    .file("b/deep/gone", "4")
                    .file("c", "a file")
                    .link("d", "a"))
            .layer(
                new Tar()
                    .file("b/new", "5")
                    .file("a/.wh.gone", "")
                    .file("b/.wh..wh..opq", "")
                    .file("c/now", "below")
                    .file("d/through", "6"))
            .docker("app"));
    // in the spec a file in the way of a directory is taken away by name
    refuses("app", "it holds \"c\" below \"c\", which is no directory");

    put(
        "a.tar",
        new Saved()
            .layer(
                new Tar()
                    .file("a/gone", "1")
                    .file("a/stays", "2")
                    .file("b/gone", "3")
                    .file("b/deep/gone", "4")
                    .link("d", "/a"))
            .layer(
                new Tar()
                    .file("b/new", "5")
                    .file("a/.wh.gone", "")
                    .file("b/.wh..wh..opq", "")
                    .file("d/through", "6"))
            .docker("app"));
    Path root = get("app");
    assertThat(root.resolve("a/gone")).doesNotExist();
    assertThat(root.resolve("a/stays")).hasContent("2");
    assertThat(root.resolve("b").toFile().list()).containsExactly("new");
    assertThat(root.resolve("a/through")).hasContent("6");
    assertThat(root.resolve("d")).isSymbolicLink();
  }

  @Test
  void rightsAreKeptButForThoseThatMakeSomebodyElse() throws Exception {
    put(
        "a.tar",
        new Saved()
            .layer(
                new Tar()
                    .file("su", 04755, "x")
                    .add("tmp/", 01777, '5', "", 0, new byte[0])
                    .file("secret", 0600, "y"))
            .docker("app"));
    Path root = get("app");
    assertThat((int) Files.getAttribute(root.resolve("su"), "unix:mode") & 07777).isEqualTo(0755);
    assertThat((int) Files.getAttribute(root.resolve("tmp"), "unix:mode") & 07777).isEqualTo(01777);
    assertThat((int) Files.getAttribute(root.resolve("secret"), "unix:mode") & 07777)
        .isEqualTo(0600);
  }

  @Test
  void namesBeyondAsciiNeedTheLocale() throws Exception {
    String name = "Főtanúsítvány.crt";
    put("a.tar", new Saved().layer(new Tar().file(name, "x")).docker("app"));
    if (System.getProperty("sun.jnu.encoding").equals("UTF-8")) {
      assertThat(get("app").resolve(name)).hasContent("x");
    } else {
      refuses("app", "is the agent's locale UTF-8 (LC_ALL or LANG, such as C.UTF-8)?");
    }
  }

  @Test
  void linksThatLeadOutLeadNowhereForTheAgent() throws Exception {
    Path outside = Files.createDirectory(dir.resolve("outside"));
    put(
        "a.tar",
        new Saved()
            .layer(
                new Tar()
                    .link("up", "../../../../../../../../" + outside)
                    .link("abs", outside.toString())
                    .file("up/one", "1")
                    .file("abs/two", "2"))
            .docker("app"));
    Path root = get("app");
    assertThat(outside).isEmptyDirectory();
    // where a program would find it whose root the image is
    assertThat(Path.of(root + outside.toString()).toFile().list()).contains("one", "two");
  }

  @Test
  void whatIsHostileIsRefused() throws Exception {
    Tar[] bad = {
      new Tar().file("../x", "1"),
      new Tar().file("a/../../x", "1"),
      new Tar().add("x", 0600, '3', "", 0, new byte[0]),
      new Tar().add("x", 0644, '1', "../../etc/passwd", 0, new byte[0]),
      new Tar().add("x", 0644, '1', "nothing", 0, new byte[0]),
      new Tar().link("a", "b").link("b", "a").file("a/x", "1"),
    };
    String[] words = {
      "it holds \"../x\", which leads out of the image",
      "it holds \"a/../../x\", which leads out of the image",
      "it holds \"x\", which is a device or a pipe",
      "it holds \"../../etc/passwd\", which leads out of the image",
      "\"x\" is a link to \"nothing\", which it does not hold before",
      "its links lead in a circle at \"a\"",
    };
    for (int i = 0; i < bad.length; i++) {
      put("a.tar", new Saved().layer(bad[i]).docker("app"));
      refuses("app", words[i]);
    }
    assertThat(dir.resolve("images/unpacked")).isEmptyDirectory();
  }

  @Test
  void devicesBelowDevAreLeftOut() throws Exception {
    put(
        "a.tar",
        new Saved()
            .layer(new Tar().add("dev/null", 0666, '3', "", 0, new byte[0]).file("a", "1"))
            .docker("app"));
    assertThat(get("app").resolve("dev/null")).doesNotExist();
  }

  @Test
  void contentThatIsNotAsItsHashSaysIsRefused() throws Exception {
    byte[] good = small().docker("app");
    byte[] bad = good.clone();
    int at = new String(bad, StandardCharsets.ISO_8859_1).lastIndexOf("hello\0");
    bad[at] = 'j';
    put("a.tar", bad);
    refuses("app", "expected: the archive is damaged, copy it anew");

    Map<String, byte[]> layout = small().layout("'org.opencontainers.image.ref.name':'app:v2'");
    for (String each : layout.keySet().stream().filter(e -> e.startsWith("blobs")).toList()) {
      byte[] blob = layout.get(each).clone();
      blob[blob.length - 2] ^= 1;
      Map<String, byte[]> broken = new TreeMap<>(layout);
      broken.put(each, blob);
      put("b.tar", Saved.tar(broken));
      assertThatThrownBy(() -> get("app:v2")).isInstanceOf(ImageException.class);
    }
    put("b.tar", Saved.tar(layout));
    assertThat(get("app:v2").resolve("etc/hello")).hasContent("hello");
  }

  @Test
  void anArchiveThatEndsInTheMiddleIsToldWithTheOthers() throws Exception {
    put("good.tar", small().docker("app:v1"));
    byte[] whole = small().docker("cut");
    put("cut.tar", Arrays.copyOf(whole, 700));
    put("none.tar", "no archive".getBytes(StandardCharsets.UTF_8));
    put("readme.txt", new byte[0]);
    refuses("apq:v1", "holds the image 'apq:v1': there are app:v1; ");
    refuses("apq:v1", "none.tar cannot be read: ");
    assertThat(get("app:v1")).isDirectory();
  }

  @Test
  void whoAsksForWhatIsNotThereIsToldWhatIs() throws Exception {
    put("a.tar", small().docker("app:v1", "zeta:1", "alpha:1", "frontend:1"));
    refuses(
        "app:v2",
        "no archive in [%s] holds the image 'app:v2': there are app:v1, alpha:1, frontend:1, zeta:1"
            .formatted(shelf));
    refuses("frontent:1", "there are frontend:1, alpha:1,");
    shelves = List.of(dir.resolve("nowhere"));
    refuses("app:v1", "there are none");
    shelves = List.of();
    refuses("app:v1", "have its type say in which directories archives of images are (offers:");
    refuses("a b", "is no image's name");
  }

  @Test
  void twoImagesOfOneNameAreNoImage() throws Exception {
    put("a.tar", small().docker("app:v1"));
    put("b.tar", small().docker("app:v1"));
    assertThat(get("app:v1")).isDirectory();
    put("b.tar", new Saved().layer(new Tar().file("x", "1")).docker("app:v1"));
    refuses("app:v1", "hold different images of the name 'app:v1'");
  }

  @Test
  void anArchiveThatHasChangedIsReadAgain() throws Exception {
    put("a.tar", small().docker("app"));
    Path before = get("app");
    put("a.tar", new Saved().layer(new Tar().file("x", "longer than before")).docker("app"));
    assertThat(get("app")).isNotEqualTo(before);
    assertThat(before).isDirectory();
  }

  @Test
  void whatCannotRunHereIsRefused() throws Exception {
    put("a.tar", small().on("'os':'linux','architecture':'s390x'").docker("app"));
    refuses("app", "it is for linux on s390x, and this machine is linux on");

    byte[] zstd = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0};
    Tar tar = new Tar();
    Saved.add(tar, "l", zstd);
    byte[] config = Saved.json("{'rootfs':{'diff_ids':['sha256:" + "a".repeat(64) + "']}}");
    Saved.add(tar, "c.json", config);
    Saved.add(
        tar,
        "manifest.json",
        Saved.json("[{'Config':'c.json','RepoTags':['app'],'Layers':['l']}]"));
    put("a.tar", tar.bytes());
    refuses("app", "it is compressed with zstd");
  }

  @Test
  void anArchiveByItsUriIsFetchedOnceAndKnownByItsChecksum() throws Exception {
    try (Origin origin = new Origin()) {
      byte[] archive = Saved.gzip(small().docker("app:v1"));
      origin.has("/app", archive);
      String uri = origin.uri("/app") + "#sha256=" + Sha256.hex(archive);

      assertThat(get(uri).resolve("etc/hello")).hasContent("hello");
      assertThat(get(uri).resolve("etc/hello")).hasContent("hello");
      assertThat(origin.requests).containsExactly("/app");

      refuses(origin.uri("/app"), "an image by its URI needs the archive's checksum");
      refuses(origin.uri("/app") + "#sha256=" + "0".repeat(64), "it has the SHA-256 ");
      refuses(origin.uri("/none") + "#sha256=" + "1".repeat(64), "HTTP status 404");
      origin.has("/text", "no archive");
      refuses(
          origin.uri("/text")
              + "#sha256="
              + Sha256.hex("no archive".getBytes(StandardCharsets.UTF_8)),
          "it is damaged: it ends in the middle");

      Path home = DurableFiles.parent(get(uri));
      DurableFiles.deleteTree(home);
      images.collect(Set::of, Instant.now(), DurableFiles::deleteTree);
      assertThat(dir.resolve("images/archives")).isEmptyDirectory();
      assertThat(get(uri).resolve("etc/hello")).hasContent("hello");
    }
  }

  @Test
  @Timeout(60)
  void whatIsFetchedKeepsNobodyFromUnpacking() throws Exception {
    images = new Images(dir.resolve("images"), () -> shelves, new Semaphore(1));
    put("a.tar", small().docker("app"));
    try (Origin origin = new Origin()) {
      CountDownLatch asked = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      byte[] archive = new Saved().layer(new Tar().file("etc/slow", "slow")).docker("slow");
      origin.answers(
          "/slow",
          exchange -> {
            asked.countDown();
            go.await();
            Origin.send(exchange, archive, archive.length);
          });
      String uri = origin.uri("/slow") + "#sha256=" + Sha256.hex(archive);
      FutureTask<Path> slow = new FutureTask<>(() -> images.get(uri, download, id -> {}).rootfs());
      Thread.ofVirtual().start(slow);
      asked.await();

      assertThat(get("app").resolve("etc/hello")).hasContent("hello");

      go.countDown();
      assertThat(slow.get().resolve("etc/slow")).hasContent("slow");
    }
  }

  @Test
  void whatNobodyUsesGoesAfterAWhile() throws Exception {
    put("a.tar", small().docker("app"));
    Path home = DurableFiles.parent(get("app"));
    Instant now = Instant.now();
    Removal removal = DurableFiles::deleteTree;
    images.collect(Set::of, now, removal);
    assertThat(home).isDirectory();

    Files.setLastModifiedTime(home.resolve("used"), FileTime.from(now.minus(Duration.ofDays(8))));
    images.collect(() -> Set.of(small().id()), now, removal);
    assertThat(home).isDirectory();
    images.collect(Set::of, now, removal);
    assertThat(home).doesNotExist();
    assertThat(get("app")).isDirectory();
  }

  @Test
  void whatAnAgentBeforeThisOneLeftHalfDoneIsRemoved() throws Exception {
    Path left = Files.createDirectories(dir.resolve("images/work/left"));
    put("a.tar", small().docker("app"));
    get("app");
    assertThat(left).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"'',0:0", "5,5:0", "www,33:34", "www:daemon,33:1", "7:9,7:9", "33,33:34"})
  void theImagesUserIsWhoItsOwnListsSay(String user, String ids) throws Exception {
    Path root = Files.createDirectories(dir.resolve("root/etc"));
    Files.writeString(root.resolve("passwd"), "root:x:0:0::/:/bin/sh\nwww:x:33:34::/:\n");
    Files.writeString(root.resolve("group"), "daemon:x:1:www\nmore:x:77:www,other\n");
    assertThat(ImageUser.of(user, dir.resolve("root")).owner()).isEqualTo(ids);
    assertThat(ImageUser.of("www", dir.resolve("root")).groups()).containsExactly(1, 77);
    assertThatThrownBy(() -> ImageUser.of("nobody-here", dir.resolve("root")))
        .hasMessage("its USER is 'nobody-here', whom its /etc/passwd and /etc/group do not name");
  }
}
