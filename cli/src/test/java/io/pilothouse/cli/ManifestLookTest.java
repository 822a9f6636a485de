package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.RemoveManifestRequest;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.VersionUse;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.filesync.Packer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looking into versions and their contents, and removing them. */
class ManifestLookTest extends ManifestRig {

  ManifestLookTest(@TempDir Path temp) throws IOException {
    super(temp);
  }

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

  @Test
  void aReplicaIsAskedForAFewChunksAtATime() throws IOException, InterruptedException {
    held(one, two);
    knows("release", keygen("alice.pem"));
    registered(packed());
    CyclicBarrier together = new CyclicBarrier(4);
    long before = one.count("HEAD /v1/chunks/");
    one.before =
        request -> {
          if (request.startsWith("HEAD /v1/chunks/")) {
            await(together);
          }
        };

    Typed typed;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      one.answers = threads;
      typed = pilot("manifest", "verify", "web@1.0.0");
      one.answers = Runnable::run;
    }

    assertThat(typed.out()).startsWith("deployment-1: has every chunk\ndeployment-2: has every");
    assertThat(one.count("HEAD /v1/chunks/") - before).isEqualTo(4);
  }

  private static void await(CyclicBarrier together) {
    try {
      together.await(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("the four were not asked for at the same time", e);
    }
  }

  @Test
  void aReplicaThatStopsAnsweringIsToldAndTheOthersAreStillAsked()
      throws IOException, InterruptedException {
    held(one, two);
    knows("release", keygen("alice.pem"));
    registered(packed());
    one.before =
        request -> {
          if (request.startsWith("HEAD /v1/chunks/")) {
            throw new IllegalStateException("the connection is cut");
          }
        };

    Typed typed = pilot("manifest", "verify", "web@1.0.0");

    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.out())
        .startsWith("deployment-1: it stopped answering: ")
        .contains("\ndeployment-2: has every chunk\n");
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
