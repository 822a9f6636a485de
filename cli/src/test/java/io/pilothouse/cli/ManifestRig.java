package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.ManifestKey;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.VersionUse;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.filesync.PackedFile;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Uploader;
import io.pilothouse.manifests.signing.PublicKeys;
import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A directory to make a version of, and two replicas with the real content service. */
class ManifestRig {
  final FakeDm dm = new FakeDm();
  final Path dir;
  final Path keys;
  final TestReplica one;
  final TestReplica two;

  ManifestRig(@TempDir Path temp) throws IOException {
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

  static String manifest(String version, String run) {
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

  void write(String file, String text) {
    try {
      Files.createDirectories(dir.resolve(file).getParent());
      Files.writeString(dir.resolve(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Typed pilot(String... args) {
    return Typed.at(dm, args);
  }

  void registered(Manifest... items) {
    ListManifestsReply.Builder reply =
        ListManifestsReply.newBuilder()
            .addAllItems(List.of(items))
            .addReplicas(one.isUp())
            .addReplicas(two.isUp());
    dm.answers("ListManifests", reply.build());
  }

  void used(VersionUse use) throws IOException {
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
  Manifest packed() throws IOException {
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

  void held(TestReplica... replicas) throws IOException, InterruptedException {
    PackedFile packed = Packer.pack(dir, dir.resolveSibling("packed.index"));
    for (TestReplica each : replicas) {
      new Uploader(Throttle.unlimited(), HttpConnections.PLAIN)
          .upload(packed, List.of(each.isUp().getAddress()), (done, total) -> {});
    }
  }

  Typed add(String... more) {
    return pilot(
        Stream.concat(Stream.of("manifest", "add", dir.toString()), Stream.of(more))
            .toArray(String[]::new));
  }

  String keygen(String name) {
    Typed typed = pilot("manifest", "keygen", keys.resolve(name).toString(), "-o", "name");
    assertThat(typed.code()).as(typed.err()).isZero();
    return typed.out().strip();
  }

  void knows(String name, String key) {
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
}
