package io.pilothouse.watchdog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec.Protocol;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.HostileServer;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whatever a script prints and however it ends: there is a verdict, printable and not too long. */
class OutputFuzzTest {

  /** What is kept of a script's output, in bytes. */
  private static final int KEPT = 64 << 10;

  private static final List<Protocol> PROTOCOLS =
      List.of(Protocol.PROTOCOL_UNSPECIFIED, Protocol.NAGIOS, Protocol.CONSUL, Protocol.NPD);

  @Test
  void everyOutputIsJudged() {
    Summary summary =
        Fuzz.of("script-output")
            .sound("DISK OK - 42% used|/=42%;80;90;0;100 'a b'=1 load1=U\nmore|x=1s\ny=2ms\n")
            .sound("CRITICAL\n{\"fault\": \"disk.smart\", \"severity\": \"fatal\"}\n")
            .sound("OK: 7 procs | procs=7;;;0; c=1.5e-3us\n")
            .tokens("|", "'", "''", "=", ";", "\n", "\r", "\t", "\0", "\u001b[31m", "{", "}", "[")
            .tokens("\"fault\": ", "\"severity\": \"normal\"", "NaN", "Infinity", "1e999", "0x1p3")
            .tokens(
                "\u00f0\u009f\u0098\u0080", "\u00ed\u00a0\u0080", "setsid: ", "\u00e2\u0080\u00a8")
            .inputs(10_000)
            .allocating(4 << 20, 2_000)
            .run(
                input -> {
                  // the first bytes choose how it ended and by which protocol
                  int exit = input.length == 0 ? 0 : input[0] % 5;
                  Protocol protocol = PROTOCOLS.get(input.length % PROTOCOLS.size());
                  String text = new String(input, 0, Math.min(KEPT, input.length), UTF_8);
                  ScriptResult result =
                      PluginConvention.judge(protocol, exit, text, text, Duration.ofSeconds(1));
                  assertThat(result.kind()).isNotEqualTo(VerdictKind.UNRECOGNIZED);
                  assertThat(result.text().getBytes(UTF_8).length).isLessThanOrEqualTo(4096);
                  assertThat(result.text().chars().noneMatch(Character::isISOControl)).isTrue();
                  result.counters().forEach(each -> assertThat(each.base().value()).isFinite());
                  return true;
                });
    assertThat(summary.taken()).isPositive();
  }

  @Test
  void noAnswerOfAServerFailsAProbe() throws IOException {
    try (HostileServer server = new HostileServer()) {
      Summary summary =
          Fuzz.of("probed-server")
              .sound("HTTP/1.1 200 OK\r\nDate: Mon, 30 Nov 2026 08:00:00 GMT\r\n\r\nwell\n")
              .tokens(
                  "\r\n", "\n", "HTTP/1.1 100 Continue\r\n\r\n", ":", "\0", "\u00ff", "x: y\r\n")
              .inputs(500)
              .run(
                  input -> {
                    server.answers(input);
                    try {
                      HttpProbe.Answer answer =
                          HttpProbe.get(
                              "127.0.0.1",
                              server.port(),
                              "/health",
                              Duration.ofSeconds(20),
                              Optional.empty());
                      answer.header("Date");
                      return answer.status() == 200;
                    } catch (IOException e) {
                      Wording.check(e.getMessage());
                      return false;
                    }
                  });
      assertThat(summary.refused()).as(summary.toString()).isPositive();
    }
  }
}
