package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.CallClass.BACKGROUND;
import static io.pilothouse.dm.server.CallClass.OPERATOR_AND_REPAIR;
import static io.pilothouse.dm.server.CallClass.PULL;
import static io.pilothouse.dm.server.CallClass.REPORT;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Who is let in when not all can be; time and load are set by hand. */
class AdmissionTest {

  /** 4 of operators, 8 with reports, 6 with pulls, 2 with all else. */
  private static final EdgeLimits SMALL = new EdgeLimits(4, 8, 6, 2, 10, 100, 2);

  private long now;
  private int logWaiting;
  private int names;
  private Admission admission = new Admission(SMALL, () -> now, () -> logWaiting);

  private static Principal principal(String text) {
    return Principal.parse(text).orElseThrow();
  }

  /** Somebody who was never seen before. */
  private Principal anybody() {
    return principal("machine/m-" + names++);
  }

  private Admission.Answer enters(String who, CallClass callClass) {
    return admission.enter(principal(who), callClass);
  }

  private List<Admission.Ticket> letIn(int calls, CallClass callClass) {
    return letIn(calls, callClass, each -> {});
  }

  private List<Admission.Ticket> letIn(
      int calls, CallClass callClass, Consumer<Admission.Ticket> then) {
    List<Admission.Ticket> tickets = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      Admission.Ticket ticket = in(admission.enter(anybody(), callClass));
      then.accept(ticket);
      tickets.add(ticket);
    }
    return tickets;
  }

  private static Admission.Ticket in(Admission.Answer answer) {
    assertThat(answer).isInstanceOf(Admission.Ticket.class);
    return (Admission.Ticket) answer;
  }

  private static Admission.Shed away(Admission.Answer answer, Admission.Reason reason) {
    assertThat(answer).isInstanceOf(Admission.Shed.class);
    Admission.Shed shed = (Admission.Shed) answer;
    assertThat(shed.reason()).isEqualTo(reason);
    assertThat(shed.after()).isPositive();
    return shed;
  }

  private Admission.Shed away(CallClass callClass, Admission.Reason reason) {
    return away(admission.enter(anybody(), callClass), reason);
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }

  // classes

  @Test
  void copiesAreTurnedAwayFirstThenPullsThenReportsAndOperatorsLast() {
    letIn(2, REPORT);
    away(BACKGROUND, Admission.Reason.LOAD);
    letIn(4, REPORT);
    away(PULL, Admission.Reason.LOAD);
    letIn(2, REPORT);
    away(REPORT, Admission.Reason.LOAD);
    letIn(4, OPERATOR_AND_REPAIR);
    away(OPERATOR_AND_REPAIR, Admission.Reason.LOAD);
  }

  @Test
  void whatALowerClassDoesTurnsAwayNoHigherOne() {
    letIn(6, PULL);
    away(PULL, Admission.Reason.LOAD);
    letIn(8, REPORT);
    away(REPORT, Admission.Reason.LOAD);
    letIn(4, OPERATOR_AND_REPAIR);
  }

  @Test
  void theLessACallMattersTheLaterItIsToComeAgain() {
    letIn(4, OPERATOR_AND_REPAIR);
    letIn(4, REPORT);
    List<Duration> waits = new ArrayList<>();
    for (CallClass each : CallClass.values()) {
      waits.add(away(each, Admission.Reason.LOAD).after());
    }
    assertThat(waits).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aCallThatEndsMakesRoomOnceHoweverOftenItEnds() {
    List<Admission.Ticket> pulls = letIn(6, PULL);
    pulls.get(0).worked();
    pulls.get(0).gone();
    pulls.get(0).gone();
    letIn(1, PULL);
    away(PULL, Admission.Reason.LOAD);
  }

  @Test
  void aCallThatWaitsForNewsIsNoWork() {
    List<Admission.Ticket> pulls = letIn(6, PULL);
    pulls.forEach(Admission.Ticket::park);
    List<Admission.Ticket> others = letIn(6, PULL);
    others.forEach(Admission.Ticket::worked);
    pulls.forEach(Admission.Ticket::resume);
    away(PULL, Admission.Reason.LOAD);
    pulls.get(0).gone();
    pulls.get(0).resume(); // woken by its own end
    letIn(1, PULL);
  }

  @Test
  void whenTheLogIsBehindPullsGoToFollowersAndReportsComeLater() {
    logWaiting = EdgeLimits.LOG_BEHIND;
    away(PULL, Admission.Reason.LOG);
    letIn(1, REPORT);
    logWaiting = EdgeLimits.LOG_FAR_BEHIND;
    assertThat(away(REPORT, Admission.Reason.LOG).message()).contains("5000 requests wait");
    letIn(1, OPERATOR_AND_REPAIR);
    logWaiting = 0;
    letIn(1, PULL);
  }

  // callers

  @Test
  void aMachineThatLoopsIsHeldToItsRateThoughNothingElseIsToDo() {
    for (int i = 0; i < 100; i++) {
      in(enters("machine/web-01", PULL)).gone();
    }
    Admission.Shed shed = away(enters("machine/web-01", PULL), Admission.Reason.RATE);
    assertThat(shed.message()).isEqualTo("machine/web-01 calls more often than 10 times a second");
    assertThat(shed.isCallers()).isTrue();

    in(enters("machine/web-02", PULL)).gone();
    pass(shed.after());
    in(enters("machine/web-01", PULL)).gone();
    away(enters("machine/web-01", PULL), Admission.Reason.RATE);
    pass(Duration.ofMinutes(1));
    for (int i = 0; i < 100; i++) {
      in(enters("machine/web-01", PULL)).gone();
    }
    away(enters("machine/web-01", PULL), Admission.Reason.RATE);
  }

  @Test
  void anOperatorBeyondTheRateIsServedOnlyWhileOthersLoseNothingByIt() {
    for (int i = 0; i < 1_500; i++) {
      in(enters("operator/script", OPERATOR_AND_REPAIR)).gone();
    }
    List<Admission.Ticket> others = letIn(2, REPORT);
    away(enters("operator/script", OPERATOR_AND_REPAIR), Admission.Reason.RATE);
    in(enters("operator/alice", OPERATOR_AND_REPAIR)).gone();
    others.forEach(Admission.Ticket::gone);
    in(enters("operator/script", OPERATOR_AND_REPAIR)).gone();
    logWaiting = EdgeLimits.LOG_BEHIND;
    away(enters("operator/script", OPERATOR_AND_REPAIR), Admission.Reason.RATE);
    in(enters("operator/alice", OPERATOR_AND_REPAIR)).gone();
  }

  @Test
  void oneCallerCannotHaveAllThatIsWorkedOn() {
    admission = new Admission(EdgeLimits.of(2, 1 << 30), () -> now, () -> 0);
    for (int i = 0; i < 512; i++) {
      in(enters("operator/script", OPERATOR_AND_REPAIR));
      pass(Duration.ofSeconds(1));
    }
    assertThat(away(enters("operator/script", REPORT), Admission.Reason.OPEN).message())
        .contains("512 calls under way");
    for (int i = 0; i < 512; i++) {
      in(admission.enter(principal("operator/o-" + i), OPERATOR_AND_REPAIR));
    }
  }

  @Test
  void answersThatTheirCallerDoesNotReadCountAgainstItAlone() {
    admission = new Admission(EdgeLimits.of(2, 1 << 30), () -> now, () -> 0);
    List<Admission.Ticket> unread = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      Admission.Ticket call = in(enters("machine/web-01", PULL));
      call.worked();
      unread.add(call);
    }
    assertThat(admission.working(PULL)).isZero();
    assertThat(away(enters("machine/web-01", PULL), Admission.Reason.OPEN).message())
        .contains("64 calls open");
    in(enters("machine/web-02", PULL));
    unread.get(3).gone();
    in(enters("machine/web-01", PULL));
  }

  @Test
  void whoIsTurnedAwayForTheLoadKeepsItsRate() {
    letIn(6, PULL);
    for (int i = 0; i < 500; i++) {
      away(enters("machine/web-01", PULL), Admission.Reason.LOAD);
    }
    in(enters("machine/web-01", REPORT));
  }

  // memory

  @Test
  void callersThatRestAreForgottenAndOthersAreNot() {
    List<Admission.Ticket> parked = letIn(50, OPERATOR_AND_REPAIR, Admission.Ticket::park);
    for (int i = 0; i < 10_000; i++) {
      in(admission.enter(anybody(), PULL)).gone();
      pass(Duration.ofSeconds(1));
      assertThat(admission.callers()).isLessThanOrEqualTo(SMALL.callers());
    }
    assertThat(admission.callers()).as("parked, and the newest").isBetween(51, 80);
    parked.forEach(Admission.Ticket::gone);
  }

  @Test
  void whoFindsNoPlaceSharesOneWithItsKindAndDisplacesNobody() {
    for (int i = 0; i < 100; i++) {
      in(enters("machine/web-01", PULL)).gone();
    }
    for (int i = 0; i < 20_000; i++) {
      in(admission.enter(anybody(), PULL)).gone(); // all within one moment: none rests
      assertThat(admission.callers()).isLessThanOrEqualTo(SMALL.callers());
    }
    away(enters("machine/web-01", PULL), Admission.Reason.RATE);
    in(enters("operator/alice", OPERATOR_AND_REPAIR)).gone();
  }

  // numbers

  @Test
  void aLargerHostTakesMoreButNeverMorePullsThanReports() {
    for (int cores : new int[] {1, 2, 64}) {
      EdgeLimits limits = EdgeLimits.of(cores, (long) cores << 30);
      assertThat(limits.underWay(PULL)).isLessThan(limits.underWay(REPORT));
      assertThat(limits.underWay(BACKGROUND)).isLessThan(limits.underWay(PULL));
    }
    assertThat(EdgeLimits.of(2, 160 << 20).parked()).isEqualTo(10_240);
    assertThat(EdgeLimits.of(64, 64L << 30).parked()).isEqualTo(50_000);
  }
}
