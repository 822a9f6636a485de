package io.pilothouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.kit.HeldLease;
import io.pilothouse.scheduler.agents.AgentStreams;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.CoreOptions;
import io.pilothouse.scheduler.http.Operators;
import io.pilothouse.scheduler.http.Streams;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaderTest {
  private volatile Optional<Long> token = Optional.empty();
  private final AtomicInteger drops = new AtomicInteger();
  private final List<String> cores = Collections.synchronizedList(new ArrayList<>());
  private final Loop loop = new Loop(System::currentTimeMillis, drops::incrementAndGet);
  private PullOfferableReply next =
      PullOfferableReply.newBuilder()
          .setFull(true)
          .setRevision(5)
          .addMachines(OfferableMachine.newBuilder().setName("m1").setOfferable(true))
          .build();
  private long askedWith = -1;

  private final HeldLease lease =
      new HeldLease() {
        @Override
        public Optional<Long> token() {
          return token;
        }

        @Override
        public long revision() {
          return 0;
        }
      };
  private final Leader leader =
      new Leader(
          lease,
          revision -> {
            askedWith = revision;
            return next;
          },
          loop,
          CoreOptions.of(Site.MASTER),
          (options, now) -> {
            cores.add(options.master().getId());
            return new Core(
                options,
                Allocator.create(Options.DEFAULT),
                new Edges(
                    new Streams(), new AgentStreams(loop, () -> token), new Operators(loop, 15)),
                true,
                now);
          },
          35);

  @AfterEach
  void close() {
    loop.close();
  }

  /** After all that was handed to the loop before. */
  private void settle() throws InterruptedException {
    BlockingQueue<Boolean> done = new LinkedBlockingQueue<>();
    loop.submit((core, now) -> done.add(true), () -> done.add(false));
    assertThat(done.poll(20, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void itLeadsWhileItHoldsTheLeaseAndKnowsTheMachines() throws Exception {
    leader.round();
    settle();
    assertThat(loop.leadership()).isEqualTo(new Leadership.Standby(Optional.empty()));
    token = Optional.of(3L);
    leader.round();
    settle();
    assertThat(loop.leadership()).isEqualTo(new Leadership.Starting());
    leader.pull();
    leader.round();
    settle();
    assertThat(loop.leadership()).isEqualTo(new Leadership.Leading());
    leader.round();
    settle();
    assertThat(cores).as("one core for each token").containsExactly("m-3-z");
    token = Optional.empty();
    leader.round();
    settle();
    assertThat(loop.leadership()).isEqualTo(new Leadership.Standby(Optional.empty()));
    assertThat(drops).hasValue(1);
    token = Optional.of(4L);
    leader.round();
    settle();
    assertThat(cores).containsExactly("m-3-z", "m-4-10");
  }

  @Test
  void itAsksForWhatBecameOtherwise() {
    leader.pull();
    assertThat(askedWith).isZero();
    next = PullOfferableReply.newBuilder().setRevision(6).addGone("m1").build();
    leader.pull();
    assertThat(askedWith).isEqualTo(5);
    assertThat(leader.machines()).isZero();
  }

  @Test
  void aCoreThatFailsIsReplacedByANewOne() throws Exception {
    token = Optional.of(3L);
    leader.pull();
    leader.round();
    settle();
    loop.submit(
        (core, now) -> {
          throw new IllegalStateException("a fault that the test makes");
        });
    settle();
    assertThat(loop.leadership()).isInstanceOf(Leadership.Standby.class);
    assertThat(drops).hasValue(1);
    leader.round();
    settle();
    assertThat(loop.leadership()).isEqualTo(new Leadership.Leading());
    assertThat(cores).as("no id is given twice").containsExactly("m-3-z", "m-3-10");
    AgentMessage.Builder register = AgentMessage.newBuilder();
    register.getRegisterBuilder().getAgentBuilder().setHostname("m1").getIdBuilder().setValue("a");
    BlockingQueue<Boolean> offerable = new LinkedBlockingQueue<>();
    loop.submit(
        (core, now) -> {
          core.agent(new AgentLink(1), register.build(), now);
          offerable.add(!core.picture().agents().getAgents(0).getDeactivated());
        });
    assertThat(offerable.poll(20, TimeUnit.SECONDS)).as("it knows the machines").isTrue();
  }

  private void lead() throws InterruptedException {
    token = Optional.of(3L);
    leader.pull();
    leader.round();
    settle();
    assertThat(loop.leadership()).isEqualTo(new Leadership.Leading());
  }

  @Test
  void afterAPauseTheCoreSeesNothingUnlessTheLeaseIsStillItsOwn() throws Exception {
    lead();
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    for (Optional<Long> other : List.of(Optional.<Long>empty(), Optional.of(4L))) {
      token = other;
      loop.submit((core, now) -> seen.add("the core"), () -> seen.add("nobody"));
      assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("nobody");
      assertThat(loop.leadership()).isEqualTo(new Leadership.Standby(Optional.empty()));
      token = Optional.of(3L);
      leader.round();
      settle();
      assertThat(loop.leadership()).as("it was its own again").isEqualTo(new Leadership.Leading());
    }
    assertThat(drops).hasValue(2);
  }

  @Test
  void anErrorOfTheMachineBelowIsTheEndOfTheProgramAndNoCoreGoesOnDeciding() throws Exception {
    lead();
    BlockingQueue<Throwable> faults = new LinkedBlockingQueue<>();
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, fault) -> faults.add(fault));
    try {
      loop.submit(
          (core, now) -> {
            throw new StackOverflowError("that the test makes");
          });
      assertThat(faults.poll(20, TimeUnit.SECONDS)).isInstanceOf(StackOverflowError.class);
      assertThat(loop.leadership()).isInstanceOf(Leadership.Standby.class);
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }
}
