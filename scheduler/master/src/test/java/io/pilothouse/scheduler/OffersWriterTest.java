package io.pilothouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.FrameworkEnd;
import io.pilothouse.api.v1.MachineConsent;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.api.v1.UpdateOffersRequest;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.kit.HeldLease;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.CoreOptions;
import io.pilothouse.scheduler.core.Outbox;
import io.pilothouse.scheduler.core.Write;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes to the Device Manager, and what the core is told of it. */
class OffersWriterTest {
  private volatile Optional<Long> token = Optional.of(3L);
  private Consumer<UpdateOffersRequest> answer = request -> {};
  private final List<UpdateOffersRequest> requests = new ArrayList<>();
  private final List<String> ids = new ArrayList<>();
  private final List<String> told = Collections.synchronizedList(new ArrayList<>());
  private final Loop loop = new Loop(System::currentTimeMillis, () -> told.add("dropped"));
  private final OffersWriter writer =
      new OffersWriter(
          new HeldLease() {
            @Override
            public Optional<Long> token() {
              return token;
            }

            @Override
            public long revision() {
              return 0;
            }
          },
          (request, id) -> {
            requests.add(request);
            ids.add(id);
            answer.accept(request);
          },
          loop);

  @BeforeEach
  void lead() throws Exception {
    newCore();
  }

  @AfterEach
  void close() {
    loop.close();
  }

  /** A core that has asked for nothing to be written. */
  private void newCore() throws InterruptedException {
    loop.lead(
        () -> true,
        now -> {
          writer.begin(3, 7);
          return new Core(
              CoreOptions.of(Site.MASTER),
              Allocator.create(Options.DEFAULT),
              new Heard(told, writer),
              ReadOffersReply.getDefaultInstance(),
              now);
        },
        (core, now) -> {});
    settle();
  }

  /** Frameworks are told what became of what was written for them. */
  private record Heard(List<String> told, OffersWriter writer) implements Outbox {
    @Override
    public void event(String stream, Event event) {
      if (event.hasSubscribed() || event.hasError()) {
        told.add(stream + ": " + event.getType() + event.getError().getMessage());
      }
    }

    @Override
    public void endStream(String stream) {}

    @Override
    public void toAgent(AgentLink link, SchedulerMessage message) {}

    @Override
    public void endAgent(AgentLink link, String why) {}

    @Override
    public void write(long number, Write what) {
      writer.add(number, what);
    }

    @Override
    public boolean operatorsListen() {
      return false;
    }

    @Override
    public void toOperators(io.pilothouse.mesos.v1.master.Event event) {}
  }

  /** After all that was handed to the loop before. */
  private void settle() throws InterruptedException {
    BlockingQueue<Boolean> done = new LinkedBlockingQueue<>();
    loop.submit((core, now) -> done.add(true), () -> done.add(false));
    assertThat(done.poll(20, TimeUnit.SECONDS)).isNotNull();
  }

  /** One whose stream is named as it is. */
  private void subscribe(String... ids) throws InterruptedException {
    for (String id : ids) {
      Call.Builder call = Call.newBuilder().setType(Call.Type.SUBSCRIBE);
      call.getSubscribeBuilder()
          .getFrameworkInfoBuilder()
          .setUser("u")
          .setName("n")
          .getIdBuilder()
          .setValue(id);
      loop.submit((core, now) -> core.subscribe(id, call.build(), Optional.empty(), now));
    }
    settle();
  }

  private static List<String> frameworks(UpdateOffersRequest request) {
    return request.getFrameworksList().stream().map(OfferFramework::getId).toList();
  }

  private static Write.KeepAgent agent(String machine, String id) {
    return new Write.KeepAgent(OfferAgent.newBuilder().setMachine(machine).setId(id).build());
  }

  private static Write.KeepFramework framework(String id, String name) {
    return new Write.KeepFramework(OfferFramework.newBuilder().setId(id).setName(name).build());
  }

  @Test
  void allThatHasGatheredGoesAtOnceUnderTheToken() throws Exception {
    subscribe("a", "b", "c");
    assertThat(writer.waiting()).isEqualTo(3);
    assertThat(told).isEmpty();
    writer.round();
    settle();
    assertThat(requests).hasSize(1);
    assertThat(requests.getFirst().getToken()).isEqualTo(3);
    assertThat(frameworks(requests.getFirst())).containsExactly("a", "b", "c");
    assertThat(told).containsExactly("a: SUBSCRIBED", "b: SUBSCRIBED", "c: SUBSCRIBED");
    assertThat(writer.waiting()).isZero();
    writer.round();
    assertThat(requests).as("nothing more").hasSize(1);
  }

  @Test
  void whatComesWhileOneIsUnderWayGoesWithTheNext() throws Exception {
    subscribe("a");
    answer =
        request -> {
          answer = again -> {};
          try {
            subscribe("b", "c");
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          assertThat(told).isEmpty();
        };
    writer.round();
    settle();
    assertThat(requests).hasSize(2);
    assertThat(frameworks(requests.get(1))).containsExactly("b", "c");
    assertThat(told).containsExactly("a: SUBSCRIBED", "b: SUBSCRIBED", "c: SUBSCRIBED");
  }

  @Test
  void oneThatIsNotAnsweredIsSentAgainAsItWas() throws Exception {
    subscribe("a");
    answer =
        request -> {
          throw new UnreachableException("nobody answers");
        };
    assertThatThrownBy(writer::round).isInstanceOf(UnreachableException.class);
    subscribe("b");
    assertThatThrownBy(writer::round).isInstanceOf(UnreachableException.class);
    settle();
    assertThat(told).isEmpty();
    answer = request -> {};
    writer.round();
    settle();
    assertThat(requests).hasSize(4);
    assertThat(requests.subList(0, 3)).containsOnly(requests.getFirst());
    assertThat(ids.subList(0, 3)).containsOnly(ids.getFirst());
    assertThat(ids.get(3)).isNotEqualTo(ids.getFirst());
    assertThat(told).containsExactly("a: SUBSCRIBED", "b: SUBSCRIBED");
  }

  @Test
  void whileTheLeaseIsNotCertainNothingIsSent() throws Exception {
    subscribe("a");
    for (Optional<Long> other : List.of(Optional.<Long>empty(), Optional.of(4L))) {
      token = other;
      writer.round();
      assertThat(requests).isEmpty();
    }
    token = Optional.of(3L);
    writer.round();
    assertThat(requests).hasSize(1);
  }

  @Test
  void aTokenThatIsRefusedEndsTheCoreAndWhatItWanted() throws Exception {
    subscribe("a");
    answer =
        request -> {
          throw new DmException("ABORTED", "token 3 is stale", "");
        };
    writer.round();
    settle();
    assertThat(loop.leadership()).isInstanceOf(Leadership.Standby.class);
    assertThat(told).containsExactly("dropped");
    assertThat(writer.waiting()).isZero();
  }

  @Test
  void whatIsAnsweredToAnEarlierCoreIsNobodys() throws Exception {
    for (boolean refused : new boolean[] {false, true}) {
      told.clear();
      subscribe("a");
      answer =
          request -> {
            answer =
                again -> {
                  throw new UnreachableException("nobody answers");
                };
            try {
              newCore();
              subscribe("b");
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            if (refused) {
              throw new DmException("ABORTED", "token 3 is stale", "");
            }
          };
      // both have number 1: an answer to the one that counted for the other would be seen here
      assertThatThrownBy(writer::round).isInstanceOf(UnreachableException.class);
      settle();
      assertThat(loop.leadership()).isEqualTo(new Leadership.Leading());
      assertThat(told).doesNotContain("a: SUBSCRIBED", "b: SUBSCRIBED");
      answer = request -> {};
      writer.round();
      settle();
      assertThat(told).doesNotContain("a: SUBSCRIBED").contains("b: SUBSCRIBED");
      newCore();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"INVALID_ARGUMENT", "NOT_FOUND"})
  void theOneThatIsWrongIsFoundAndTheOthersAreWritten(String code) throws Exception {
    List<String> written = new ArrayList<>();
    answer =
        request -> {
          if (frameworks(request).contains("c")) {
            throw new DmException(code, "c is odd", "name it otherwise");
          }
          written.addAll(frameworks(request));
        };
    subscribe("a", "b", "c", "d", "e");
    writer.round();
    settle();
    assertThat(written).containsExactly("a", "b", "d", "e");
    assertThat(told)
        .containsExactly(
            "a: SUBSCRIBED",
            "b: SUBSCRIBED",
            "c: ERRORThe Device Manager does not keep this framework: c is odd: name it otherwise",
            "d: SUBSCRIBED",
            "e: SUBSCRIBED");
    assertThat(loop.leadership()).isEqualTo(new Leadership.Leading());
  }

  @ParameterizedTest
  @ValueSource(strings = {"FAILED_PRECONDITION", "RESOURCE_EXHAUSTED", "PERMISSION_DENIED"})
  void anyOtherRefusalMayPassAndIsTriedAgain(String code) throws Exception {
    subscribe("a");
    answer =
        request -> {
          throw new DmException(code, "feature level 3: expected 4", "");
        };
    assertThatThrownBy(writer::round).hasMessage("feature level 3: expected 4");
    settle();
    assertThat(told).isEmpty();
    answer = request -> {};
    writer.round();
    settle();
    assertThat(told).containsExactly("a: SUBSCRIBED");
  }

  @Test
  void ofOneThingTheNewestIsWritten() {
    writer.add(1, framework("f", "first"));
    writer.add(2, agent("m", "a1"));
    writer.add(3, framework("f", "second"));
    writer.add(4, new Write.ForgetMachine("m"));
    writer.add(5, agent("m", "a2"));
    writer.round();
    assertThat(requests).hasSize(1);
    assertThat(requests.getFirst().getFrameworksList())
        .containsExactly(framework("f", "second").framework());
    assertThat(requests.getFirst().getAgentsList()).containsExactly(agent("m", "a2").agent());
    assertThat(requests.getFirst().getAgentsGoneCount()).isZero();
    writer.add(6, new Write.ForgetMachine("m"));
    writer.round();
    assertThat(requests.get(1).getAgentsGoneList()).containsExactly("m");
  }

  @Test
  void whatFrameworksSayGoesWithTheRestAndOfAMachineTheNewest() {
    MachineConsent said = MachineConsent.newBuilder().setMachine("m").setTakenBy("drain").build();
    writer.add(1, agent("m", "a1"));
    writer.add(2, new Write.SayConsent(said.toBuilder().setFrameworks(1).build()));
    writer.add(3, new Write.SayConsent(said));
    writer.round();
    assertThat(requests).hasSize(1);
    assertThat(requests.getFirst().getConsentsList()).containsExactly(said);
    assertThat(requests.getFirst().getAgentsCount()).isEqualTo(1);
  }

  @Test
  void aFrameworkThatBeginsAndEndsIsWrittenAndThenEnded() {
    writer.add(1, framework("f", "n"));
    writer.add(
        2, new Write.EndFramework(FrameworkEnd.newBuilder().setId("f").setWhy("so").build()));
    writer.round();
    assertThat(requests).hasSize(2);
    assertThat(frameworks(requests.get(0))).containsExactly("f");
    assertThat(requests.get(0).getFrameworksEndedCount()).isZero();
    assertThat(requests.get(1).getFrameworksEnded(0).getId()).isEqualTo("f");
  }

  @Test
  void requestsAreBoundedInNumberAndBytes() {
    for (int i = 1; i <= 2_500; i++) {
      writer.add(i, agent("m" + i, "a"));
    }
    writer.round();
    assertThat(requests).extracting(each -> each.getAgentsCount()).containsExactly(1000, 1000, 500);
    requests.clear();
    for (int i = 1; i <= 20; i++) {
      writer.add(2_500 + i, framework("f" + i, "x".repeat(100_000)));
    }
    writer.round();
    assertThat(requests).extracting(each -> each.getFrameworksCount()).containsExactly(10, 10);
  }
}
