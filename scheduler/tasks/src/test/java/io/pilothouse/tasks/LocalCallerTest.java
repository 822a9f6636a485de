package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who is connected, by real sockets of IPv4 and of IPv6 with addresses of IPv4. */
class LocalCallerTest {
  private static InetSocketAddress loopback(int last, int port) throws Exception {
    return new InetSocketAddress(
        InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last}), port);
  }

  @ParameterizedTest
  @EnumSource(
      value = StandardProtocolFamily.class,
      names = {"INET", "INET6"})
  void theSamePortOfAnotherAddressIsSomebodyElse(StandardProtocolFamily family) throws Exception {
    if (family == StandardProtocolFamily.INET6 && !Files.exists(Path.of("/proc/net/tcp6"))) {
      // a kernel without IPv6: nobody can connect so, which is all there is to see
      assertThatThrownBy(() -> SocketChannel.open(family))
          .isInstanceOf(UnsupportedOperationException.class);
      return;
    }
    Set<Long> here = Set.of(ProcessHandle.current().pid());
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.INET);
        SocketChannel one = SocketChannel.open(family)) {
      server.bind(loopback(1, 0));
      InetSocketAddress to = (InetSocketAddress) server.getLocalAddress();
      one.bind(loopback(1, 0));
      InetSocketAddress from = (InetSocketAddress) one.getLocalAddress();
      InetSocketAddress beside = loopback(2, from.getPort());
      one.connect(to);
      LocalCaller first;
      LocalCaller second;
      try (SocketChannel other = SocketChannel.open(family)) {
        other.bind(beside);
        other.connect(to);
        first = LocalCaller.of(from, to).orElseThrow();
        second = LocalCaller.of(beside, to).orElseThrow();
        assertThat(first).isNotEqualTo(second);
        assertThat(second.isOf(here)).isTrue();
      }

      assertThat(second.isOf(here)).as("its socket is closed").isFalse();
      assertThat(first.isOf(here)).isTrue();
      assertThat(LocalCaller.of(loopback(3, from.getPort()), to)).isEmpty();
      assertThat(LocalCaller.of(from, loopback(2, to.getPort()))).isEmpty();
    }
  }
}
