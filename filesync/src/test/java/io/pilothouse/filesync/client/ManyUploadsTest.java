package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.TransferClass;
import io.pilothouse.filesync.Trees;
import io.pilothouse.tls.HttpConnections;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many engineers add contents at once, to a replica with the memory of a real one. */
@Timeout(120)
class ManyUploadsTest {
  private static final int REQUESTS = 60;
  private static final int CHUNK = 256 << 10;

  @TempDir private Path temporary;

  @Test
  void aReplicaTakesThemInTheMemoryThatItHas() throws Exception {
    List<byte[]> chunks = new ArrayList<>();
    for (int i = 0; i < Pack.MOST_BYTES / CHUNK; i++) {
      chunks.add(Trees.bytes(i, CHUNK));
    }
    byte[] body = Pack.upload(chunks);
    Network network =
        Network.usual(Throttle.unlimited(), new SplittableRandom(1), HttpConnections.PLAIN);
    try (ChildJvm replica =
            new ChildJvm("satellite", ReplicaAlone.class, temporary.resolve("store"));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Route.Source source = Route.Source.of(replica.answer());
      Callable<Integer> upload =
          () -> network.source(source, TransferClass.BULK).put(Pack.PATH, body).code();
      List<Integer> codes = new ArrayList<>();
      for (Future<Integer> each : threads.invokeAll(Collections.nCopies(REQUESTS, upload))) {
        codes.add(each.get());
      }
      assertThat(codes).isSubsetOf(201, 503).contains(201);
      assertThat(replica.tell("held")).as("it lives").isEqualTo("[]");
    }
  }
}
