package io.pilothouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.client.ServerAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a standby believes that the leader's process has ended. */
class SuccessionTest {
  private final AtomicLong now = new AtomicLong(-5);
  private final List<Long> succeeded = new CopyOnWriteArrayList<>();
  private volatile Optional<Succession.Holder> leader = Optional.empty();
  private volatile boolean given = true;
  private final Succession succession =
      new Succession(
          () -> leader,
          token -> {
            succeeded.add(token);
            return given;
          },
          now::get);
  private Port port;

  /** What a process serves: the system closes all of it when the process ends. */
  private static final class Port {
    final ServerSocket socket;
    final BlockingQueue<Socket> lines = new LinkedBlockingQueue<>();
    private final Thread thread;

    Port(int number) throws IOException {
      socket = new ServerSocket(number, 50, InetAddress.getLoopbackAddress());
      thread = Thread.ofVirtual().start(this::accept);
    }

    private void accept() {
      try {
        while (true) {
          lines.add(socket.accept());
        }
      } catch (IOException e) {
        // it is closed
      }
    }

    Socket line() throws InterruptedException {
      @Nullable Socket line = lines.poll(20, TimeUnit.SECONDS);
      assertThat(line).as("somebody watches").isNotNull();
      return line;
    }

    void closePort() throws IOException, InterruptedException {
      socket.close();
      thread.join();
    }
  }

  @BeforeEach
  void open() throws IOException {
    port = new Port(0);
    leads(7);
  }

  @AfterEach
  void close() throws IOException, InterruptedException {
    port.closePort();
  }

  private void leads(long token) {
    leader =
        Optional.of(
            new Succession.Holder(
                "s-1", token, new ServerAddress("127.0.0.1", port.socket.getLocalPort())));
  }

  private CompletableFuture<Void> watches() {
    return CompletableFuture.runAsync(
        () -> {
          try {
            succession.round();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        },
        work -> Thread.ofPlatform().daemon(true).start(work));
  }

  /** The line of one that knows that it has it. */
  private Socket line() throws InterruptedException {
    Socket line = port.line();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!succession.isWatching()) {
      assertThat(System.nanoTime()).as("it watches").isLessThan(end);
      Thread.onSpinWait();
    }
    return line;
  }

  private static void ends(CompletableFuture<Void> round) throws Exception {
    round.get(30, TimeUnit.SECONDS);
  }

  /** Its process ends while it is watched. */
  private void diesUnderWatch() throws Exception {
    CompletableFuture<Void> round = watches();
    Socket line = line();
    port.closePort();
    line.close();
    ends(round);
  }

  @Test
  void whoseProcessEndsIsSucceededAtOnce() throws Exception {
    diesUnderWatch();
    assertThat(succeeded).containsExactly(7L);
    assertThat(succession.isWatching()).isFalse();
  }

  @Test
  void aConnectionThatEndsBeforeThePortDoesIsTriedAgain() throws Exception {
    CompletableFuture<Void> round = watches();
    port.line().close();
    Socket second = line();
    port.closePort();
    second.close();
    ends(round);
    assertThat(succeeded).containsExactly(7L);
  }

  @Test
  void aPortThatTakesNoNewConnectionsIsNoEnd() throws Exception {
    CompletableFuture<Void> round = watches();
    Socket line = line();
    port.closePort();
    now.addAndGet(Duration.ofSeconds(7).toNanos());
    line.close(); // as a server does that has waited long enough for a word
    ends(round);
    assertThat(succeeded).isEmpty();
  }

  @Test
  void theLineIsMadeAnewWhileItLasts() throws Exception {
    CompletableFuture<Void> round = watches();
    Socket first = line();
    now.addAndGet(Duration.ofSeconds(5).toNanos());
    Socket second = port.line();
    assertThat(first.getInputStream().read()).as("once the second is held").isEqualTo(-1);
    now.addAndGet(Duration.ofSeconds(3).toNanos());
    port.closePort();
    second.close();
    ends(round);
    assertThat(succeeded).containsExactly(7L);
  }

  @Test
  void oneThatWasDownBeforeIsLeftToItsLease() throws Exception {
    port.closePort();
    ends(watches());
    assertThat(succeeded).isEmpty();
  }

  @Test
  void oneThatCannotBeFoundIsLeftToItsLease() throws Exception {
    leader =
        Optional.of(
            new Succession.Holder("s-1", 7, new ServerAddress("no-such-host.invalid", 5051)));
    ends(watches());
    assertThat(succeeded).isEmpty();
  }

  @Test
  void whenAnotherLeadsTheOldOneIsWatchedNoMore() throws Exception {
    CompletableFuture<Void> round = watches();
    Socket line = port.line();
    leads(8);
    ends(round);
    assertThat(line.getInputStream().read()).isEqualTo(-1);
    assertThat(succeeded).isEmpty();
    leader = Optional.empty();
    ends(watches());
  }

  @Test
  void itEndsWhenItIsInterrupted() throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    CompletableFuture<Void> over = new CompletableFuture<>();
    Thread watch =
        Thread.ofPlatform()
            .start(
                () -> {
                  thread.complete(Thread.currentThread());
                  try {
                    succession.round();
                  } catch (InterruptedException e) {
                    // as well
                  }
                  over.complete(null);
                });
    Socket line = port.line();
    watch.interrupt();
    ends(over);
    assertThat(line.getInputStream().read()).isEqualTo(-1);
    assertThat(succeeded).isEmpty();
  }

  /** Two that are both wrong about each other must not take the lease in turns. */
  @Test
  void itIsBelievedOnceAnHour() throws Exception {
    int number = port.socket.getLocalPort();
    diesUnderWatch();
    port = new Port(number);
    leads(9);
    now.addAndGet(Succession.SELDOM.toNanos() - 1);
    diesUnderWatch();
    assertThat(succeeded).containsExactly(7L);
    port = new Port(number);
    now.addAndGet(1);
    diesUnderWatch();
    assertThat(succeeded).containsExactly(7L, 9L);
  }

  @Test
  void aLeaseThatWasNotGivenDoesNotCount() throws Exception {
    int number = port.socket.getLocalPort();
    given = false;
    diesUnderWatch();
    port = new Port(number);
    leads(9);
    diesUnderWatch();
    assertThat(succeeded).containsExactly(7L, 9L);
  }
}
