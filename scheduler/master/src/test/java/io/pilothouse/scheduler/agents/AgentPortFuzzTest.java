package io.pilothouse.scheduler.agents;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.ExplainFrameworkRequest;
import io.pilothouse.api.v1.ListTasksRequest;
import io.pilothouse.api.v1.ReadTaskFileRequest;
import io.pilothouse.api.v1.SchedulerAgentsGrpc;
import io.pilothouse.api.v1.SchedulerQueriesGrpc;
import io.pilothouse.api.v1.TearDownFrameworkRequest;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The port of agents and people: any caller, any bytes. */
class AgentPortFuzzTest {
  /** A caller must never meet these: something was thrown that nobody expected. */
  private static final Set<Status.Code> OURS =
      EnumSet.of(Status.Code.UNKNOWN, Status.Code.INTERNAL, Status.Code.DATA_LOSS);

  private static final Metadata.Key<String> PRINCIPAL =
      Metadata.Key.of("pilot-principal", Metadata.ASCII_STRING_MARSHALLER);

  private static final int LONGEST_CALLER = 1_000;

  private final Site site = new Site();
  private final ManagedChannel channel =
      NettyChannelBuilder.forTarget(site.agentsAddress()).usePlaintext().build();
  private final Map<String, MethodDescriptor<byte[], byte[]>> methods = new TreeMap<>();
  private final List<byte[]> likely = new ArrayList<>();

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @BeforeEach
  void begin() {
    log(Level.OFF);
    site.machineWithoutAgent("cpus:4;mem:1024");
    methods(SchedulerQueriesGrpc.getServiceDescriptor(), "operator/ann");
    methods(SchedulerAgentsGrpc.getServiceDescriptor(), "machine/m1");
    AgentMessage.Builder register = AgentMessage.newBuilder();
    register.getRegisterBuilder().getAgentBuilder().setHostname("m1").getIdBuilder().setValue("a1");
    AgentMessage.Builder sandbox = AgentMessage.newBuilder();
    sandbox.getSandboxBuilder().setId(1).setText("x").addEntriesBuilder().setName("a");
    for (Message each :
        List.of(
            register.build(),
            sandbox.build(),
            ExplainFrameworkRequest.newBuilder().setFramework("f").setRole("r").build(),
            ListTasksRequest.newBuilder().setFramework("f").setEnded(true).build(),
            ReadTaskFileRequest.newBuilder().setPath("stdout").setLength(5).build(),
            TearDownFrameworkRequest.newBuilder().setFramework("f").setReason("x").build())) {
      for (MethodDescriptor<byte[], byte[]> method : methods.values()) {
        if (method.getSchemaDescriptor() == each.getDescriptorForType()) {
          boolean attach = method.getType() != MethodType.UNARY;
          add(method.getFullMethodName(), attach ? "machine/m1" : "operator/ann", each);
        }
      }
    }
  }

  private void methods(ServiceDescriptor service, String caller) {
    for (MethodDescriptor<?, ?> each : service.getMethods()) {
      if (!(each.getRequestMarshaller() instanceof PrototypeMarshaller<?> marshaller)
          || !(marshaller.getMessagePrototype() instanceof Message prototype)) {
        throw new IllegalStateException("no prototype for " + each);
      }
      methods.put(
          each.getFullMethodName(),
          MethodDescriptor.newBuilder(new Bytes(), new Bytes())
              .setType(each.getType())
              .setFullMethodName(each.getFullMethodName())
              .setSchemaDescriptor(prototype.getDescriptorForType())
              .build());
      add(each.getFullMethodName(), caller, prototype);
    }
  }

  private void add(String method, String caller, Message body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes((method + " " + caller + "\n").getBytes(ISO_8859_1));
    bytes.writeBytes(body.toByteArray());
    likely.add(bytes.toByteArray());
  }

  @AfterEach
  void close() {
    log(Level.WARN);
    channel.shutdownNow();
    site.close();
  }

  /** A line for each refused call would bury what other tests say. */
  private static void log(Level level) {
    for (String each : List.of("io.pilothouse.scheduler", "io.grpc")) {
      if (LoggerFactory.getLogger(each) instanceof Logger logger) {
        logger.setLevel(level);
      }
    }
  }

  private Status status(MethodDescriptor<byte[], byte[]> method, String caller, byte[] body) {
    Metadata headers = new Metadata();
    headers.put(PRINCIPAL, caller);
    Channel as =
        ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
    if (method.getType() == MethodType.UNARY) {
      try {
        ClientCalls.blockingUnaryCall(as, method, options, body);
        return Status.OK;
      } catch (StatusRuntimeException e) {
        return e.getStatus();
      }
    }
    CompletableFuture<Status> ended = new CompletableFuture<>();
    StreamObserver<byte[]> out =
        ClientCalls.asyncBidiStreamingCall(
            as.newCall(method, options),
            new StreamObserver<>() {
              @Override
              public void onNext(byte[] message) {}

              @Override
              public void onError(Throwable failure) {
                ended.complete(Status.fromThrowable(failure));
              }

              @Override
              public void onCompleted() {
                ended.complete(Status.OK);
              }
            });
    out.onNext(body);
    out.onCompleted();
    return ended.join();
  }

  private boolean call(byte[] input) throws Exception {
    int end = 0;
    while (end < input.length && input[end] != '\n') {
      end++;
    }
    String[] head = new String(input, 0, end, ISO_8859_1).split(" ", 2);
    MethodDescriptor<byte[], byte[]> method = methods.get(head[0]);
    // a longer header is not sent by this side's library
    if (method == null || head.length < 2 || head[1].length() > LONGEST_CALLER) {
      return false;
    }
    byte[] body = new byte[Math.max(0, input.length - end - 1)];
    System.arraycopy(input, input.length - body.length, body, 0, body.length);
    Status status = status(method, head[1], body);
    assertThat(OURS).as(status.toString()).doesNotContain(status.getCode());
    if (!status.isOk()) {
      Wording.check(status.getDescription());
    }
    site.settle();
    assertThat(site.loop.leadership()).isInstanceOf(Leadership.Leading.class);
    return status.isOk();
  }

  @Test
  void calls() {
    Summary summary =
        Fuzz.of("agent-port")
            .likely(likely)
            .tokens("m1", "a1", "machine/", "operator/", "\0", "\u00ff", "\n", " ", "\u001b", "*")
            .inputs(1_500)
            .run(this::call);
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  @Test
  void aMachineOfAnyNameIsRefusedInAFewWords() {
    AgentMessage.Builder register = AgentMessage.newBuilder();
    register.getRegisterBuilder().getAgentBuilder().setHostname("m2\u001b" + "x".repeat(100_000));
    register.getRegisterBuilder().getAgentBuilder().getIdBuilder().setValue("a1");
    Status status =
        status(
            methods.get("pilothouse.v1.SchedulerAgents/Attach"),
            "machine/m1",
            register.build().toByteArray());
    assertThat(status.getCode()).as(status.toString()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(status.getDescription()).contains("registers as 'm2?xxx").hasSizeLessThan(3_000);
  }

  @Test
  void bytesThatAreNoMessageAreToldSo() {
    for (String each :
        List.of(
            "pilothouse.v1.SchedulerAgents/Attach", "pilothouse.v1.SchedulerQueries/ListTasks")) {
      MethodDescriptor<byte[], byte[]> method = methods.get(each);
      boolean attach = method.getType() != MethodType.UNARY;
      Status status = status(method, attach ? "machine/m1" : "operator/ann", new byte[] {10, 99});
      assertThat(status.getCode()).as(status.toString()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(status.getDescription()).contains("the bytes are no message of " + each);
    }
  }
}
