package io.pilothouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.core.CoreOptions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RehearsalTest {
  private static final CoreOptions OPTIONS =
      CoreOptions.of(
          MasterInfo.newBuilder().setId("m").setIp(0).setPort(5050).setHostname("here").build());

  @Test
  void itTakesATaskFromItsOfferToItsEnd() throws Exception {
    List<Event> told = Rehearsal.run(OPTIONS, 1_000_000);

    assertThat(told).extracting(Event::getType).contains(Event.Type.SUBSCRIBED, Event.Type.OFFERS);
    assertThat(told)
        .filteredOn(Event::hasUpdate)
        .extracting(each -> each.getUpdate().getStatus().getState())
        .containsExactly(TaskState.TASK_RUNNING, TaskState.TASK_FINISHED);
    assertThat(told).extracting(Event::getType).doesNotContain(Event.Type.ERROR);
  }

  @Test
  void whereItIsAllowedNoTaskItEndsAllTheSame() throws Exception {
    // nothing of the role * may be had, nothing may be run as root
    List<Event> told =
        Rehearsal.run(OPTIONS.roles(Set.of("web")).root(false), System.currentTimeMillis());

    assertThat(told).extracting(Event::getType).contains(Event.Type.SUBSCRIBED);
  }
}
