package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.PackedFile;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whatever is uploaded arrives, over replicas that cut and lie. The seed is in each failure. */
final class RandomTreesTest extends ClientTest {

  @Test
  void arriveAsTheyWere() throws Exception {
    for (long seed = 0; seed < 20; seed++) {
      String label = "seed " + seed;
      Path tree = Trees.random(temporary.resolve("tree" + seed), seed);
      one.fault = (exchange, bytes) -> false;
      PackedFile packed = Packer.pack(tree, temporary.resolve("packed.index"));
      new Uploader(network(seed)).upload(packed, List.of(one.address()), (done, total) -> {});
      replicate(packed.index().digest());
      one.fault = seed % 3 == 0 ? Faults.flips() : Faults.cuts(seed);
      Path place = disk.resolve("v" + seed);
      for (int calls = 0; Fetcher.published(place).isEmpty(); calls++) {
        assertThat(calls).as(label).isLessThan(100);
        try {
          fetcher(seed + calls).fetch(packed.index().digest(), place, both());
        } catch (ContentException e) {
          assertThat(e).as(label).hasMessageContaining("no source");
        }
      }
      assertThat(Trees.describe(place)).as(label).isEqualTo(Trees.describe(tree));
      assertThat(new Scrubber(Throttle.unlimited(), network(1)).check(place)).as(label).isEmpty();
    }
  }

  private void replicate(String digest) throws IOException, InterruptedException {
    new Replicator(network(1), temporary.resolve("work"))
        .replicate(digest, List.of(one.address()), new StoreSink(two.store));
  }
}
