package io.pilothouse.watchdog.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.api.v1.VerdictKind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClockTest {
  @TempDir private Path dir;

  /** How far each source's clock is ahead of ours; NaN does not answer. */
  private final Map<String, Double> ahead = new TreeMap<>();

  private Finding look() throws Exception {
    return clock("none").look();
  }

  private Clock clock(String chronyc) {
    return new Clock(
        chronyc,
        () -> List.copyOf(ahead.keySet()),
        this::ask,
        Duration.ofSeconds(2),
        Duration.ofSeconds(10));
  }

  private Clock.Bounds ask(String source) throws IOException {
    double offset = ahead.get(source);
    if (Double.isNaN(offset)) {
      throw new IOException("no answer in 2000 ms");
    }
    return new Clock.Bounds(offset - 0.6, offset + 0.6);
  }

  @Test
  void oneWrongClockAmongThreeAccusesNobody() throws Exception {
    ahead.putAll(Map.of("a", 0.1, "b", -0.2, "c", 3600.0));
    Finding finding = look();
    assertThat(finding.kind()).isEqualTo(VerdictKind.OK);
    assertThat(finding.text()).isEqualTo("the clock is right within 2.0 s, by 3 of 3 clocks asked");
  }

  @Test
  void ourOwnClockAnHourAheadIsAnError() throws Exception {
    ahead.putAll(Map.of("a", -3600.0, "b", -3600.2, "c", -3599.9));
    Finding finding = look();
    assertThat(finding.fault()).isEqualTo("clock.offset");
    assertThat(finding.text()).isEqualTo("the clock is 3599.6 s ahead, by 3 of 3 clocks asked");
  }

  @Test
  void aSmallOffsetIsAWarning() throws Exception {
    ahead.putAll(Map.of("a", 5.0, "b", 5.1));
    assertThat(look().kind()).isEqualTo(VerdictKind.WARNING);
    assertThat(look().text()).contains("behind");
  }

  @Test
  void aSingleSourceCouldBeTheWrongOneItself() throws Exception {
    ahead.put("a", 3600.0);
    assertThat(look().kind()).isEqualTo(VerdictKind.WARNING);
  }

  @Test
  void twoThatDisagreeTellNothing() throws Exception {
    ahead.putAll(Map.of("a", 0.0, "b", 3600.0));
    assertThat(look().kind()).isEqualTo(VerdictKind.UNKNOWN);
  }

  @Test
  void whoDoesNotAnswerIsLeftOut() throws Exception {
    ahead.putAll(Map.of("a", 0.0, "b", 0.1, "c", Double.NaN));
    assertThat(look().text()).contains("by 2 of 3");
    ahead.putAll(Map.of("a", Double.NaN, "b", Double.NaN));
    assertThatThrownBy(this::look).hasMessageContaining("none of 3 answers");
    ahead.clear();
    assertThat(look().kind()).isEqualTo(VerdictKind.WARNING);
  }

  @Test
  void chronyIsBelievedWhenItIsSynchronised() throws Exception {
    String chronyc = chronyc("Normal", "-12.345678901");
    Finding finding = clock(chronyc).look();
    assertThat(finding.fault()).isEqualTo("clock.offset");
    assertThat(finding.text()).isEqualTo("the clock is 12.3 s ahead, by chrony");
    ahead.put("a", 0.0);
    ahead.put("b", 0.0);
    assertThat(clock(chronyc("Not synchronised", "0.0")).look().text()).contains("2 clocks asked");
    assertThat(clock("/no/such/chronyc").look().text()).contains("2 clocks asked");
  }

  @Test
  void theDateOfAServerOnThisMachineIsOurs() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    try {
      Clock.Bounds bounds =
          new HttpDate(java.util.Optional.empty())
              .ask("127.0.0.1:" + server.getAddress().getPort());
      assertThat(bounds.certain()).isZero();
      assertThat(bounds.least()).isBetween(-4.0, 0.0);
      assertThat(bounds.most()).isBetween(0.0, 1.0);
    } finally {
      server.stop(0);
    }
  }

  private String chronyc(String leap, String offset) throws IOException {
    Path program = dir.resolve("chronyc");
    String line =
        "C0A80001,192.168.0.1,3,1700000000.1,%s,0.0,0.0,1.0,0.0,0.1,0.01,0.001,64.2,%s"
            .formatted(offset, leap);
    Files.writeString(program, "#!/bin/sh\n[ \"$*\" = '-c tracking' ] && echo '" + line + "'\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return program.toString();
  }
}
