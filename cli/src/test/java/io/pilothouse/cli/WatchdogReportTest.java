package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.ListEventsReply;
import io.pilothouse.api.v1.ListWatchdogsReply;
import io.pilothouse.api.v1.RefusedVerdict;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogReportReply;
import io.pilothouse.api.v1.WatchdogReportRequest;
import io.pilothouse.api.v1.WatchdogRow;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WatchdogReportTest {
  private final FakeDm dm;

  WatchdogReportTest() throws IOException {
    dm = new FakeDm();
  }

  @AfterEach
  void stop() {
    dm.close();
  }

  private Typed pilot(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--servers";
    all[args.length + 1] = dm.address();
    return Typed.run(all);
  }

  private WatchdogReportRequest asked() {
    return dm.asked("Report", WatchdogReportRequest.parser());
  }

  @Test
  void aReportSaysAllThatItsOptionsSay() {
    dm.answers("Report", WatchdogReportReply.newBuilder().setRevision(7).build());

    Typed typed =
        pilot(
            "watchdog",
            "report",
            "burn-test",
            "web-03",
            "ERROR",
            "--text",
            "fan 2 stands still",
            "--fault",
            "fan",
            "--fatal",
            "--age",
            "5s",
            "--domain",
            "rack/r7",
            "--sequence",
            "12");

    assertThat(typed.code()).as(typed.err()).isZero();
    assertThat(typed.out()).isEqualTo("burn-test of web-03: ERROR\n");
    VerdictReportItem item = asked().getVerdicts(0);
    assertThat(item.getKind()).isEqualTo(VerdictKind.ERROR);
    assertThat(item.getSeverity()).isEqualTo(Severity.FATAL);
    assertThat(item.getAgeMs()).isEqualTo(5_000);
    assertThat(item.getSequence()).isEqualTo(12);
    assertThat(item.getFault()).isEqualTo("fan");
    assertThat(asked().getDomain()).isEqualTo("rack/r7");
  }

  @Test
  void aWordThatIsNoVerdictIsAWrongUse() {
    Typed typed = pilot("watchdog", "report", "burn-test", "web-03", "CRITICAL");

    assertThat(typed.code()).isEqualTo(2);
    assertThat(typed.err()).contains("\"CRITICAL\"").contains("OK, WARNING, ERROR or UNKNOWN");
  }

  @Test
  void aRefusalIsPassedOnWithItsExitCode() {
    dm.refuses("Report", 403, "PERMISSION_DENIED", "watchdog/burn-test may not report");
    assertThat(pilot("watchdog", "report", "burn-test", "web-03", "OK").code()).isEqualTo(7);

    dm.answers(
        "Report",
        WatchdogReportReply.newBuilder()
            .addRefused(RefusedVerdict.newBuilder().setMessage("sequence 5 is not above 9"))
            .build());
    assertThat(pilot("watchdog", "report", "burn-test", "web-03", "OK").code()).isEqualTo(6);
  }

  private Typed withInput(String input, String... args) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      return pilot(args);
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void linesOfJsonAreReportedTogether() throws IOException {
    dm.answers("Report", WatchdogReportReply.newBuilder().setRevision(7).build());

    Typed typed =
        withInput(
            """
            {"machine": "web-01", "kind": "OK"}

            {"machine": "web-02", "kind": "ERROR", "text": "hot", "severity": "fatal", "age_ms": 9}
            """,
            "watchdog",
            "report",
            "burn-test",
            "-",
            "-o",
            "json");

    assertThat(typed.code()).as(typed.err()).isZero();
    JsonNode json = new ObjectMapper().readTree(typed.out());
    assertThat(json.path("taken").asInt()).isEqualTo(2);
    assertThat(asked().getVerdictsList())
        .extracting(VerdictReportItem::getMachine)
        .containsExactly("web-01", "web-02");
    assertThat(asked().getVerdicts(1).getAgeMs()).isEqualTo(9);
  }

  @Test
  void aBadLineIsNamedByItsNumber() {
    for (String bad :
        new String[] {
          "{\"machine\": \"web-01\"}",
          "{\"machine\": \"web-01\", \"kind\": \"BAD\"}",
          "{\"machine\": \"web-01\", \"kind\": \"OK\", \"when\": 3}",
          "{\"machine\": \"web-01\", \"kind\": \"OK\", \"age_ms\": \"3\"}",
          "no json",
          "[]"
        }) {
      Typed typed =
          withInput(
              "{\"machine\": \"web-01\", \"kind\": \"OK\"}\n" + bad + "\n",
              "watchdog",
              "report",
              "burn-test",
              "-");
      assertThat(typed.code()).as(bad).isEqualTo(2);
      assertThat(typed.err()).contains("line 2 ");
    }
  }

  private static WatchdogRow burnTest() {
    return WatchdogRow.newBuilder()
        .setSpec(
            WatchdogSpec.newBuilder()
                .setName("burn-test")
                .setRunner(WatchdogSpec.Runner.EXTERNAL)
                .setEveryMs(300_000))
        .setState(
            WatchdogState.newBuilder()
                .setName("burn-test")
                .setMode(WatchdogState.Mode.LIVE)
                .setErrors(5)
                .setConfirmed(3)
                .setDismissed(1)
                .setDetected(2)
                .setDetectMs(5_000))
        .setOk(11)
        .setError(1)
        .addErrorMachines("web-03")
        .addReporters("watchdog/burn-test")
        .setShed(42)
        .build();
  }

  @Test
  void showTellsAllOfOne() throws IOException {
    dm.answers("ListWatchdogs", ListWatchdogsReply.newBuilder().addItems(burnTest()).build());
    dm.answers(
        "ListEvents",
        ListEventsReply.newBuilder()
            .addItems(
                AuditRecord.newBuilder()
                    .setKind("VERDICT")
                    .setMachine("web-03")
                    .setFrom("OK")
                    .setTo("ERROR")
                    .setText("burn-test: hot"))
            .build());

    Typed text = pilot("watchdog", "show", "burn-test");
    assertThat(text.out())
        .contains("burn-test is LIVE")
        .contains("external, every 5m 0s, valid for 15m 0s")
        .contains("in ERROR:   web-03")
        .contains("precision 75.0%, mean time to detect 2.5s")
        .contains("42 reports")
        .contains("web-03  OK → ERROR  burn-test: hot");

    JsonNode json =
        new ObjectMapper().readTree(pilot("watchdog", "show", "burn-test", "-o", "json").out());
    assertThat(json.path("may_report").path(0).asText()).isEqualTo("watchdog/burn-test");
    assertThat(json.path("shed").asInt()).isEqualTo(42);
    assertThat(json.path("last_changes").path(0).path("to").asText()).isEqualTo("ERROR");

    Typed unknown = pilot("watchdog", "show", "burn-tset");
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.err()).contains("did you mean \"burn-test\"");
  }

  @Test
  void scoreIsATableOfAll() throws IOException {
    dm.answers("ListWatchdogs", ListWatchdogsReply.newBuilder().addItems(burnTest()).build());

    assertThat(pilot("watchdog", "score").out()).contains("PRECISION").contains("75.0%");
    JsonNode json = new ObjectMapper().readTree(pilot("watchdog", "score", "-o", "json").out());
    assertThat(json.path("items").path(0).path("mean_detect_ms").asInt()).isEqualTo(2_500);
    assertThat(json.path("items").path(0).path("unconfirmed").asInt()).isZero();
  }

  @Test
  void aQuarantineNeedsAReason() {
    dm.answers("ListWatchdogs", ListWatchdogsReply.newBuilder().addItems(burnTest()).build());

    Typed typed = pilot("watchdog", "quarantine", "burn-test");

    assertThat(typed.code()).isEqualTo(2);
    assertThat(typed.err()).contains("--reason");
  }
}
