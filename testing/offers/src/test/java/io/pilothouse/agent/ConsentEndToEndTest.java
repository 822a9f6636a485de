package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.pilothouse.api.v1.Consent;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine with a task is taken for maintenance: its framework asks for time, is given it, and
 * gives the machine up long before the time is over.
 */
@Timeout(120)
class ConsentEndToEndTest {
  @TempDir private Path dir;
  private OfferedSite site;
  private Framework framework;

  @BeforeEach
  void start() throws Exception {
    site = new OfferedSite(dir);
    framework = new Framework(site.api, OfferedSite.PRINCIPAL + ":" + OfferedSite.SECRET);
    framework.subscribes();
    framework.launches(framework.offer(), "t1", "exec sleep 600");
    framework.hears("t1", "TASK_RUNNING");
  }

  @AfterEach
  void stop() throws Exception {
    framework.close();
    site.close();
  }

  private Machine machine() {
    return site.fleet.machine(OfferedFleet.MACHINE);
  }

  private void answers(String type, JsonNode asked, String seconds) throws Exception {
    String part = type.toLowerCase(java.util.Locale.ROOT);
    framework.call(
        "{'type':'%s','%s':{'inverse_offer_ids':[%s],'filters':{'refuse_seconds':%s}}}"
            .formatted(type, part, asked.at("/inverse_offers/inverse_offers/0/id"), seconds));
  }

  @Test
  void whoDeclinesHasMoreTimeAndWhoGivesUpEndsIt() throws Exception {
    site.fleet.drains();
    JsonNode asked = framework.next("INVERSE_OFFERS");
    OfferedFleet.until(() -> machine().getConsent().getFrameworks() == 1);
    assertThat(machine().getLifecycle()).as("its task runs").isEqualTo(Lifecycle.DRAINING);
    long until = site.fleet.machine(OfferedFleet.MACHINE).getSince() + 60_000;

    answers("DECLINE_INVERSE_OFFERS", asked, "1");
    OfferedFleet.until(() -> machine().getConsent().getDelayedUntil() != 0);
    Consent declined = machine().getConsent();
    assertThat(declined.getDelayedFrom()).isEqualTo(until);
    assertThat(declined.getDelayedUntil()).isEqualTo(until + 300_000);
    assertThat(declined.getDeclinedNamesList()).containsExactly("test");

    // the time is another one now, so it is asked anew
    JsonNode again = framework.next("INVERSE_OFFERS");
    answers("ACCEPT_INVERSE_OFFERS", again, "0");

    JsonNode end = framework.hears("t1", "TASK_KILLED");
    assertThat(end.get("message").asText())
        .contains("its framework gives up machine web-01, which is taken by drain");
    // no later than 30 s from now: without consent it would be six minutes
    OfferedFleet.until(() -> machine().getLifecycle() == Lifecycle.MAINTENANCE);
    assertThat(machine().hasConsent()).isFalse();
  }
}
