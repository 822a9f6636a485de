package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Several who look at a machine from outside, and how many of them must agree. */
class ObserversTest {
  private static final String REACHABLE = "reachable";

  private final FleetScenario fleet = FleetScenario.inService(withQuorum(2));
  private long sequence = 1000;

  private static Fleet withQuorum(int quorum) {
    Fleet.Builder fleet = QuickFleet.spec().toBuilder();
    for (int i = 0; i < fleet.getWatchdogsCount(); i++) {
      if (fleet.getWatchdogs(i).getName().equals(REACHABLE)) {
        fleet.getWatchdogsBuilder(i).setQuorum(quorum);
      }
    }
    return fleet.build();
  }

  private void says(String observer, String domain, VerdictKind kind) {
    says(observer, domain, kind, Severity.SEVERITY_UNSPECIFIED, ++sequence);
  }

  private void says(
      String observer, String domain, VerdictKind kind, Severity severity, long number) {
    fleet.sends(
        Command.newBuilder()
            .setApplyVerdicts(
                ApplyVerdicts.newBuilder()
                    .setReporter(observer)
                    .setDomain(domain)
                    .addReports(
                        VerdictReport.newBuilder()
                            .setMachine("web-03")
                            .setWatchdog(REACHABLE)
                            .setKind(kind)
                            .setSeverity(severity)
                            .setFault(kind == VerdictKind.ERROR ? "no-answer" : "")
                            .setText("as " + observer + " sees it")
                            .setSequence(number))));
  }

  private void fallsSilent(String observer) {
    fleet.sends(
        Command.newBuilder()
            .setNoticeSilence(
                NoticeSilence.newBuilder()
                    .addSilent(
                        NoticeSilence.Silent.newBuilder()
                            .setMachine("web-03")
                            .setWatchdog(REACHABLE)
                            .setReporter(observer))));
  }

  private Verdict verdict() {
    return fleet.state.verdict("web-03", REACHABLE).orElseThrow();
  }

  @Test
  void oneFaultDomainOfTwoMakesAWarningThatSaysSo() {
    says("w1", "rack/r1", VerdictKind.ERROR);
    says("w2", "rack/r1", VerdictKind.ERROR);
    says("w3", "rack/r2", VerdictKind.OK);

    assertThat(verdict().getKind()).isEqualTo(VerdictKind.WARNING);
    assertThat(verdict().getText()).contains("1 of 2 fault domains");
    fleet.passes(Duration.ofMinutes(5));
    fleet.machine("web-03").is(Condition.HEALTHY);
  }

  @Test
  void twoFaultDomainsMakeAnError() {
    says("w1", "rack/r1", VerdictKind.ERROR);
    says("w3", "rack/r2", VerdictKind.ERROR);

    assertThat(verdict().getKind()).isEqualTo(VerdictKind.ERROR);
    assertThat(verdict().getText()).contains("rack/r1, rack/r2");
    fleet.passes(QuickFleet.CONFIRM);
    assertThat(fleet.conditionsOf("web-03")).contains("FAILURE");
  }

  @Test
  void anObserverWithoutADomainIsOneOfItsOwn() {
    says("w1", "", VerdictKind.ERROR);
    says("w2", "", VerdictKind.ERROR);

    assertThat(verdict().getKind()).isEqualTo(VerdictKind.ERROR);
  }

  @Test
  void fatalNeedsTheQuorumToo() {
    says("w1", "rack/r1", VerdictKind.ERROR, Severity.FATAL, ++sequence);
    says("w2", "rack/r2", VerdictKind.ERROR);
    assertThat(verdict().getSeverity()).isNotEqualTo(Severity.FATAL);

    says("w2", "rack/r2", VerdictKind.ERROR, Severity.FATAL, ++sequence);
    assertThat(verdict().getSeverity()).isEqualTo(Severity.FATAL);
  }

  @Test
  void anObserverThatDiesWhileItSaidErrorLosesItsWord() {
    says("w1", "rack/r1", VerdictKind.ERROR);
    says("w2", "rack/r2", VerdictKind.ERROR);
    says("w3", "rack/r3", VerdictKind.OK);
    assertThat(verdict().getKind()).isEqualTo(VerdictKind.ERROR);

    fallsSilent("w2");

    assertThat(verdict().getKind()).isEqualTo(VerdictKind.WARNING);
    fleet.passes(QuickFleet.CONFIRM.plusSeconds(1));
    fleet.machine("web-03").is(Condition.HEALTHY);
  }

  @Test
  void whenTheLastObserverDiesTheWatchdogIsSilent() {
    verdict().getObservationsList().forEach(each -> fallsSilent(each.getReporter()));

    assertThat(verdict().getSilent()).isTrue();
  }

  @Test
  void eachObserversReportsAreOrderedByThemselves() {
    says("w1", "rack/r1", VerdictKind.ERROR, Severity.NORMAL, 50);
    says("w2", "rack/r2", VerdictKind.ERROR, Severity.NORMAL, 7);

    says("w1", "rack/r1", VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, 49);
    assertThat(verdict().getKind()).isEqualTo(VerdictKind.ERROR);
    says("w2", "rack/r2", VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, 8);
    assertThat(verdict().getKind()).isEqualTo(VerdictKind.WARNING);
  }

  @Test
  void asManyAsAreKeptAreHeardAndTheNextWaitsUntilOneFallsSilent() {
    for (int i = verdict().getObservationsCount(); i < Observers.MOST; i++) {
      says("w%02d".formatted(i), "rack/r" + i, VerdictKind.OK);
    }
    says("late", "rack/r99", VerdictKind.OK);
    assertThat(verdict().getObservationsList()).hasSize(Observers.MOST);
    assertThat(Observers.of(verdict(), "late")).isEmpty();

    fallsSilent("w05");
    says("late", "rack/r99", VerdictKind.OK);
    assertThat(Observers.of(verdict(), "late")).isPresent();
  }

  @Test
  void whatWasSaidBeforeAnActionDoesNotCountAfterIt() {
    says("w1", "rack/r1", VerdictKind.ERROR);
    says("w2", "rack/r2", VerdictKind.ERROR);
    fleet.passes(QuickFleet.CONFIRM);
    fleet.machine("web-03").is(Condition.PROBATION);

    says("w1", "rack/r1", VerdictKind.ERROR);

    assertThat(verdict().getKind()).isEqualTo(VerdictKind.WARNING);
  }
}
