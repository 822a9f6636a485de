package io.pilothouse.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Whatever answers at a replica's address: an answer, or words for a person. */
class AnswersFuzzTest {
  private static final ServerAddress SERVER = ServerAddress.parse("127.0.0.1:8520");
  private static final String ERROR =
      "{\"code\":\"NOT_FOUND\",\"message\":\"no machine \\\"x\\\"\",\"remedy\":\"list them\"}";

  @Test
  void headersWithoutEndAreNotGathered() {
    byte[] answer = ("HTTP/1.1 200 OK\r\n" + "x: y\r\n".repeat(100_000)).getBytes(US_ASCII);
    assertThatThrownBy(() -> LightHttp.read(new ByteArrayInputStream(answer)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("more than 200 header lines");
  }

  @Test
  void answers() {
    Summary summary =
        Fuzz.of("answer-of-a-replica")
            .sound("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            .sound(
                "HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%s"
                    .formatted(ERROR.length(), ERROR))
            .sound("HTTP/1.1 503 No\r\npilot-leader: a:1,b:2\r\n\r\n" + ERROR)
            .sound(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n")
            .tokens(
                "\r\n", "\n", ":", "Content-Length: 99999999\r\n", "0\r\n", "7fffffff\r\n", "\0")
            .tokens(
                "{", "}", "\"code\":", "[[", "\u001b[2J", "\u00ff", "HTTP/1.1 ", "pilot-leader: ")
            .inputs(10_000)
            .allocating(2 << 20, 1_000)
            .run(
                input -> {
                  LightHttp.Response response;
                  try {
                    response = LightHttp.read(new ByteArrayInputStream(input));
                  } catch (IOException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                  if (response.status() != 200) {
                    DmException error = ErrorBody.read(SERVER, response);
                    assertThat(error.getMessage()).isNotNull();
                  }
                  String leader = response.headers().get("pilot-leader");
                  if (leader != null) {
                    LightClient.readAddress(leader);
                  }
                  TryNextException.retryAfter(
                      response.headers().get("retry-after-ms"),
                      response.headers().get("retry-after"));
                  return true;
                });
    assertThat(summary.refused()).as(summary.toString()).isPositive();
    assertThat(summary.taken()).as(summary.toString()).isPositive();
  }
}
