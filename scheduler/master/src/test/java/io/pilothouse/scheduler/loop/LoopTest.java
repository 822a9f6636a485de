package io.pilothouse.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.CoreOptions;
import io.pilothouse.scheduler.core.Outbox;
import io.pilothouse.scheduler.core.Write;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who comes before there is a core. */
class LoopTest {
  private final Loop loop = new Loop(System::currentTimeMillis, () -> {});
  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
  private final AtomicBoolean soon = new AtomicBoolean();

  @AfterEach
  void close() {
    loop.close();
  }

  private String next() throws InterruptedException {
    String next = seen.poll(20, TimeUnit.SECONDS);
    assertThat(next).as("something happens").isNotNull();
    return next;
  }

  private void comes(String who) {
    loop.submitOrKeep(
        (core, now) -> seen.add(who + " is let in"),
        () -> seen.add(who + " is sent away"),
        soon::get);
  }

  /** All that came before has been looked at once. */
  private void settle() throws InterruptedException {
    loop.submit((core, now) -> seen.add("settled"), () -> seen.add("settled"));
    assertThat(next()).isEqualTo("settled");
  }

  private void lead(boolean mayDecide) {
    loop.lead(
        () -> mayDecide,
        now ->
            new Core(
                CoreOptions.of(Site.MASTER),
                Allocator.create(Options.DEFAULT),
                new Nobody(),
                ReadOffersReply.getDefaultInstance(),
                now),
        (core, now) -> seen.add("the first input"));
  }

  @Test
  void oneThatComesWhileItStartsIsKeptUntilItLeads() throws Exception {
    loop.stop(new Leadership.Starting());
    comes("a");
    comes("b");
    settle();
    lead(true);
    assertThat(next()).isEqualTo("the first input");
    assertThat(next()).isEqualTo("a is let in");
    assertThat(next()).isEqualTo("b is let in");
    comes("c");
    assertThat(next()).isEqualTo("c is let in");
  }

  @Test
  void oneThatWasKeptForNothingIsSentAway() throws Exception {
    loop.stop(new Leadership.Starting());
    comes("a");
    settle();
    loop.stop(new Leadership.Standby(Optional.empty()));
    assertThat(next()).isEqualTo("a is sent away");
  }

  @Test
  void aLeaseThatIsLostBeforeItBeginsKeepsNobody() throws Exception {
    loop.stop(new Leadership.Starting());
    comes("a");
    settle();
    lead(false);
    assertThat(next()).isEqualTo("a is sent away");
  }

  @Test
  void aStandbyKeepsNobodyUnlessItIsAboutToLead() throws Exception {
    comes("a");
    assertThat(next()).isEqualTo("a is sent away");
    soon.set(true);
    comes("b");
    settle();
    soon.set(false);
    assertThat(next()).isEqualTo("b is sent away");
  }

  private record Nobody() implements Outbox {
    @Override
    public void event(String stream, Event event) {}

    @Override
    public void endStream(String stream) {}

    @Override
    public void toAgent(AgentLink link, io.pilothouse.api.v1.SchedulerMessage message) {}

    @Override
    public void endAgent(AgentLink link, String why) {}

    @Override
    public void write(long number, Write what) {}

    @Override
    public boolean operatorsListen() {
      return false;
    }

    @Override
    public void toOperators(io.pilothouse.mesos.v1.master.Event event) {}
  }
}
