package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.ManifestKey;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.api.v1.RemoveManifestRequest;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.VersionUse;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Uploader;
import io.pilothouse.manifests.signing.PublicKeys;
import io.pilothouse.manifests.signing.Signed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions and their contents, with the replicas' real content service. */
class ManifestContentsTest {
  private final FakeDm dm = new FakeDm();
  private final Path dir;
  private final Path keys;
  private final TestReplica one;
  private final TestReplica two;

  ManifestContentsTest(@TempDir Path temp) throws IOException {
    dir = Files.createDirectory(temp.resolve("web"));
    keys = Files.createDirectory(temp.resolve("keys"));
    one = new TestReplica("deployment-1", temp.resolve("one"));
    two = new TestReplica("deployment-2", temp.resolve("two"));
  }

  @BeforeEach
  void manifest() throws IOException {
    write("manifest.yaml", manifest("1.0.0", "exec ./server"));
    write("server", "#!/bin/sh\nexec sleep 60\n");
    Files.setPosixFilePermissions(
        dir.resolve("server"), PosixFilePermissions.fromString("rwxr-xr-x"));
    write("site/index.html", "hello");
    write("site/big", "x".repeat(5000));
    dm.answers("RegisterManifest", WriteReply.newBuilder().setRevision(7).build());
    registered();
  }

  @AfterEach
  void close() throws IOException {
    dm.close();
    one.close();
    two.close();
  }

  private static String manifest(String version, String run) {
    return """
        kind: Manifest
        name: web
        version: "%s"
        processes:
        - name: server
          run: %s
        """
        .formatted(version, run);
  }

  private void write(String file, String text) {
    try {
      Files.createDirectories(dir.resolve(file).getParent());
      Files.writeString(dir.resolve(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Typed pilot(String... args) {
    return Typed.run(
        Stream.concat(Stream.of(args), Stream.of("--servers", dm.address()))
            .toArray(String[]::new));
  }

  private void registered(Manifest... items) {
    ListManifestsReply.Builder reply =
        ListManifestsReply.newBuilder()
            .addAllItems(List.of(items))
            .addReplicas(one.isUp())
            .addReplicas(two.isUp());
    dm.answers("ListManifests", reply.build());
  }

  private void used(VersionUse use) throws IOException {
    dm.answers(
        "ListManifests",
        ListManifestsReply.newBuilder()
            .addItems(packed())
            .addUses(use)
            .addReplicas(one.isUp())
            .addReplicas(two.isUp())
            .build());
  }

  /** What would be registered of the directory as it is. */
  private Manifest packed() throws IOException {
    Packed packed = Packer.pack(dir);
    return Manifest.newBuilder()
        .setRef(
            VersionRef.newBuilder()
                .setName("web")
                .setVersion("1.0.0")
                .setDigest(packed.index().digest()))
        .setFiles(packed.index().files().size())
        .setBytes(packed.index().bytes())
        .build();
  }

  private void held(TestReplica... replicas) throws IOException, InterruptedException {
    for (TestReplica each : replicas) {
      new Uploader(Throttle.unlimited())
          .upload(Packer.pack(dir), List.of(each.isUp().getAddress()), (done, total) -> {});
    }
  }

  private Typed add(String... more) {
    return pilot(
        Stream.concat(Stream.of("manifest", "add", dir.toString()), Stream.of(more))
            .toArray(String[]::new));
  }

  // adding

  @Test
  void addingSaysWhatItDoes() {
    Typed typed = add();

    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out()).startsWith("manifest web@1.0.0: 4 files, 5.0 KiB, digest ");
    assertThat(typed.err())
        .contains("packed web@1.0.0: 4 files, 5.0 KiB")
        .contains("the Deployment Service has all 5.0 KiB of it");
    RegisterManifestRequest asked = dm.asked("RegisterManifest", RegisterManifestRequest.parser());
    assertThat(asked.getCheckOnly()).isFalse();
    assertThat(dm.methods())
        .containsExactly("ListManifests", "RegisterManifest", "RegisterManifest");
  }

  @Test
  void anUploadThatWasBrokenOffGoesOn() {
    AtomicInteger puts = new AtomicInteger();
    one.before =
        request -> {
          if (request.startsWith("PUT /v1/") && puts.incrementAndGet() > 2) {
            throw new IllegalStateException("the connection is cut");
          }
        };
    two.before =
        request -> {
          throw new IllegalStateException("so is this one");
        };
    assertThat(add().code()).isEqualTo(1);
    assertThat(dm.methods()).containsExactly("ListManifests", "RegisterManifest");

    long before = one.count("PUT /v1/chunks/");
    one.before = request -> {};
    assertThat(add().code()).isZero();

    assertThat(one.count("PUT /v1/chunks/") - before).as("chunks sent again").isEqualTo(2);
  }

  @Test
  void whatTheDeviceManagerWouldRefuseIsNotSent() {
    dm.refuses(
        "RegisterManifest",
        409,
        "FAILED_PRECONDITION",
        "web has 3 versions, and a name may have 3");

    Typed typed = add();

    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err()).contains("web has 3 versions");
    assertThat(one.count("PUT") + two.count("PUT")).isZero();
  }

  @Test
  void aFileThatChangesMeanwhileIsTold() {
    one.before = request -> write("site/index.html", "other");
    two.before = one.before;

    Typed typed = add();

    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("site/index.html changed while it was being read; try again");
    assertThat(dm.methods()).containsExactly("ListManifests", "RegisterManifest");
  }

  @Test
  void whatIsNoFileIsTold() throws IOException, InterruptedException {
    Process mkfifo = new ProcessBuilder("mkfifo", dir.resolve("pipe").toString()).start();
    assertThat(mkfifo.waitFor()).isZero();

    Typed typed = add();

    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("pipe is a device, pipe or socket");
    assertThat(dm.methods()).isEmpty();
  }

  @Test
  void linksThatGoRoundAreRefused() throws IOException {
    Files.createSymbolicLink(dir.resolve("a"), Path.of("site/b"));
    Files.createSymbolicLink(dir.resolve("site/b"), Path.of("../a"));

    Typed typed = add();

    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("the links a -> site/b lead round in a circle");
  }

  @Test
  void aLinkToNothingIsWarnedOf() throws IOException {
    Files.createSymbolicLink(dir.resolve("current"), Path.of("site/none"));
    Files.createSymbolicLink(dir.resolve("www"), Path.of("site"));

    Typed typed = add();

    assertThat(typed.code()).isZero();
    assertThat(typed.err())
        .contains("warning: current leads to site/none, which is not among the files")
        .doesNotContain("www");
  }

  @Test
  void aMissingProgramIsRefused() throws IOException {
    Files.delete(dir.resolve("server"));

    Typed typed = add();

    assertThat(typed.code()).isEqualTo(2);
    assertThat(typed.err()).contains("manifest.yaml:5:3: processes.run: there is no file ./server");
  }

  @Test
  void theKindCanBeDemanded() {
    Typed typed = add("--kind", "image");
    assertThat(typed.code()).isEqualTo(2);
    assertThat(typed.err()).contains("is not an image: its manifest.yaml says otherwise");
    assertThat(add("--kind", "manifest").code()).isZero();
    assertThat(add("--kind", "manifesto").code()).isEqualTo(2);
  }

  // signing

  private String keygen(String name) {
    Typed typed = pilot("manifest", "keygen", keys.resolve(name).toString(), "-o", "name");
    assertThat(typed.code()).as(typed.err()).isZero();
    return typed.out().strip();
  }

  private void knows(String name, String key) {
    dm.answers(
        "GetFleet",
        GetFleetReply.newBuilder()
            .setFleet(
                Fleet.newBuilder()
                    .addManifestKeys(
                        ManifestKey.newBuilder()
                            .setName(name)
                            .setEd25519(ByteString.copyFrom(PublicKeys.parse(key).orElseThrow()))))
            .build());
  }

  @Test
  void aVersionIsSignedByAKeyThatTheFleetKnows() throws IOException {
    String key = keygen("alice.pem");
    knows("release", key);

    Typed typed = add("--sign", keys.resolve("alice.pem").toString());

    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out()).endsWith(", signed by release\n");
    Manifest sent = dm.asked("RegisterManifest", RegisterManifestRequest.parser()).getManifest();
    assertThat(sent.getSignedBy()).isEqualTo("release");
    assertThat(
            Signed.isBy(
                PublicKeys.parse(key).orElseThrow(),
                packed().getRef(),
                sent.getSignature().toByteArray()))
        .isTrue();
  }

  @Test
  void aKeyThatTheFleetDoesNotKnowIsRefused() {
    knows("release", keygen("alice.pem"));
    keygen("mallory.pem");

    Typed typed = add("--sign", keys.resolve("mallory.pem").toString());

    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err()).contains("is none of the fleet's manifest-keys (release)");
    assertThat(one.count("")).isZero();
  }

  @Test
  void aKeyFileIsItsOwnersAlone() throws IOException {
    Path file = keys.resolve("alice.pem");
    Typed made = pilot("manifest", "keygen", file.toString());
    assertThat(made.out()).matches("manifest-keys:\n- \\{name: alice, public: \"[^\"]{44}\"}\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(pilot("manifest", "keygen", file.toString()).code()).isEqualTo(6);

    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Typed open = add("--sign", file.toString());
    assertThat(open.code()).isEqualTo(2);
    assertThat(open.err()).contains("others than its owner").contains("chmod 600");
  }

  @Test
  void whatIsNoKeyIsTold() throws IOException {
    assertThat(add("--sign", keys.resolve("none").toString()).err())
        .contains("cannot read the key file")
        .contains("pilot manifest keygen");
    Path file = Files.writeString(keys.resolve("text"), "not a key");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Typed typed = add("--sign", file.toString());
    assertThat(typed.code()).isEqualTo(2);
    assertThat(typed.err()).contains("is not an Ed25519 private key in PEM");
  }

  // looking

  @Test
  void showHasFilesAndProcesses() throws IOException, InterruptedException {
    held(two);
    used(
        VersionUse.newBuilder()
            .addUnits(UnitVersion.newBuilder().setType("frontend").setScaleUnit("su-1"))
            .addNeeded("unit su-1 of frontend is to run it")
            .setRunning(1)
            .setWanting(2)
            .setHolding(3)
            .build());

    Typed typed = pilot("manifest", "show", "web@1.0.0");

    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out())
        .contains("runs in  frontend: su-1\n         1 machine runs it, 2 are to, 3 hold it")
        .contains("needed   unit su-1 of frontend is to run it")
        .contains("process  server: exec ./server")
        .contains("755   24 B")
        .contains("site/index.html")
        .contains("signed   by nobody");
    assertThat(pilot("manifest", "list").out()).contains("frontend: su-1");
  }

  @Test
  void withoutAReplicaShowHasWhatTheDeviceManagerKnows() throws IOException {
    used(VersionUse.getDefaultInstance());

    Typed typed = pilot("manifest", "show", "web@1.0.0");

    assertThat(typed.code()).isZero();
    assertThat(typed.err()).contains("files are not shown");
    assertThat(typed.out()).contains("4 files").doesNotContain("site/index.html");
  }

  @Test
  void verifyNamesWhoLacksWhat() throws IOException, InterruptedException {
    held(one, two);
    knows("release", keygen("alice.pem"));
    registered(packed());
    assertThat(pilot("manifest", "verify", "web@1.0.0").out())
        .isEqualTo(
            """
            deployment-1: has every chunk
            deployment-2: has every chunk
            signed: by nobody
            web@1.0.0 is sound
            """);
    assertThat(pilot("manifest", "verify", "web@1.0.0", "--deep").out())
        .contains("deployment-2: sent every chunk rightly");

    assertThat(pilot("manifest", "verify", "web@1.0.0").err())
        .contains("deployment-1: asked for 4 of 4 chunks");

    damage(one, "site/index.html");
    Typed lacks = pilot("manifest", "verify", "web@1.0.0");
    assertThat(lacks.code()).isEqualTo(1);
    assertThat(lacks.out())
        .contains("deployment-1: lacks 1 chunks; of site/index.html")
        .contains("deployment-2: has every chunk")
        .contains("web@1.0.0 is not sound");

    two.flipsBits = true;
    assertThat(pilot("manifest", "verify", "web@1.0.0", "--deep").out())
        .contains("deployment-2: sent 4 chunks wrongly; of manifest.yaml, server, site/big");
  }

  /** Turns a bit of a file's only chunk on a replica's disk. */
  private void damage(TestReplica replica, String file) throws IOException {
    String chunk =
        Packer.pack(dir).index().files().stream()
            .filter(each -> each.path().equals(file))
            .findFirst()
            .orElseThrow()
            .chunks()
            .get(0)
            .sha256();
    try (Stream<Path> files = Files.walk(replica.data)) {
      Path stored =
          files.filter(each -> each.endsWith(chunk.substring(2))).findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(stored);
      bytes[0] ^= 1;
      Files.delete(stored);
      Files.write(stored, bytes);
    }
  }

  @Test
  void verifyLooksAtTheSignature() throws IOException, InterruptedException {
    held(one, two);
    knows("release", keygen("alice.pem"));
    registered(
        packed().toBuilder()
            .setSignedBy("release")
            .setSignature(ByteString.copyFromUtf8("of something else"))
            .build());

    Typed typed = pilot("manifest", "verify", "web@1.0.0");

    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.out()).contains("the signature is by none of the fleet's manifest-keys");
  }

  @Test
  void aDirectoryIsVerifiedAgainstWhatWasRegistered() throws IOException, InterruptedException {
    held(one);
    Manifest before = packed();
    registered(before);
    assertThat(pilot("manifest", "verify", dir.toString()).out())
        .isEqualTo("%s is web@1.0.0, digest %s\n".formatted(dir, before.getRef().getDigest()));
    String digest = before.getRef().getDigest();
    assertThat(pilot("manifest", "verify", dir.toString(), "--digest", digest).code()).isZero();

    write("site/index.html", "changed");

    Typed typed = pilot("manifest", "verify", dir.toString());
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("is not what was registered as web@1.0.0: ~ site/index.html");
    assertThat(pilot("manifest", "verify", dir.toString(), "--digest", digest).code()).isEqualTo(1);
  }

  @Test
  void diffShowsFilesModesAndTheDocument() throws IOException, InterruptedException {
    held(one);
    registered(packed());
    write("manifest.yaml", manifest("1.0.1", "exec ./server --fast"));
    write("site/index.html", "hello there");
    Files.delete(dir.resolve("site/big"));
    write("new", "n");
    Files.setPosixFilePermissions(
        dir.resolve("server"), PosixFilePermissions.fromString("rwxr-x---"));

    Typed typed = pilot("manifest", "diff", "web@1.0.0", dir.toString(), "--detailed-exitcode");

    assertThat(typed.code()).isEqualTo(3);
    assertThat(typed.out())
        .contains("+  new              1 B           644")
        .contains("-  site/big         4.9 KiB       644")
        .contains("~  site/index.html  5 B -> 11 B   644")
        .contains("755 -> 750")
        .contains("1 added, 1 removed, 3 changed")
        .contains("-version: \"1.0.0\"\n+version: \"1.0.1\"")
        .contains("-  run: exec ./server\n+  run: exec ./server --fast");
    assertThat(pilot("manifest", "diff", dir.toString(), dir.toString()).out())
        .isEqualTo("no difference\n");
  }

  // removing

  @Test
  void whatIsNeededIsNotRemoved() throws IOException {
    used(VersionUse.newBuilder().addNeeded("rollout O-1 brings it").build());

    Typed typed = pilot("manifest", "remove", "web@1.0.0", "--yes");

    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err()).contains("web@1.0.0 is needed: rollout O-1 brings it");
    assertThat(dm.methods()).doesNotContain("RemoveManifest");
    assertThat(pilot("manifest", "list", "--unused").out())
        .isEqualTo("each of 1 versions is needed\n");
  }

  @Test
  void removingAsksFirst() throws IOException {
    used(VersionUse.newBuilder().setHolding(2).build());
    dm.answers("RemoveManifest", WriteReply.newBuilder().setRevision(8).build());
    assertThat(pilot("manifest", "list", "--unused", "-o", "name").out()).isEqualTo("web@1.0.0\n");

    Typed asked = pilot("manifest", "remove", "web@1.0.0");
    assertThat(asked.code()).isEqualTo(6);
    assertThat(asked.err())
        .contains(
            "This removes web@1.0.0 (5.0 KiB) for good; no machine runs it, 2 have it on disk.");
    assertThat(dm.methods()).doesNotContain("RemoveManifest");

    assertThat(pilot("manifest", "remove", "web@1.0.0", "--yes").out())
        .isEqualTo("removed: web@1.0.0\n");
    assertThat(dm.asked("RemoveManifest", RemoveManifestRequest.parser()).getVersion())
        .isEqualTo("1.0.0");
  }

  @Test
  void withoutAnyVersionThereIsSomethingToDo() {
    assertThat(pilot("manifest", "list").out())
        .isEqualTo("no version is registered; add one: pilot manifest add DIR\n");
    Typed typed = pilot("manifest", "verify", "web@1.0.0");
    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err()).contains("none is registered yet");
    assertThat(pilot("manifest", "remove", "web").code()).isEqualTo(2);
  }
}
