package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.Packer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestCommandsTest {
  private final FakeDm dm = new FakeDm();
  private final HttpServer replica;
  private final Path dir;
  private byte[] index = new byte[0];

  ManifestCommandsTest(@TempDir Path dir) throws IOException {
    this.dir = dir;
    Files.writeString(dir.resolve("image.yaml"), "kind: Image\nname: base\nversion: \"1.0\"\n");
    Files.writeString(dir.resolve("kept"), "the same");
    Files.writeString(dir.resolve("changed"), "before");
    Files.writeString(dir.resolve("removed"), "x");
    replica = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    replica.createContext(
        "/v1/index/",
        exchange -> {
          exchange.sendResponseHeaders(200, index.length);
          exchange.getResponseBody().write(index);
          exchange.close();
        });
    replica.start();
  }

  @AfterEach
  void stop() {
    dm.close();
    replica.stop(0);
  }

  private Typed pilot(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--servers";
    all[args.length + 1] = dm.address();
    return Typed.run(all);
  }

  private void registered(String digest, boolean replicaUp) {
    dm.answers(
        "ListManifests",
        ListManifestsReply.newBuilder()
            .setRevision(9)
            .addItems(
                Manifest.newBuilder()
                    .setRef(
                        VersionRef.newBuilder().setName("base").setVersion("1.0").setDigest(digest))
                    .setFiles(4)
                    .setBytes(1536)
                    .setImage(true))
            .addReplicas(
                DeploymentReplica.newBuilder()
                    .setId("deployment-1")
                    .setAddress("127.0.0.1:" + replica.getAddress().getPort())
                    .addHeld(digest)
                    .setUp(replicaUp))
            .build());
  }

  @Test
  void otherContentOfTheSameVersionIsRefusedByFile() throws IOException {
    ContentIndex before = Packer.pack(dir).index();
    index = before.toBytes();
    registered(before.digest(), true);
    Files.writeString(dir.resolve("changed"), "after");
    Files.delete(dir.resolve("removed"));
    Files.writeString(dir.resolve("new"), "n");

    Typed typed = pilot("manifest", "add", dir.toString());

    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err())
        .contains("base@1.0 is registered with other content: ~ changed, + new, - removed")
        .contains("give the new content a new version");
    assertThat(dm.methods()).doesNotContain("RegisterManifest");
  }

  @Test
  void withoutTheOldIndexTheRefusalNamesTheDigests() {
    String digest = "0".repeat(64);
    registered(digest, true);

    Typed typed = pilot("manifest", "add", dir.toString());

    assertThat(typed.code()).isEqualTo(6);
    assertThat(typed.err()).contains("is registered with other content (digest " + digest);
  }

  @Test
  void withoutAReplicaNothingIsRegistered() throws IOException {
    registered(Packer.pack(dir).index().digest(), false);

    assertThat(pilot("manifest", "add", dir.toString()).code()).isEqualTo(8);
    assertThat(dm.methods()).doesNotContain("RegisterManifest");
  }

  @Test
  void aDirectoryWithMistakesIsNotSent() throws IOException {
    Files.writeString(dir.resolve("image.yaml"), "kind: Image\nname: base\nversion: 1.10\n");

    Typed typed = pilot("manifest", "add", dir.toString());

    assertThat(typed.code()).isEqualTo(2);
    assertThat(typed.err()).contains(dir + "/image.yaml:3:10: version: 1.10 without quotes");
    assertThat(dm.methods()).isEmpty();
  }

  @Test
  void listAndShow() {
    registered("0".repeat(64), true);

    assertThat(pilot("manifest", "list").out())
        .contains("base", "1.5 KiB", "1 of 1 replicas", "SIGNED BY");
    assertThat(pilot("manifest", "list", "-o", "name").out()).isEqualTo("base@1.0\n");
    assertThat(pilot("manifest", "show", "base@1.0").out()).contains("held by  deployment-1");
    Typed unknown = pilot("manifest", "show", "base@1.1");
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.err()).contains("did you mean \"base@1.0\"?");
    assertThat(pilot("manifest", "show", "base").code()).isEqualTo(2);
  }
}
