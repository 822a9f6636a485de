package io.pilothouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.client.DmException;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.HeldLease;
import io.pilothouse.mesos.v1.FrameworkInfo;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaderTest {
  private volatile Optional<Long> token = Optional.empty();
  private final AtomicInteger drops = new AtomicInteger();
  private final List<String> cores = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong ahead = new AtomicLong();
  private final Loop loop =
      new Loop(() -> System.currentTimeMillis() + ahead.get(), drops::incrementAndGet);
  private PullOfferableReply next =
      PullOfferableReply.newBuilder()
          .setFull(true)
          .setRevision(5)
          .addMachines(OfferableMachine.newBuilder().setName("m1").setOfferable(true))
          .build();
  private long askedWith = -1;
  private ReadOffersReply kept = ReadOffersReply.getDefaultInstance();
  private @Nullable RuntimeException refusal;
  private boolean leaseEndsWhenRead;
  private final List<Long> reads = new ArrayList<>();
  private long highest;
  private final List<Duration> stoodBack = new ArrayList<>();
  private int confirmed;
  private long leaseRevision;

  private final HeldLease lease =
      new HeldLease() {
        @Override
        public Optional<Long> token() {
          return token;
        }

        @Override
        public long revision() {
          return leaseRevision;
        }

        @Override
        public void confirm() {
          confirmed++;
        }

        @Override
        public void standBack(Duration span) {
          stoodBack.add(span);
          token = Optional.empty();
        }
      };
  private final Leader leader =
      new Leader(
          lease,
          new Leader.DeviceManager() {
            @Override
            public PullOfferableReply pull(long revision) {
              askedWith = revision;
              return next;
            }

            @Override
            public void begin(long with, long core) {
              if (core >= highest) {
                highest = core;
              }
            }

            @Override
            public ReadOffersReply read(long with) {
              reads.add(with);
              if (leaseEndsWhenRead) {
                token = Optional.empty();
              }
              if (refusal != null) {
                throw refusal;
              }
              return kept.toBuilder().setCore(highest).build();
            }
          },
          loop,
          CoreOptions.of(Site.MASTER),
          (options, remembered, with, now) -> {
            assertThat(with).isEqualTo(reads.getLast());
            cores.add(options.master().getId());
            return new Core(
                options,
                Allocator.create(Options.DEFAULT),
                new Edges(
                    new Streams(),
                    new AgentStreams(loop, () -> token),
                    new Operators(15),
                    new OffersWriter(lease, (request, id) -> {}, loop)),
                remembered,
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
  void aNumberThatIsPassedAlreadyIsNoCoreAndTheNextOneIs() throws Exception {
    highest = 99; // of a process that ran on a clock ahead of this one
    token = Optional.of(3L);
    leader.pull();
    leader.round();
    settle();
    assertThat(cores).isEmpty();
    leader.round();
    settle();
    assertThat(cores).containsExactly("m-3-" + Long.toString(100, 36));
  }

  @Test
  void itBeginsWithNoOlderViewThanItsLease() throws Exception {
    leader.pull(); // of a replica that lags: what happened from revision 5 to 9 it does not know
    token = Optional.of(3L);
    leaseRevision = 9;
    leader.round();
    settle();
    assertThat(loop.leadership()).isEqualTo(new Leadership.Starting());
    leader.pull();
    assertThat(askedWith).isEqualTo(9);
    leader.round();
    settle();
    assertThat(cores).isEmpty();

    next = next.toBuilder().setRevision(9).build();
    leader.pull();
    leader.round();
    settle();
    assertThat(loop.leadership()).isEqualTo(new Leadership.Leading());

    leaseRevision = 12; // a renewal's, which is no reason to ask for all anew
    leader.pull();
    assertThat(askedWith).isEqualTo(9);
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

  private Object asked(Function<Core, Object> what) throws InterruptedException {
    BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
    loop.submit((core, now) -> answers.add(what.apply(core)));
    Object answer = answers.poll(20, TimeUnit.SECONDS);
    assertThat(answer).as("somebody leads").isNotNull();
    return answer;
  }

  @Test
  void itBeginsWithWhatIsKeptAndNotWithoutIt() throws Exception {
    kept =
        ReadOffersReply.newBuilder()
            .addFrameworks(
                OfferFramework.newBuilder()
                    .setId("f1")
                    .setInfo(
                        FrameworkInfo.newBuilder()
                            .setUser("u")
                            .setName("n")
                            .build()
                            .toByteString()))
            .build();
    token = Optional.of(3L);
    leader.pull();
    refusal = new DmException("ABORTED", "token 3 is stale", "");
    assertThatThrownBy(leader::round).isSameAs(refusal);
    settle();
    assertThat(loop.leadership()).isEqualTo(new Leadership.Starting());
    assertThat(cores).isEmpty();
    refusal = null;
    leader.round();
    settle();
    assertThat(reads).containsExactly(3L, 3L);
    assertThat(asked(core -> core.picture().frameworks().getFrameworks(0).getRecovered()))
        .isEqualTo(true);
  }

  @Test
  void aLeaseThatEndsWhileItReadsBeginsNothing() throws Exception {
    token = Optional.of(3L);
    leader.pull();
    leaseEndsWhenRead = true;
    leader.round();
    settle();
    assertThat(cores).isEmpty();
  }

  @Test
  void itTellsTheCoreOfRoles() throws Exception {
    next =
        next.toBuilder().addRoles(OfferRole.newBuilder().setName("a").setWeightMilli(2500)).build();
    lead();
    assertThat(asked(core -> core.picture().weights().getWeightInfos(0).getWeight()))
        .isEqualTo(2.5);
    next = PullOfferableReply.newBuilder().setRevision(6).build();
    leader.pull();
    assertThat(asked(core -> core.picture().weights().getWeightInfosCount())).isEqualTo(0);
  }

  private void standsBy(String holder, String api) throws InterruptedException {
    next =
        PullOfferableReply.newBuilder().setRevision(7).setLeader(holder).setLeaderApi(api).build();
    leader.pull();
    leader.round();
    settle();
  }

  @Test
  void aStandbyKnowsWhereTheLeaderIsUnlessThatIsItself() throws Exception {
    standsBy("s2", "there:5050");
    assertThat(loop.leadership()).isEqualTo(new Leadership.Standby(Optional.of("there:5050")));
    standsBy("s2", "here:5050");
    assertThat(loop.leadership()).as("that is its own").isEqualTo(nobody());
    standsBy("s3", "elsewhere:5050");
    assertThat(loop.leadership()).isEqualTo(new Leadership.Standby(Optional.of("elsewhere:5050")));
    standsBy("", "elsewhere:5050");
    assertThat(loop.leadership()).as("it leads no more").isEqualTo(nobody());
    standsBy("s3", "");
    assertThat(loop.leadership()).as("one of an older version").isEqualTo(nobody());
  }

  @Test
  void itAsksAboutTheLeaseWhenItHearsOtherwise() throws Exception {
    standsBy("s2", "there:5050");
    assertThat(confirmed).as("another has it, as before").isZero();
    standsBy("", "there:5050");
    assertThat(confirmed).as("it is to be had").isEqualTo(1);
    token = Optional.of(3L);
    standsBy("m", "here:5050");
    assertThat(confirmed).as("it has it").isEqualTo(1);
    standsBy("s2", "there:5050");
    assertThat(confirmed).as("somebody took it").isEqualTo(2);
  }

  @Test
  void anotherThatLeadsIsWatchedWhereAgentsAttach() {
    assertThat(leader.other()).isEmpty();
    next = leads("s2", 7, "10.0.0.2:5051");
    leader.pull();
    assertThat(leader.other())
        .contains(new Succession.Holder("s2", 7, new ServerAddress("10.0.0.2", 5051)));
    for (PullOfferableReply each :
        List.of(
            leads("", 7, "10.0.0.2:5051"),
            leads("m", 8, "10.0.0.2:5051"),
            leads("of an older version", 9, ""),
            leads("s2", 10, "nonsense"))) {
      next = each;
      leader.pull();
      assertThat(leader.other()).as(each.toString()).isEmpty();
    }
  }

  private static PullOfferableReply leads(String who, long token, String address) {
    return PullOfferableReply.newBuilder()
        .setLeader(who)
        .setLeaderToken(token)
        .setLeaderAddress(address)
        .build();
  }

  /** Agents of machines that are well come, and their connections break for so long. */
  private void isCutOff(long link) throws InterruptedException {
    for (int i = 0; i < 8; i++) {
      AgentMessage.Builder register = AgentMessage.newBuilder();
      register
          .getRegisterBuilder()
          .getAgentBuilder()
          .setHostname("m" + i)
          .getIdBuilder()
          .setValue("a" + i);
      AgentLink at = new AgentLink(link + i);
      loop.submit((core, now) -> core.agent(at, register.build(), now));
    }
    ticksAt(2_000);
    for (int i = 0; i < 8; i++) {
      AgentLink at = new AgentLink(link + i);
      loop.submit((core, now) -> core.agentDetached(at, now));
    }
    ticksAt(2_000);
    ticksAt(Duration.ofMinutes(6).toMillis());
    leader.round(); // asks
    settle();
    leader.round(); // does as it is told
    settle();
  }

  private void ticksAt(long later) throws InterruptedException {
    ahead.addAndGet(later);
    loop.submit((core, now) -> core.tick(now));
    settle();
  }

  @Test
  void aSchedulerThatIsCutOffLetsAnotherLeadAndSeldomAgain() throws Exception {
    PullOfferableReply.Builder machines = PullOfferableReply.newBuilder().setFull(true);
    for (int i = 0; i < 8; i++) {
      machines
          .addMachinesBuilder()
          .setName("m" + i)
          .setOfferable(true)
          .setLifecycle(Lifecycle.IN_SERVICE)
          .setCondition(Condition.HEALTHY);
    }
    next = machines.setRevision(5).build();
    lead();
    isCutOff(1);
    assertThat(stoodBack).containsExactly(Duration.ofSeconds(20));
    leader.round();
    settle();
    assertThat(loop.leadership()).isInstanceOf(Leadership.Standby.class);

    token = Optional.of(4L);
    leader.round();
    settle();
    isCutOff(101);
    assertThat(stoodBack).as("within the hour").hasSize(1);

    ahead.addAndGet(Duration.ofHours(1).toMillis());
    leader.round();
    settle();
    leader.round();
    assertThat(stoodBack).hasSize(2);
  }

  private static Leadership nobody() {
    return new Leadership.Standby(Optional.empty());
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
