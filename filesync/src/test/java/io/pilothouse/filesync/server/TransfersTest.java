package io.pilothouse.filesync.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.TransferClass;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A quarter of the slots is for those who cannot wait. */
class TransfersTest {
  private final Transfers transfers = new Transfers(64, Duration.ofSeconds(30), () -> 0);
  private final List<Transfer> running = new ArrayList<>();

  /** How many more get in. */
  private int enter(TransferClass transferClass) {
    int entered = 0;
    for (Optional<Transfer> each = transfers.enter(transferClass);
        each.isPresent();
        each = transfers.enter(transferClass)) {
      running.add(each.get());
      entered++;
    }
    return entered;
  }

  @Test
  void bulkIsShedAtThreeQuartersWhileUrgentGetsThrough() {
    assertThat(enter(TransferClass.BULK)).isEqualTo(48);
    assertThat(enter(TransferClass.URGENT)).isEqualTo(16);
    running.removeFirst().close();
    assertThat(enter(TransferClass.BULK)).as("63 run").isZero();
    assertThat(enter(TransferClass.URGENT)).isEqualTo(1);
    while (running.size() > 47) {
      running.removeFirst().close();
    }
    assertThat(enter(TransferClass.BULK)).isEqualTo(1);
  }

  @Test
  void urgentOnesMayHaveAll() {
    assertThat(enter(TransferClass.URGENT)).isEqualTo(64);
    assertThat(enter(TransferClass.BULK)).isZero();
  }
}
