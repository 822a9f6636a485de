package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.PackedFile;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Trees;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class UploaderTest extends ClientTest {
  private final List<String> progress = new ArrayList<>();

  private PackedFile fresh() throws Exception {
    return packed(Trees.random(temporary.resolve("fresh"), 2));
  }

  private PackedFile packed(Path dir) throws Exception {
    return Packer.pack(dir, temporary.resolve("packed.index"));
  }

  private String upload(PackedFile packed, String... replicas) throws Exception {
    return new Uploader(network(1))
        .upload(packed, List.of(replicas), (done, total) -> progress.add(done + "/" + total));
  }

  @Test
  void sendsChunksThenTheIndex() throws Exception {
    PackedFile packed = fresh();
    assertThat(upload(packed, one.address())).isEqualTo(one.address());
    assertThat(one.store.held()).contains(packed.index().digest());
    assertThat(one.asked.getLast()).startsWith("PUT /v1/index/");
    assertThat(progress.getLast()).isEqualTo(packed.bytes() + "/" + packed.bytes());
  }

  @Test
  void sendsOnlyWhatIsMissing() throws Exception {
    Trees.file(source.resolve("manifest.yaml"), 0644, Trees.bytes(5, 900));
    upload(packed(source), one.address());
    assertThat(one.uploadedChunks()).isEqualTo(1);
    one.forget();
    upload(packed(source), one.address());
    assertThat(one.uploadedChunks()).isZero();
  }

  @Test
  void replacesWhatTheReplicaHasDamaged() throws Exception {
    String sha256 = content.index().chunks().getFirst().sha256();
    var file =
        temporary.resolve("one/chunks/" + sha256.substring(0, 2) + "/" + sha256.substring(2));
    byte[] bytes = Files.readAllBytes(file);
    bytes[3] ^= 1;
    Files.write(file, bytes);
    upload(packed(source), one.address());
    assertThat(one.uploadedChunks()).isEqualTo(1);
    assertThat(one.store.chunkBytes(sha256)).isPresent();
  }

  @Test
  void goesToAnotherReplicaWhenOneIsDown() throws Exception {
    PackedFile packed = fresh();
    assertThat(upload(packed, nobody(), two.address())).isEqualTo(two.address());
    assertThat(two.store.held()).contains(packed.index().digest());
  }

  @Test
  void saysWhyNoReplicaTookIt() throws Exception {
    PackedFile packed = fresh();
    String nobody = nobody();
    assertThatThrownBy(() -> upload(packed, nobody))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("no deployment replica took the content (" + nobody + ": ");
    assertThatThrownBy(() -> upload(packed)).hasMessageContaining("none is up");
  }

  @Test
  void aReplicaWithAnAlmostFullDiskSaysSoAndAnotherTakesIt() throws Exception {
    PackedFile packed = fresh();
    one.store.keepFree(Long.MAX_VALUE / 2);
    assertThat(upload(packed, one.address(), two.address())).isEqualTo(two.address());
    assertThat(one.store.held()).doesNotContain(packed.index().digest());
    assertThatThrownBy(() -> upload(packed, one.address()))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("(" + one.address() + ": it answered 507 to PUT /v1/")
        .hasMessageContaining("the disk is almost full: ")
        .hasMessageContaining("(--keep-free)");
  }

  @Test
  void waitsForABusyReplica() throws Exception {
    HttpServer busy =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    busy.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(503, -1);
          exchange.close();
        });
    busy.start();
    try {
      assertThat(upload(packed(source), "127.0.0.1:" + busy.getAddress().getPort(), two.address()))
          .isEqualTo(two.address());
    } finally {
      busy.stop(0);
    }
    assertThat(slept).extracting(each -> each.toMillis()).containsExactly(10L, 20L, 30L, 40L, 50L);
  }

  @Test
  void aFileThatChangesMeanwhileStopsIt() throws Exception {
    Trees.file(source.resolve("manifest.yaml"), 0644, Trees.bytes(6, 900));
    PackedFile changed = packed(source);
    assertThat(changed.index().digest()).isNotEqualTo(digest());
    Trees.file(source.resolve("manifest.yaml"), 0644, Trees.bytes(7, 900));
    assertThatThrownBy(() -> upload(changed, one.address(), two.address()))
        .hasMessageContaining("manifest.yaml changed while it was being read; try again")
        .hasMessageNotContaining("no deployment replica");
  }
}
