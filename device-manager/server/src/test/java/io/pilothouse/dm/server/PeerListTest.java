package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.Peer;
import org.junit.jupiter.api.Test;

class PeerListTest {

  @Test
  void readsEachReplicasThreeAddresses() {
    assertThat(PeerList.parse("dm-1=h:1/h:2/h:3, dm-2=[::1]:4/h:5/h:6"))
        .containsExactly(
            new Peer("dm-1", new HostPort("h", 1), new HostPort("h", 2), new HostPort("h", 3)),
            new Peer("dm-2", new HostPort("::1", 4), new HostPort("h", 5), new HostPort("h", 6)));
  }

  @Test
  void namesEveryMistakeAtOnce() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PeerList.parse("dm-1=h:1/h:2,h:1/h:2/h:3,dm-3=h:1/h:x/h:3"))
        .withMessageContaining("'dm-1=h:1/h:2' has 2 addresses")
        .withMessageContaining("'h:1/h:2/h:3' names no replica")
        .withMessageContaining("'h:x' is not an address");
  }

  @Test
  void onlyLoopbackUnlessToldOtherwise() {
    Peer open = PeerList.parse("dm-1=127.0.0.1:1/192.0.2.1:2/127.0.0.1:3").get(0);
    PeerList.requireLoopback(PeerList.parse("dm-1=127.0.0.1:1/[::1]:2/localhost:3").get(0));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> PeerList.requireLoopback(open))
        .withMessageContaining("192.0.2.1:2 of dm-1")
        .withMessageContaining("--listen-beyond-loopback");
  }
}
