package io.pilothouse.scheduler.allocator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.scheduler.allocator.Agent.Attribute;
import io.pilothouse.scheduler.allocator.Agent.Place;
import io.pilothouse.scheduler.allocator.OfferConstraints.Condition;
import io.pilothouse.scheduler.allocator.OfferConstraints.Condition.Exists;
import io.pilothouse.scheduler.allocator.OfferConstraints.Condition.Expression;
import io.pilothouse.scheduler.allocator.OfferConstraints.Condition.NotExists;
import io.pilothouse.scheduler.allocator.OfferConstraints.Condition.TextEquals;
import io.pilothouse.scheduler.allocator.OfferConstraints.Condition.TextMatches;
import io.pilothouse.scheduler.allocator.OfferConstraints.Condition.TextNotEquals;
import io.pilothouse.scheduler.allocator.OfferConstraints.Condition.TextNotMatches;
import io.pilothouse.scheduler.allocator.OfferConstraints.Constraint;
import io.pilothouse.scheduler.allocator.OfferConstraints.Named;
import io.pilothouse.scheduler.allocator.OfferConstraints.Said;
import io.pilothouse.scheduler.allocator.OfferConstraints.Selector;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On which agents a framework wants offers. */
class OfferConstraintsTest {
  private static final Agent AGENT =
      new Agent(
          "a1",
          "web-17.example",
          Resources.parse("cpus:1;mem:100"),
          List.of(
              Attribute.text("rack", "r7"),
              Attribute.text("rack", "second"),
              new Attribute("slots", Optional.empty())),
          Optional.of(new Place("north", "n1", false)));

  private static boolean holds(Selector selector, Condition condition) {
    return OfferConstraints.all(new Constraint(selector, condition)).allow(AGENT);
  }

  private static Expression expression(String text) {
    return new Expression(text);
  }

  @Test
  void attributesExistOrDoNot() {
    assertThat(holds(new Named("rack"), new Exists())).isTrue();
    assertThat(holds(new Named("rack"), new NotExists())).isFalse();
    assertThat(holds(new Named("disk"), new Exists())).isFalse();
    assertThat(holds(new Named("disk"), new NotExists())).isTrue();
    assertThat(holds(new Named("slots"), new Exists())).isTrue();
  }

  @Test
  void textsAreTheSameOrMatchAsAWhole() {
    assertThat(holds(new Named("rack"), new TextEquals("r7"))).isTrue();
    assertThat(holds(new Named("rack"), new TextEquals("second"))).isFalse();
    assertThat(holds(new Named("rack"), new TextNotEquals("r7"))).isFalse();
    assertThat(holds(new Named("rack"), new TextMatches(expression("r[0-9]")))).isTrue();
    assertThat(holds(new Named("rack"), new TextMatches(expression("r")))).isFalse();
    assertThat(holds(new Named("rack"), new TextNotMatches(expression("r.")))).isFalse();
    assertThat(holds(Said.HOSTNAME, new TextMatches(expression("web-.*")))).isTrue();
    assertThat(holds(Said.REGION, new TextEquals("north"))).isTrue();
    assertThat(holds(Said.ZONE, new TextEquals("n2"))).isFalse();
  }

  @Test
  void whatIsNotThereIsNoTextAndWhatIsNoTextIsAnyText() {
    assertThat(holds(new Named("disk"), new TextEquals(""))).isFalse();
    assertThat(holds(new Named("disk"), new TextNotEquals(""))).isTrue();
    assertThat(holds(new Named("disk"), new TextMatches(expression(".*")))).isFalse();
    assertThat(holds(new Named("disk"), new TextNotMatches(expression(".*")))).isTrue();
    assertThat(holds(new Named("slots"), new TextEquals("3"))).isTrue();
    assertThat(holds(new Named("slots"), new TextNotEquals("3"))).isTrue();
    assertThat(holds(new Named("slots"), new TextMatches(expression("x")))).isTrue();
    assertThat(holds(new Named("slots"), new TextNotMatches(expression(".*")))).isTrue();
  }

  @Test
  void oneGroupIsEnoughOfWhichAllMustHold() {
    Constraint yes = new Constraint(new Named("rack"), new Exists());
    Constraint no = new Constraint(new Named("rack"), new NotExists());
    assertThat(new OfferConstraints(List.of(List.of(yes, no))).allow(AGENT)).isFalse();
    assertThat(new OfferConstraints(List.of(List.of(no), List.of(yes))).allow(AGENT)).isTrue();
    assertThatThrownBy(() -> new OfferConstraints(List.of(List.of())))
        .hasMessage("constraints [[]]: expected one group at least, none of them empty");
  }

  @Test
  void theyDecideWhatIsOfferedAndCanBeChanged() {
    Cluster cluster = new Cluster();
    Framework framework = Framework.of("fw", "role1", "role2");
    OfferConstraints onR7 =
        OfferConstraints.all(new Constraint(new Named("rack"), new TextEquals("r7")));
    OfferConstraints elsewhere =
        OfferConstraints.all(new Constraint(new Named("rack"), new TextNotEquals("r7")));
    cluster.framework(framework.constrained("role1", elsewhere).constrained("role2", elsewhere));
    cluster.allocator.addAgent(AGENT, List.of());
    cluster.batch().batch().givesNothing();
    cluster.allocator.updateFramework(
        framework.constrained("role1", elsewhere).constrained("role2", onR7));
    cluster.events().gives("fw role2 a1");
  }

  @Test
  @Timeout(10)
  void noExpressionTakesLongerThanItsText() {
    Agent agent = AGENT.with(Attribute.text("rack", "a".repeat(50_000)));
    OfferConstraints evil =
        OfferConstraints.all(
            new Constraint(new Named("rack"), new TextMatches(expression("(a+)+b"))));
    assertThat(evil.allow(agent)).isFalse();
  }

  @Test
  void badExpressionsAreRefused() {
    assertThatThrownBy(() -> expression("a("))
        .hasMessage("expression 'a(': missing closing ); expected RE2's syntax");
    assertThatThrownBy(() -> expression("a".repeat(2000)))
        .hasMessage("expression of 2000 characters: expected at most 1024");
    assertThatThrownBy(() -> expression("a{1000}".repeat(146)))
        .hasMessageMatching(
            "expression '.*': it becomes 146\\d{3} steps; expected at most 1100, so repeat less in it");
    assertThat(expression("(a|bc*)?".repeat(128))).isNotNull();
  }
}
