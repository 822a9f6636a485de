package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.RegisterManifestRequest;
import io.pilothouse.manifests.signing.PublicKeys;
import io.pilothouse.manifests.signing.Signed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adding and signing versions. */
class ManifestAddTest extends ManifestRig {

  ManifestAddTest(@TempDir Path temp) throws IOException {
    super(temp);
  }

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
    one.before =
        request -> {
          if (request.startsWith("PUT /v1/index/")) {
            throw new IllegalStateException("the connection is cut");
          }
        };
    two.before =
        request -> {
          throw new IllegalStateException("so is this one");
        };
    assertThat(add().code()).isEqualTo(1);
    assertThat(dm.methods()).containsExactly("ListManifests", "RegisterManifest");

    long before = one.count("PUT /v1/chunks");
    assertThat(before).isPositive();
    one.before = request -> {};
    assertThat(add().code()).isZero();

    assertThat(one.count("PUT /v1/chunks")).as("chunks are sent once").isEqualTo(before);
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
  void aFileThatGoesAwayMeanwhileIsNamed() throws IOException {
    Path file = dir.resolve("site/index.html");
    one.before =
        request -> {
          try {
            Files.deleteIfExists(file);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    two.before = one.before;

    Typed typed = add();

    assertThat(typed.code()).isEqualTo(1);
    assertThat(typed.err())
        .contains("site/index.html (No such file or directory)")
        .contains("it could be read a moment ago")
        .contains("nothing was registered")
        .doesNotContain("Exception");
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
}
