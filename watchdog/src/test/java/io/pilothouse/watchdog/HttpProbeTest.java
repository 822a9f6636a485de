package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class HttpProbeTest {
  private static final Duration TIMEOUT = Duration.ofMillis(400);

  private ServerSocket server;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  @Test
  void theStatusIsRead() throws IOException {
    answers("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Duration.ZERO);
    assertThat(status()).isEqualTo(404);
  }

  @Test
  @Timeout(30)
  void aServerThatTricklesIsGivenUpInTime() {
    answers("HTTP/1.1 200 OK\r\n\r\n", Duration.ofMillis(100));
    assertThatThrownBy(this::status).hasMessage("no answer in 400 ms");
  }

  @Test
  void whatIsNotHttpIsSaid() throws IOException {
    answers("SSH-2.0-OpenSSH_9\r\n", Duration.ZERO);
    assertThatThrownBy(this::status).hasMessage("it speaks no HTTP");
    server.close();
    assertThatThrownBy(this::status).hasMessageContaining("refused");
  }

  @Test
  void oneThatClosesIsSaid() {
    answers("", Duration.ZERO);
    assertThatThrownBy(this::status).isInstanceOf(IOException.class);
  }

  private int status() throws IOException {
    return HttpProbe.status("127.0.0.1", server.getLocalPort(), "/health", TIMEOUT);
  }

  private void answers(String text, Duration pause) {
    Thread.ofVirtual()
        .start(
            () -> {
              try (Socket socket = server.accept();
                  OutputStream out = socket.getOutputStream()) {
                for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
                  out.write(each);
                  out.flush();
                  LockSupport.parkNanos(pause.toNanos());
                }
                // a close with bytes unread is a reset, which would overtake the answer
                socket.shutdownOutput();
                socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(2));
                socket.getInputStream().readAllBytes();
              } catch (IOException e) {
                return; // the probe has gone
              }
            });
  }

  @Test
  void whoWantsNoBodyIsGivenNone() throws IOException {
    answers("HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\nbody", Duration.ZERO);
    HttpProbe.Answer answer =
        HttpProbe.look("127.0.0.1", server.getLocalPort(), "/", TIMEOUT, Optional.empty());
    assertThat(answer.status()).isEqualTo(302);
    assertThat(answer.header("location")).hasValue("/x");
    assertThat(answer.body()).isEmpty();
    assertThat(answer.whole()).isFalse();
  }

  @Test
  void aHeadWithoutEndIsNotRead() throws IOException {
    String line = "X: " + "y".repeat(8000) + "\r\n";
    answers("HTTP/1.1 200 OK\r\n" + line.repeat(20) + "\r\n", Duration.ZERO);
    HttpProbe.Answer answer =
        HttpProbe.get(
            "127.0.0.1", server.getLocalPort(), "/", Duration.ofSeconds(15), Optional.empty());
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.head()).hasSizeLessThan(10);
    assertThat(answer.whole()).isFalse();
  }
}
