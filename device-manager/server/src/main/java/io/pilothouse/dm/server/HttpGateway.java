package io.pilothouse.dm.server;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.ReplicasGrpc;
import io.pilothouse.api.v1.WatchdogApiGrpc;
import io.pilothouse.tls.HttpServers;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /pilothouse.v1.Operator/METHOD}, and {@code WatchdogApi} likewise: a unary call with
 * a JSON or protobuf body, passed to the very service that gRPC serves, over a channel inside of
 * this process. Statuses follow the Connect protocol's table.
 */
final class HttpGateway implements HttpHandler {

  private static final Logger log = LoggerFactory.getLogger(HttpGateway.class);

  private static final List<ServiceDescriptor> SERVICES =
      List.of(
          OperatorGrpc.getServiceDescriptor(),
          WatchdogApiGrpc.getServiceDescriptor(),
          ReplicasGrpc.getServiceDescriptor());

  /** Where it is to be served. */
  static final List<String> PATHS =
      SERVICES.stream().map(each -> "/" + each.getName() + "/").toList();

  private static final String JSON = "application/json";
  private static final String PROTO = "application/proto";
  private static final int LARGEST_BODY = 4 << 20;

  /** A fleet's files. */
  private static final int LARGEST_FLEET = 64 << 20;

  private static final Set<String> FLEET_METHODS = Set.of("PlanFleet", "ApplyFleet");

  /** Above the longest poll. */
  private static final Duration DEADLINE = Duration.ofSeconds(40);

  /** A million machines take a minute or so. */
  private static final Duration FLEET_DEADLINE = Duration.ofMinutes(5);

  private final Channel channel;
  private final Access access;
  private final Map<String, MethodDescriptor<Message, Message>> methods = new TreeMap<>();

  /** Calls go to {@code channel}, which leads to the services and their interceptor. */
  HttpGateway(Channel channel, Access access) {
    this.channel = channel;
    this.access = access;
    for (ServiceDescriptor service : SERVICES) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        methods.put(method.getFullMethodName(), messages(method));
      }
    }
  }

  @SuppressWarnings("unchecked") // every method of a protobuf service takes and gives messages
  private static MethodDescriptor<Message, Message> messages(MethodDescriptor<?, ?> method) {
    return (MethodDescriptor<Message, Message>) method;
  }

  @Override
  public void handle(HttpExchange http) throws IOException {
    boolean json = true;
    try {
      String type = contentType(http);
      json = !type.equals(PROTO);
      MethodDescriptor<Message, Message> method = method(http, type);
      Optional<String> certified = certified(http).map(PeerName::principal);
      requireAccess(http, method, certified);
      Message reply = call(http, method, request(http, method, json), certified);
      byte[] body =
          json
              ? JsonFormat.printer()
                  .preservingProtoFieldNames()
                  .print(reply)
                  .getBytes(StandardCharsets.UTF_8)
              : reply.toByteArray();
      HttpPort.send(http, 200, json ? JSON : PROTO, body);
    } catch (StatusRuntimeException e) {
      sendError(http, e);
    }
  }

  /** Before the body is read: whoever may not call must not fill the memory either. */
  private void requireAccess(
      HttpExchange http, MethodDescriptor<Message, Message> method, Optional<String> certified) {
    Principal principal =
        CallerIdentity.of(
            certified, http.getRequestHeaders().getFirst(CallerIdentity.PRINCIPAL.name()));
    Optional<Access.Objection> objection;
    try {
      objection =
          access.objection(
              principal,
              String.valueOf(method.getServiceName()),
              String.valueOf(method.getBareMethodName()));
    } catch (RuntimeException e) {
      throw Refusals.of(e); // the state cannot be read: nobody is let in
    }
    if (objection.isPresent()) {
      log.warn("Denied: {}, from {}", objection.get().message(), http.getRemoteAddress());
      throw objection.get().refusal();
    }
  }

  private static String contentType(HttpExchange http) {
    @Nullable String header = http.getRequestHeaders().getFirst("Content-Type");
    return header == null ? "" : header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  private MethodDescriptor<Message, Message> method(HttpExchange http, String contentType) {
    String name = http.getRequestURI().getPath().substring(1);
    @Nullable MethodDescriptor<Message, Message> method = methods.get(name);
    if (method == null) {
      throw Refusals.of(
          Status.Code.UNIMPLEMENTED,
          "the service %s has no method '%s'".formatted(service(name), method(name)),
          "methods: " + methodsOf(service(name)));
    }
    if (!http.getRequestMethod().equals("POST")) {
      throw Refusals.of(
          Status.Code.UNIMPLEMENTED,
          "%s of a method; expected POST".formatted(http.getRequestMethod()),
          "send the request as the body of a POST");
    }
    if (!contentType.equals(JSON) && !contentType.equals(PROTO)) {
      throw Refusals.of(
          Status.Code.INVALID_ARGUMENT,
          "Content-Type is '%s'; expected %s or %s".formatted(contentType, JSON, PROTO),
          "send the header Content-Type: " + JSON);
    }
    return method;
  }

  private static String service(String fullMethod) {
    return fullMethod.substring(0, fullMethod.indexOf('/'));
  }

  private static String method(String fullMethod) {
    return fullMethod.substring(fullMethod.indexOf('/') + 1);
  }

  private String methodsOf(String service) {
    return methods.keySet().stream()
        .filter(each -> service(each).equals(service))
        .map(HttpGateway::method)
        .collect(Collectors.joining(", "));
  }

  private static Message request(
      HttpExchange http, MethodDescriptor<Message, Message> method, boolean json)
      throws IOException {
    int largest = FLEET_METHODS.contains(method.getBareMethodName()) ? LARGEST_FLEET : LARGEST_BODY;
    byte[] body = http.getRequestBody().readNBytes(largest + 1);
    if (body.length > largest) {
      throw Refusals.of(
          Status.Code.RESOURCE_EXHAUSTED,
          "the body is above %d MiB".formatted(largest >> 20),
          largest == LARGEST_FLEET
              ? "send the fleet packed (FleetRequest.packed), as `pilot apply` does"
              : "send less at once");
    }
    if (!(method.getRequestMarshaller() instanceof PrototypeMarshaller<Message> marshaller)
        || marshaller.getMessagePrototype() == null) {
      throw new IllegalStateException("no prototype for " + method.getFullMethodName());
    }
    Message.Builder request = marshaller.getMessagePrototype().newBuilderForType();
    try {
      if (json) {
        JsonFormat.parser().merge(new String(body, StandardCharsets.UTF_8), request);
      } else {
        request.mergeFrom(body);
      }
      return request.build();
    } catch (InvalidProtocolBufferException e) {
      throw Refusals.of(
          Status.Code.INVALID_ARGUMENT,
          "the body is no %s: %s"
              .formatted(request.getDescriptorForType().getName(), e.getMessage()),
          "see the service's definition, or ask by gRPC reflection");
    }
  }

  private Message call(
      HttpExchange http,
      MethodDescriptor<Message, Message> method,
      Message request,
      Optional<String> certified) {
    Metadata headers = new Metadata();
    copy(http, CallerIdentity.PRINCIPAL, headers);
    copy(http, EdgeInterceptor.REQUEST_ID, headers);
    copy(http, EdgeInterceptor.MACHINE_KEY, headers);
    certified.ifPresent(each -> headers.put(CallerIdentity.VERIFIED, each));
    Duration deadline =
        FLEET_METHODS.contains(method.getBareMethodName()) ? FLEET_DEADLINE : DEADLINE;
    return ClientCalls.blockingUnaryCall(
        ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
        method,
        CallOptions.DEFAULT.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS),
        request);
  }

  private static Optional<PeerName> certified(HttpExchange http) {
    try {
      return HttpServers.caller(http);
    } catch (TlsException e) {
      throw Refusals.of(Status.Code.UNAUTHENTICATED, String.valueOf(e.getMessage()), e.remedy());
    }
  }

  private static void copy(HttpExchange http, Metadata.Key<String> key, Metadata headers) {
    @Nullable String value = http.getRequestHeaders().getFirst(key.name());
    if (value != null) {
      headers.put(key, value);
    }
  }

  private static void sendError(HttpExchange http, StatusRuntimeException e) throws IOException {
    Status status = e.getStatus();
    Metadata trailers = e.getTrailers() == null ? new Metadata() : e.getTrailers();
    @Nullable String leader = trailers.get(Refusals.LEADER);
    if (leader != null) {
      http.getResponseHeaders().set(Refusals.LEADER.name(), leader);
    }
    @Nullable String wait = trailers.get(Refusals.RETRY_AFTER);
    if (wait != null) {
      http.getResponseHeaders().set("Retry-After", wait);
    }
    @Nullable String waitMs = trailers.get(Refusals.RETRY_AFTER_MS);
    if (waitMs != null) {
      http.getResponseHeaders().set(Refusals.RETRY_AFTER_MS.name(), waitMs);
    }
    byte[] error =
        new JsonLine()
            .add("code", status.getCode().name())
            .add("message", status.getDescription())
            .add("remedy", trailers.get(Refusals.REMEDY))
            .bytes();
    HttpPort.send(http, httpStatus(http, status.getCode()), JSON, error);
  }

  private static int httpStatus(HttpExchange http, Status.Code code) {
    return switch (code) {
      case OK -> 200;
      case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
      case UNAUTHENTICATED -> 401;
      case PERMISSION_DENIED -> 403;
      case NOT_FOUND -> 404;
      case UNIMPLEMENTED -> http.getRequestMethod().equals("POST") ? 404 : 405;
      case ABORTED, ALREADY_EXISTS -> 409;
      case RESOURCE_EXHAUSTED -> 429;
      case CANCELLED -> 499;
      case UNAVAILABLE -> 503;
      case DEADLINE_EXCEEDED -> 504;
      case UNKNOWN, INTERNAL, DATA_LOSS -> 500;
    };
  }
}
