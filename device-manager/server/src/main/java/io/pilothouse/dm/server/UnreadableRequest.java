package io.pilothouse.dm.server;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A request whose bytes are no message of its kind, on its way to the interceptor that tells its
 * sender. By itself the library would answer UNKNOWN and log a stack for each: whoever is let in
 * could fill the disk.
 */
record UnreadableRequest(String why) {

  /** Tells the sender of such a one, in place of what would handle it. */
  abstract static class Telling<Q> extends SimpleForwardingServerCallListener<Q> {
    private final ServerCall<Q, ?> call;
    private boolean isRefused;

    Telling(ServerCall<Q, ?> call, ServerCall.Listener<Q> listener) {
      super(listener);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      if (message instanceof UnreadableRequest unreadable) {
        isRefused = true;
        unreadable.refuse(call);
      } else if (!isRefused) {
        super.onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      if (!isRefused) { // else it has its answer, and no handler waits for a request
        super.onHalfClose();
      }
    }
  }

  private void refuse(ServerCall<?, ?> call) {
    Refusals.close(
        call,
        Refusals.of(
            Status.Code.INVALID_ARGUMENT,
            "the bytes of the request are no message of %s: %s"
                .formatted(call.getMethodDescriptor().getFullMethodName(), why),
            "see the service's definition, or ask by gRPC reflection"));
  }

  /** The same service, whose listeners get one of these where a request cannot be read. */
  static ServerServiceDefinition passedOn(ServerServiceDefinition service) {
    List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
    service.getMethods().forEach(each -> methods.add(passedOn(each)));
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(service.getServiceDescriptor().getName())
            .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
    methods.forEach(each -> descriptor.addMethod(each.getMethodDescriptor()));
    ServerServiceDefinition.Builder changed = ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(changed::addMethod);
    return changed.build();
  }

  private static <Q, A> ServerMethodDefinition<Q, A> passedOn(ServerMethodDefinition<Q, A> method) {
    MethodDescriptor<Q, A> descriptor = method.getMethodDescriptor();
    return ServerMethodDefinition.create(
        descriptor.toBuilder()
            .setRequestMarshaller(new Reading<>(descriptor.getRequestMarshaller()))
            .build(),
        method.getServerCallHandler());
  }

  private record Reading<Q>(Marshaller<Q> messages) implements Marshaller<Q> {

    @Override
    public InputStream stream(Q message) {
      return messages.stream(message);
    }

    @Override
    @SuppressWarnings("unchecked") // the one listener that gets it looks before it passes it on
    public Q parse(InputStream stream) {
      try {
        return messages.parse(stream);
      } catch (StatusRuntimeException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return (Q) new UnreadableRequest(String.valueOf(cause.getMessage()));
      }
    }
  }
}
