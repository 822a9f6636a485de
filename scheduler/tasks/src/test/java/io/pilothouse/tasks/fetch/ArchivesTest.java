package io.pilothouse.tasks.fetch;

import static io.pilothouse.tasks.fetch.Fetched.uri;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What archives hold comes out of them, and what attacks with them does not. */
class ArchivesTest {
  @TempDir private Path disk;
  private Fetched fetched;

  @BeforeEach
  void open() {
    fetched = new Fetched(disk.resolve("fetched"));
  }

  @AfterEach
  void close() {
    fetched.close();
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(disk.resolve(name), bytes);
  }

  private String refusal(String name, byte[] bytes) throws Exception {
    return fetched.fails(uri(file(name, bytes).toString()));
  }

  private Path unpacked(String name, byte[] bytes) throws Exception {
    return fetched.fetches(uri(file(name, bytes).toString()));
  }

  private void tar(String... args) throws Exception {
    Process process = new ProcessBuilder(args).directory(disk.toFile()).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", args)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.tar", "a.tgz", "a.tar.gz", "a.tar.bz2", "a.tbz2", "a.tar.xz", "a.txz"})
  void whatTarMadeComesOutOfIt(String name) throws Exception {
    String deep = "d/" + "long-name-".repeat(15) + "/file";
    Files.createDirectories(disk.resolve(deep).getParent());
    Files.writeString(disk.resolve(deep), "deep");
    Files.writeString(disk.resolve("d/run"), "#!/bin/sh\n");
    assertThat(disk.resolve("d/run").toFile().setExecutable(true)).isTrue();
    Files.createSymbolicLink(disk.resolve("d/link"), Path.of("run"));
    Files.createLink(disk.resolve("d/zweiter"), disk.resolve("d/run"));
    tar("tar", "--auto-compress", "-cf", name, "d");

    Path sandbox = fetched.fetches(uri(disk.resolve(name).toString()));

    assertThat(sandbox.resolve(deep)).hasContent("deep");
    assertThat(sandbox.resolve("d/run")).isExecutable();
    assertThat(Files.readSymbolicLink(sandbox.resolve("d/link"))).hasToString("run");
    assertThat(sandbox.resolve("d/zweiter")).hasContent("#!/bin/sh\n");
    assertThat(sandbox.resolve(name)).as("the archive itself, as in Mesos").exists();
  }

  @Test
  void paxNamesAreRead() throws Exception {
    Files.writeString(Files.createDirectories(disk.resolve("ä".repeat(70))).resolve("f"), "x");
    tar("tar", "--format=pax", "-cf", "p.tar", "ä".repeat(70));

    Path sandbox = fetched.fetches(uri(disk.resolve("p.tar").toString()));

    assertThat(sandbox.resolve("ä".repeat(70)).resolve("f")).hasContent("x");
  }

  @Test
  void zipAndGzAreUnpackedAndExtractIsObeyed() throws Exception {
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(zip)) {
      out.putNextEntry(new ZipEntry("d/"));
      out.putNextEntry(new ZipEntry("d/a"));
      out.write("zipped".getBytes(StandardCharsets.UTF_8));
    }
    byte[] gz = Tar.gzip("plain".getBytes(StandardCharsets.UTF_8));

    assertThat(unpacked("z.zip", zip.toByteArray()).resolve("d/a")).hasContent("zipped");
    assertThat(unpacked("words.txt.gz", gz).resolve("words.txt")).hasContent("plain");
    assertThat(
            fetched.fetches(uri(disk.resolve("z.zip").toString()).setExtract(false)).resolve("d"))
        .doesNotExist();
    assertThat(
            fetched.fetches(uri(disk.resolve("z.zip").toString()).setExecutable(true)).resolve("d"))
        .as("what is executable is not unpacked")
        .doesNotExist();
  }

  @Test
  void modesAndLinksOfAZipAreThoseOfUnix() throws Exception {
    Map<String, Integer> modes = new LinkedHashMap<>();
    modes.put("run", 0100755);
    modes.put("data", 0100644);
    modes.put("link", 0120777);

    Path sandbox = unpacked("u.zip", unixZip("run", modes));

    assertThat(sandbox.resolve("run")).isExecutable();
    assertThat(Files.isExecutable(sandbox.resolve("data"))).isFalse();
    assertThat(Files.readSymbolicLink(sandbox.resolve("link"))).hasToString("run");
    assertThat(refusal("bad.zip", unixZip("../../etc", modes)))
        .contains("\"link\" is a link to \"../../etc\", which may lead out of the sandbox");
  }

  /** Each with {@code target} as its content, and the modes of Unix in the central directory. */
  private static byte[] unixZip(String target, Map<String, Integer> modes) throws IOException {
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(zip)) {
      for (String name : modes.keySet()) {
        out.putNextEntry(new ZipEntry(name));
        out.write(target.getBytes(StandardCharsets.UTF_8));
      }
    }
    ByteBuffer bytes = ByteBuffer.wrap(zip.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    Iterator<Integer> mode = modes.values().iterator();
    for (int at = 0; mode.hasNext(); at++) {
      if (bytes.getInt(at) == 0x02014b50) {
        bytes.put(at + 5, (byte) 3);
        bytes.putInt(at + 38, mode.next() << 16);
      }
    }
    return bytes.array();
  }

  @Test
  void namesOutsideTheSandboxAreRefused() throws Exception {
    for (String name : List.of("../evil", "/tmp/evil", "a/../../evil")) {
      assertThat(refusal("a.tar", new Tar().file(name, "x").bytes()))
          .contains("it cannot be unpacked: it holds \"%s\"".formatted(name), "not within");
      ByteArrayOutputStream zip = new ByteArrayOutputStream();
      try (ZipOutputStream out = new ZipOutputStream(zip)) {
        out.putNextEntry(new ZipEntry(name));
      }
      assertThat(refusal("a.zip", zip.toByteArray())).contains(name, "not within");
    }
    assertThat(disk.resolve("evil")).doesNotExist();
    assertThat(refusal("a.tar", new Tar().file("stdout", "x").bytes()))
        .contains("it holds \"stdout\", which is what the command writes");
  }

  @Test
  void linksThatMayLeadOutAreRefused() throws Exception {
    for (String target : List.of("/etc", "..", "../../x", "a/../../x", "d/..", "")) {
      assertThat(refusal("l.tar", new Tar().link("link", target).bytes()))
          .contains("which may lead out of the sandbox");
    }
    // up by a link that stays within: its name and then up would leave
    byte[] chain =
        new Tar().link("p/q/r", "../..").link("s", "p/q/r/../z").file("s/f", "x").bytes();
    assertThat(refusal("c.tar", chain)).contains("\"s\" is a link", "may lead out");
    byte[] through = new Tar().link("d", "e").file("d/f", "x").bytes();
    assertThat(refusal("t.tar", through)).contains("which is no directory but a file or a link");
    byte[] hard = new Tar().add("h", 0644, '1', "../../etc/passwd", 0, new byte[0]).bytes();
    assertThat(refusal("h.tar", hard)).contains("not within");
    byte[] none = new Tar().add("h", 0644, '1', "none", 0, new byte[0]).bytes();
    assertThat(refusal("n.tar", none)).contains("which it does not hold before");
    byte[] toLink = new Tar().link("l", "x").add("h", 0644, '1', "l", 0, new byte[0]).bytes();
    assertThat(refusal("k.tar", toLink)).contains("which it does not hold before");
  }

  @Test
  void aLaterUriDoesNotWriteThroughALinkOfAnEarlierOne() throws Exception {
    Path archive = file("d.tar", new Tar().link("conf", "elsewhere").bytes());
    Path plain = file("plain", new byte[1]);

    assertThat(
            fetched.fails(uri(archive.toString()), uri(plain.toString()).setOutputFile("conf/x")))
        .contains(plain.toString(), "no directory but a file or a link");
  }

  @Test
  void devicesAndRightsOfOthersAreNotUnpacked() throws Exception {
    for (char type : new char[] {'3', '4', '6'}) {
      byte[] device = new Tar().add("dev", 0666, type, "", 0, new byte[0]).bytes();
      assertThat(refusal("d.tar", device)).contains("\"dev\", which is a device or a pipe");
    }
    Path sandbox = unpacked("s.tar", new Tar().file("suid", 06777, "x").bytes());
    assertThat(Files.getAttribute(sandbox.resolve("suid"), "unix:mode")).isEqualTo(0100755);
  }

  @Test
  void whatUnfoldsToTooMuchIsRefused() throws Exception {
    byte[] zeros = new byte[(1 << 20) + 1];
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(zip)) {
      out.putNextEntry(new ZipEntry("zeros"));
      out.write(zeros);
    }
    Tar many = new Tar();
    for (int i = 0; i <= 100; i++) {
      many.file("f" + i, "");
    }

    assertThat(refusal("z.gz", Tar.gzip(zeros))).contains("it unfolds to more than 1048576 bytes");
    assertThat(refusal("z.zip", zip.toByteArray())).contains("it unfolds to more than");
    assertThat(refusal("m.tgz", many.gzip())).contains("it holds more than 100 files");
    byte[] huge = new Tar().add("huge", 0644, '0', "", 1L << 32, new byte[10]).bytes();
    assertThat(refusal("h.tar", huge)).contains("it ends in the middle");
  }

  @Test
  void damagedArchivesAreRefused() throws Exception {
    byte[] good = new Tar().file("a", "x".repeat(5000)).gzip();
    byte[] flipped = good.clone();
    flipped[good.length - 6] ^= 1; // of the checksum
    byte[] text = "<html>not found</html>".repeat(100).getBytes(StandardCharsets.UTF_8);

    assertThat(refusal("cut.tgz", Arrays.copyOf(good, good.length / 2))).contains("is damaged");
    assertThat(refusal("flip.tgz", flipped)).contains("is damaged");
    assertThat(refusal("text.tgz", text)).contains("is damaged, or no such archive");
    assertThat(refusal("text.tar", text)).contains("it is no tar archive");
    assertThat(refusal("text.zip", text)).contains("is damaged, or no such archive");
    assertThat(refusal("text.tar.xz", text)).contains("is damaged, or no such archive");
    assertThat(refusal("text.tar.bz2", text)).contains("is damaged, or no such archive");
  }

  /** An end record of a zip, and nothing before it. */
  private static byte[] zipEnd(int entries, int length) {
    return ByteBuffer.allocate(22)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x06054b50)
        .putInt(0)
        .putShort((short) entries)
        .putShort((short) entries)
        .putInt(length)
        .array();
  }

  @Test
  void aZipWhoseDirectoryIsTooLongForTheMemoryIsRefused() throws Exception {
    byte[] end64 = new byte[56 + 20 + 22];
    ByteBuffer.wrap(end64)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0, 0x06064b50)
        .putLong(32, 10)
        .putLong(40, 5L << 20)
        .putInt(56, 0x07064b50)
        .put(56 + 20, zipEnd(10, -1));
    byte[] commented = Arrays.copyOf(zipEnd(ZipRights.MOST + 1, 1), 22 + 22);
    commented[20] = 22; // a harmless one in its comment, behind it
    System.arraycopy(zipEnd(0, 0), 0, commented, 22, 22);

    for (byte[] each :
        List.of(
            zipEnd(ZipRights.MOST + 1, 1), zipEnd(1, ZipRights.LONGEST + 1), end64, commented)) {
      assertThat(refusal("large.zip", each))
          .endsWith(
              "it cannot be unpacked: it is a zip of more than 50000 files, or with more than"
                  + " 4194304 bytes of names and the like: pack it as .tar.gz");
    }
  }

  private static byte[] pax(String key, String value) {
    String rest = " " + key + "=" + value + "\n";
    int length = rest.length() + 1;
    while (Integer.toString(length).length() + rest.length() != length) {
      length++;
    }
    return (length + rest).getBytes(StandardCharsets.UTF_8);
  }

  private static Tar extended(Tar tar, char type, byte[] content) throws IOException {
    return tar.add("extended", 0644, type, "", content.length, content);
  }

  @Test
  void whatPaxSaysIsBounded() throws Exception {
    Tar many = new Tar();
    for (int i = 0; i <= 400; i++) {
      extended(many, 'g', pax("key" + i, "x"));
    }
    String longName = "n".repeat(5000);

    assertThat(refusal("many.tar", many.file("f", "").bytes()))
        .contains("it holds more than 400 headers, which is the most");
    assertThat(refusal("long.tar", extended(new Tar(), 'x', pax("path", longName)).bytes()))
        .contains("it holds a name of more than 4096 bytes");
    assertThat(
            refusal(
                "gnu.tar",
                extended(new Tar(), 'L', longName.getBytes(StandardCharsets.UTF_8)).bytes()))
        .contains("it holds a name of more than 4096 bytes");
    assertThat(
            refusal(
                "attributes.tar",
                extended(new Tar(), 'x', pax("SCHILY.xattr.user.a", "v".repeat(300 << 10)))
                    .bytes()))
        .contains("and 262144 are the most: pack it without --xattrs");
    assertThat(
            refusal(
                "sparse.tar",
                extended(new Tar(), 'x', pax("GNU.sparse.numblocks", "1")).file("f", "").bytes()))
        .contains("it holds \"f\" with holes (sparse)");
    Path sandbox =
        unpacked(
            "known.tar",
            extended(new Tar(), 'x', pax("SCHILY.xattr.user.a", "v".repeat(100 << 10)))
                .file("f", "x")
                .bytes());
    assertThat(sandbox.resolve("f")).hasContent("x");
  }
}
