package io.pilothouse.examples.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.mesos.v1.Attribute;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.Value;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class SiteTest {
  private static Offer offer(String rack) {
    Offer.Builder offer = Offer.newBuilder();
    offer.getIdBuilder().setValue("o");
    offer.getFrameworkIdBuilder().setValue("f");
    offer.getAgentIdBuilder().setValue("a");
    return offer
        .setHostname("m")
        .addAttributes(
            Attribute.newBuilder()
                .setName("rack")
                .setType(Value.Type.TEXT)
                .setText(Value.Text.newBuilder().setValue(rack)))
        .build();
  }

  @Test
  void itsOptionsAreTakenAndOthersAreLeft() {
    Deque<String> arguments =
        Site.arguments("--calm", "3", "--scheduler", "a:1,b:2", "--role", "prod", "jobs");

    Site site = Site.of(arguments);

    assertThat(site.schedulers()).containsExactly("a:1", "b:2");
    assertThat(site.role()).isEqualTo("prod");
    assertThat(arguments).containsExactly("--calm", "3", "jobs");
  }

  @Test
  void machinesOfAnotherRackAreNotTaken() {
    Site site = Site.of(Site.arguments("--only", "rack=r1"));

    assertThat(site.takes(offer("r1"))).isTrue();
    assertThat(site.takes(offer("r2"))).isFalse();
    assertThat(Stage.SITE.takes(offer("r2"))).isTrue();
  }

  @Test
  void whatIsWrongIsSaid() {
    assertThatThrownBy(() -> Site.of(Site.arguments("--only", "r1")))
        .hasMessage("--only r1: expected an attribute of machines and its value, as rack=r1");
    assertThatThrownBy(() -> Site.of(Site.arguments("--role")))
        .hasMessage("the value of --role is missing");
    assertThatThrownBy(() -> Site.number("--most", Site.arguments("9"), 8))
        .hasMessage("--most 9 is not a number from 1 to 8");
  }
}
