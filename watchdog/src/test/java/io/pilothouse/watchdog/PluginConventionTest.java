package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class PluginConventionTest {

  @Test
  void theFourStatuses() {
    assertThat(judge(0, "").kind()).isEqualTo(VerdictKind.OK);
    assertThat(judge(1, "").kind()).isEqualTo(VerdictKind.WARNING);
    assertThat(judge(2, "").kind()).isEqualTo(VerdictKind.ERROR);
    assertThat(judge(3, "").kind()).isEqualTo(VerdictKind.UNKNOWN);
    assertThat(judge(255, "").text()).startsWith("exited with 255");
  }

  @Test
  void theLastLineNamesFaultAndSeverityOfAnError() {
    String output = "worn out | wear=101%\n{\"fault\": \"disk.smart\", \"severity\": \"fatal\"}\n";
    ScriptResult error = judge(2, output);
    assertThat(error.fault()).isEqualTo("disk.smart");
    assertThat(error.severity()).isEqualTo(Severity.FATAL);
    assertThat(error.notes()).isEmpty();
    ScriptResult ok = judge(0, output);
    assertThat(ok.fault()).isEmpty();
    assertThat(ok.notes()).singleElement().asString().contains("only for an ERROR");
  }

  @Test
  void whatIsWrongWithTheLastLineIsNotedAndLeftOut() {
    ScriptResult result =
        judge(2, "bad\n{\"fault\":\"Disk Full!\",\"severity\":\"huge\",\"more\":[{\"a\":1}]}");
    assertThat(result.fault()).isEmpty();
    assertThat(result.severity()).isEqualTo(Severity.SEVERITY_UNSPECIFIED);
    assertThat(result.notes()).hasSize(2);
    assertThat(judge(2, "bad\n{not json}").fault()).isEmpty();
    assertThat(judge(2, "bad\n{\"fault\":").fault()).isEmpty();
    assertThat(judge(2, "x\n" + "{\"a\":".repeat(5000) + "1" + "}".repeat(5000)).kind())
        .isEqualTo(VerdictKind.ERROR);
  }

  @Test
  void performanceDataOfSeveralLines() {
    String output = "OK - fine | load1=0.5;5;10\nlong text\nmore | users=3\n'a b'=1ms\nc=4B;;;0;9";
    assertThat(judge(0, output).counters())
        .containsExactly(
            new PerfData("load1", 0.5, ""),
            new PerfData("users", 3, ""),
            new PerfData("a b", 1, "ms"),
            new PerfData("c", 4, "B"));
    assertThat(judge(0, output).text()).isEqualTo("OK - fine");
  }

  @Test
  void oddPerformanceData() {
    assertThat(PerfData.parse("it''s=1 'it''s'=2 x=U y=1.2.3 =5 z=-1e-3s w=1e999 v= 'open=1"))
        .containsExactly(
            new PerfData("it''s", 1, ""),
            new PerfData("it's", 2, ""),
            new PerfData("z", -0.001, "s"));
    assertThat(PerfData.parse("a=1 ".repeat(1000))).hasSize(200);
  }

  @Test
  void rubbishCostsNeitherTimeNorStack() {
    String quoted = "|'" + "a".repeat(60_000) + "'=1";
    String word = "|" + "x".repeat(60_000);
    String quotes = "|" + "'".repeat(60_000);
    assertThatCode(
            () -> {
              judge(0, quoted);
              judge(0, word);
              judge(0, quotes);
            })
        .doesNotThrowAnyException();
  }

  @Test
  void textIsOneLineOfPrintableCharactersWithinItsLimit() {
    assertThat(judge(0, "\u001b[31mred\u0007\n").text()).isEqualTo("[31mred");
    String text = judge(0, "é".repeat(5000)).text();
    assertThat(text.getBytes(StandardCharsets.UTF_8)).hasSize(4096);
    assertThat(text).doesNotContain("\uFFFD");
  }

  private static ScriptResult judge(int exit, String output) {
    return PluginConvention.judge(exit, output, "", Duration.ZERO);
  }

  @Test
  void consulCallsEveryOtherStatusFailing() {
    assertThat(kind(WatchdogSpec.Protocol.CONSUL, 0)).isEqualTo(VerdictKind.OK);
    assertThat(kind(WatchdogSpec.Protocol.CONSUL, 1)).isEqualTo(VerdictKind.WARNING);
    assertThat(kind(WatchdogSpec.Protocol.CONSUL, 2)).isEqualTo(VerdictKind.ERROR);
    assertThat(kind(WatchdogSpec.Protocol.CONSUL, 3)).isEqualTo(VerdictKind.ERROR);
    assertThat(kind(WatchdogSpec.Protocol.CONSUL, 42)).isEqualTo(VerdictKind.ERROR);
    // who died said nothing, whatever the protocol
    assertThat(kind(WatchdogSpec.Protocol.CONSUL, 139)).isEqualTo(VerdictKind.UNKNOWN);
  }

  @Test
  void nodeProblemDetectorCallsOneAProblem() {
    assertThat(kind(WatchdogSpec.Protocol.NPD, 0)).isEqualTo(VerdictKind.OK);
    assertThat(kind(WatchdogSpec.Protocol.NPD, 1)).isEqualTo(VerdictKind.ERROR);
    assertThat(kind(WatchdogSpec.Protocol.NPD, 2)).isEqualTo(VerdictKind.UNKNOWN);
    assertThat(kind(WatchdogSpec.Protocol.NPD, 7)).isEqualTo(VerdictKind.UNKNOWN);
  }

  @Test
  void onlyTheNagiosProtocolHasPerformanceData() {
    String output = "a | b=1\n";
    assertThat(PluginConvention.judge(0, output, "", Duration.ZERO).counters()).hasSize(1);
    ScriptResult npd =
        PluginConvention.judge(WatchdogSpec.Protocol.NPD, 0, output, "", Duration.ZERO);
    assertThat(npd.counters()).isEmpty();
    assertThat(npd.text()).isEqualTo("a | b=1");
  }

  @Test
  void whatCannotBeStartedIsUnknownByEveryProtocol() {
    for (WatchdogSpec.Protocol protocol :
        List.of(
            WatchdogSpec.Protocol.NAGIOS,
            WatchdogSpec.Protocol.CONSUL,
            WatchdogSpec.Protocol.NPD)) {
      ScriptResult result =
          PluginConvention.judge(
              protocol,
              126,
              "",
              "setpriv: failed to execute ../x: Permission denied",
              Duration.ZERO);
      assertThat(result.kind()).isEqualTo(VerdictKind.UNKNOWN);
      assertThat(result.text()).startsWith("cannot be run: setpriv: failed to execute");
    }
  }

  private static VerdictKind kind(WatchdogSpec.Protocol protocol, int exit) {
    return PluginConvention.judge(protocol, exit, "text", "", Duration.ZERO).kind();
  }
}
