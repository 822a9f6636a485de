package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Trees;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class UploaderTest extends ClientTest {
  private final List<String> progress = new ArrayList<>();

  private Packed fresh() throws Exception {
    return Packer.pack(Trees.random(temporary.resolve("fresh"), 2));
  }

  private String upload(Packed packed, String... replicas) throws Exception {
    return new Uploader(network(1))
        .upload(packed, List.of(replicas), (done, total) -> progress.add(done + "/" + total));
  }

  @Test
  void sendsChunksThenTheIndex() throws Exception {
    Packed packed = fresh();
    assertThat(upload(packed, one.address())).isEqualTo(one.address());
    assertThat(one.store.held()).contains(packed.index().digest());
    assertThat(one.asked.getLast()).startsWith("PUT /v1/index/");
    long total = packed.index().chunks().stream().mapToLong(each -> each.size()).sum();
    assertThat(progress.getLast()).isEqualTo(total + "/" + total);
  }

  @Test
  void sendsOnlyWhatIsMissing() throws Exception {
    Trees.file(source.resolve("manifest.yaml"), 0644, Trees.bytes(5, 900));
    upload(Packer.pack(source), one.address());
    assertThat(one.uploadedChunks()).isEqualTo(1);
    one.forget();
    upload(Packer.pack(source), one.address());
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
    upload(content, one.address());
    assertThat(one.uploadedChunks()).isEqualTo(1);
    assertThat(one.store.chunkBytes(sha256)).isPresent();
  }

  @Test
  void goesToAnotherReplicaWhenOneIsDown() throws Exception {
    Packed packed = fresh();
    assertThat(upload(packed, nobody(), two.address())).isEqualTo(two.address());
    assertThat(two.store.held()).contains(packed.index().digest());
  }

  @Test
  void saysWhyNoReplicaTookIt() throws Exception {
    Packed packed = fresh();
    String nobody = nobody();
    assertThatThrownBy(() -> upload(packed, nobody))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("no deployment replica took the content (" + nobody + ": ");
    assertThatThrownBy(() -> upload(packed)).hasMessageContaining("none is up");
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
      assertThat(upload(content, "127.0.0.1:" + busy.getAddress().getPort(), two.address()))
          .isEqualTo(two.address());
    } finally {
      busy.stop(0);
    }
    assertThat(slept).extracting(each -> each.toMillis()).containsExactly(10L, 20L);
  }

  @Test
  void aFileThatChangesMeanwhileStopsIt() throws Exception {
    Packed packed = Packer.pack(source);
    Trees.file(source.resolve("manifest.yaml"), 0644, Trees.bytes(6, 900));
    Packed changed = Packer.pack(source);
    Trees.file(source.resolve("manifest.yaml"), 0644, Trees.bytes(7, 900));
    assertThat(changed.index()).isNotEqualTo(packed.index());
    assertThatThrownBy(() -> upload(changed, one.address(), two.address()))
        .hasMessageContaining("manifest.yaml changed while it was being read; try again")
        .hasMessageNotContaining("no deployment replica");
  }
}
