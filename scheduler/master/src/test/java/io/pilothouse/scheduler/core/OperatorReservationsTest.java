package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Operators reserve what nobody has. */
class OperatorReservationsTest extends Reserving {
  // ---- operators

  @Test
  void anOperatorReservesWhatIsFreeAndIsToldWhenItIsWrittenDown() {
    FakeAgent agent = agent();
    stage.writesAtOnce = false;
    assertThat(operate(reserve("", DISK))).as("not yet").isEqualTo(new Answer.Done());
    stage.written();
    stage.writesAtOnce = true;
    assertThat(operate(create("", VOLUME))).isEqualTo(new Answer.Accepted());
    assertThat(volumes(agent)).hasSize(1);
    FakeFramework framework = framework();
    assertThat(offered(framework))
        .isEqualTo(Resources.parse("cpus:4;mem:1024;disk:900").plus(read(VOLUME)));
  }

  @Test
  void anOperatorGetsWhatIsOnlyOfferedAndNotWhatIsUsed() {
    agent();
    FakeFramework framework = framework();
    Offer first = framework.lastOffer();
    assertThat(operate(reserve("", reserved("cpus", 5, ""))))
        .isEqualTo(
            new Answer.Refused(
                409, "On agent m1-agent: 'cpus:4; disk:1000; mem:1024' does not contain 'cpus:5'"));
    assertThat(framework.kinds()).doesNotContain(Event.Type.RESCIND);
    assertThat(operate(reserve("", reserved("cpus", 3, "")))).isEqualTo(new Answer.Accepted());
    assertThat(framework.events().stream().filter(Event::hasRescind))
        .singleElement()
        .satisfies(event -> assertThat(event.getRescind().getOfferId()).isEqualTo(first.getId()));
    stage.pass(1_000);
    accepts(framework, launch("t1", reserved("cpus", 2, "")));
    assertThat(operate(unreserve("", reserved("cpus", 2, ""))))
        .isInstanceOfSatisfying(
            Answer.Refused.class, refused -> assertThat(refused.status()).isEqualTo(409));
    assertThat(operate(unreserve("", CPUS))).isEqualTo(new Answer.Accepted());
  }

  @Test
  void anOperatorIsToldWhatIsWrong() {
    agent();
    assertThat(operate(reserve("", "{'name':'cpus','type':'SCALAR','scalar':{'value':1}}")))
        .isEqualTo(
            new Answer.Refused(
                400,
                "Invalid RESERVE operation on agent m1-agent: Resource cpus:1 is not dynamically"
                    + " reserved"));
    assertThat(operate(destroy("", VOLUME)))
        .isEqualTo(
            new Answer.Refused(
                400, "Invalid DESTROY operation on agent m1-agent: Persistent volumes not found"));
    String deep = CPUS.replace("'db'", "'" + "a/".repeat(30_000) + "a'");
    assertThat(operate(reserve("", deep)))
        .isInstanceOfSatisfying(
            Answer.Refused.class,
            refused ->
                assertThat(refused.text()).endsWith(" has 60001 characters; expected at most 255"));
    List<Answer> answers = new ArrayList<>();
    stage.core.operate(
        "nobody", Offer.Operation.getDefaultInstance(), Optional.empty(), answers::add, stage.now);
    assertThat(answers)
        .containsExactly(new Answer.Refused(400, "No agent found with specified ID"));
    stage.writesAtOnce = false;
    answers.clear();
    stage.core.operate(
        "m1-agent",
        Stage.read(reserve("", CPUS), Offer.Operation.getDefaultInstance()),
        Optional.empty(),
        answers::add,
        stage.now);
    stage.refused("it is full");
    assertThat(answers)
        .containsExactly(
            new Answer.Refused(
                409, "On agent m1-agent: The Device Manager does not keep it: it is full"));
    assertThat(total()).isEqualTo(Resources.parse("cpus:4;mem:1024;disk:1000"));
  }
}
