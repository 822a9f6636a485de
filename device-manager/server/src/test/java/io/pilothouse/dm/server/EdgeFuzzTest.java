package io.pilothouse.dm.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.RegisterRequest;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.StartRolloutRequest;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogApiGrpc;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.RawCall;
import io.pilothouse.testing.fuzz.Summary;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Calls of anyone, with anything in them: each has an answer, and none is an error of ours. */
class EdgeFuzzTest {

  /** A caller must never meet these: something was thrown that nobody expected. */
  private static final Set<Status.Code> OURS =
      EnumSet.of(Status.Code.UNKNOWN, Status.Code.INTERNAL, Status.Code.DATA_LOSS);

  private static final Map<String, String> CALLERS =
      Map.of(
          "Operator", "operator/alice",
          "MachineApi", "machine/web-01",
          "Satellite", "satellite/repair-1",
          "WatchdogApi", "watchdog/burn",
          "Replicas", "operator/alice");

  private static final List<Message> REQUESTS =
      List.of(
          ControlMachineRequest.newBuilder()
              .setMachine("web-01")
              .setVerb("hold")
              .setContext(WriteContext.newBuilder().setReason("x").setClientId("c").setSequence(1))
              .build(),
          ReportRequest.newBuilder()
              .setMachine("web-01")
              .setBootId("web-01-boot-2")
              .setSequence(1)
              .addVerdicts(
                  VerdictReportItem.newBuilder().setWatchdog("disk").setKind(VerdictKind.OK))
              .build(),
          RegisterRequest.newBuilder().setMachine("web-01").build(),
          StartRolloutRequest.newBuilder().build(),
          FleetRequest.newBuilder().setFleet(TestFleet.spec()).build());

  private final EdgeHarness dm = new EdgeHarness();
  private final Map<String, MethodDescriptor<byte[], byte[]>> methods = new TreeMap<>();
  private final List<byte[]> likely = new ArrayList<>();
  private final List<byte[]> likelyHttp = new ArrayList<>();

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

  /** A line for each refused call would bury what other tests say. */
  private static void log(Level level) {
    if (LoggerFactory.getLogger("io.pilothouse.dm.server") instanceof Logger logger) {
      logger.setLevel(level);
    }
  }

  @BeforeEach
  void begin() throws IOException {
    log(Level.OFF);
    dm.fleet.apply();
    for (ServiceDescriptor service :
        List.of(
            OperatorGrpc.getServiceDescriptor(),
            MachineApiGrpc.getServiceDescriptor(),
            SatelliteGrpc.getServiceDescriptor(),
            WatchdogApiGrpc.getServiceDescriptor())) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        add(method);
      }
    }
  }

  private void add(MethodDescriptor<?, ?> method) throws IOException {
    String service = String.valueOf(method.getServiceName());
    methods.put(
        method.getFullMethodName(),
        MethodDescriptor.newBuilder(new Bytes(), new Bytes())
            .setType(method.getType())
            .setFullMethodName(method.getFullMethodName())
            .build());
    if (!(method.getRequestMarshaller() instanceof PrototypeMarshaller<?> marshaller)
        || !(marshaller.getMessagePrototype() instanceof Message prototype)) {
      throw new IllegalStateException("no prototype for " + method);
    }
    String caller = CALLERS.get(service.substring(service.lastIndexOf('.') + 1));
    String head = method.getFullMethodName() + " " + caller + " " + EdgeHarness.KEY + "\n";
    List<Message> bodies = new ArrayList<>(List.of(prototype));
    REQUESTS.stream()
        .filter(each -> each.getDescriptorForType().equals(prototype.getDescriptorForType()))
        .forEach(bodies::add);
    for (Message body : bodies) {
      likely.add(joined(head.getBytes(ISO_8859_1), body.toByteArray()));
      String json = JsonFormat.printer().preservingProtoFieldNames().print(body);
      likelyHttp.add(http(method.getFullMethodName(), caller, "json", json.getBytes(ISO_8859_1)));
      likelyHttp.add(http(method.getFullMethodName(), caller, "proto", body.toByteArray()));
    }
  }

  private static byte[] http(String method, String caller, String type, byte[] body) {
    String head =
        "POST /%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/%s\r\n"
                .formatted(method, type)
            + "pilot-principal: %s\r\nContent-Length: %d\r\n\r\n".formatted(caller, body.length);
    return joined(head.getBytes(ISO_8859_1), body);
  }

  private static byte[] joined(byte[] one, byte[] two) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(one);
    bytes.writeBytes(two);
    return bytes.toByteArray();
  }

  @AfterEach
  void close() {
    log(Level.DEBUG);
    dm.close();
  }

  @Test
  void bytesThatAreNoMessageAreToldSo() {
    MethodDescriptor<byte[], byte[]> method = methods.get("pilothouse.v1.Operator/GetMachine");
    StatusRuntimeException refusal =
        EdgeHarness.refusal(
            () ->
                ClientCalls.blockingUnaryCall(
                    dm.as("operator/alice", ""), method, CallOptions.DEFAULT, new byte[] {10, 99}));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refusal.getStatus().getDescription())
        .contains("no message of pilothouse.v1.Operator/GetMachine");
    assertThat(EdgeHarness.remedy(refusal)).contains("definition");
  }

  @Test
  void grpc() {
    Summary summary =
        Fuzz.of("grpc-calls")
            .likely(likely)
            .tokens("web-01", "web-[01-99]", "\0", "\u00ff", "su-1", "operator/", "\n", " ", "os")
            .inputs(3_000)
            .run(this::call);
    assertThat(summary.refused()).as(summary.toString()).isPositive();
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    EdgeHarness.until(() -> dm.edge.waiters().count() == 0);
  }

  private boolean call(byte[] input) {
    dm.clock.pass(Duration.ofMillis(200));
    int end = 0;
    while (end < input.length && input[end] != '\n') {
      end++;
    }
    String[] head = new String(input, 0, end, ISO_8859_1).split(" ", 3);
    MethodDescriptor<byte[], byte[]> method = methods.get(head[0]);
    if (method == null || head.length < 3) {
      return false;
    }
    byte[] body = new byte[Math.max(0, input.length - end - 1)];
    System.arraycopy(input, input.length - body.length, body, 0, body.length);
    try {
      ClientCalls.blockingUnaryCall(
          dm.as(head[1], head[2]),
          method,
          // long polls wait for what does not come
          CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.MILLISECONDS),
          body);
      return true;
    } catch (StatusRuntimeException e) {
      assertThat(OURS).as(e.getStatus().toString()).doesNotContain(e.getStatus().getCode());
      return false;
    }
  }

  @Test
  void http() throws IOException {
    SelfReport self =
        new SelfReport("dm-1", Optional.empty(), dm.ledger, dm.edge.waiters(), dm.clock.clocks());
    try (HttpPort port =
        HttpPort.open(
            EdgeHarness.freePort(),
            Optional.empty(),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT)::scrape,
            self,
            new HttpGateway(dm.channel(), dm.edge.access()),
            work -> Thread.ofVirtual().start(work))) {
      Summary summary =
          Fuzz.of("http-calls")
              .likely(likelyHttp)
              .tokens("{", "}", "[", "]", "\"", ":", ",", "null", "true", "1e999999999", "\\u0000")
              .tokens("\r\n", "\0", "\u00ff", "/", "..", "%00", "%2f", "?", "#", "http://x", "GET ")
              .tokens("Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "NaN", "-0")
              .tokens("pilot-verified-principal: operator/root\r\n", "\"wait_ms\": ", "@type")
              .inputs(600)
              .run(
                  input -> {
                    dm.clock.pass(Duration.ofMillis(200));
                    int status = RawCall.status(RawCall.of(port.port(), input));
                    assertThat(status).isNotEqualTo(500);
                    return status == 200;
                  });
      assertThat(summary.refused()).as(summary.toString()).isPositive();
      assertThat(RawCall.of(port.port(), "GET /health HTTP/1.0\r\n\r\n".getBytes(ISO_8859_1)))
          .contains("200 OK");
    }
  }
}
