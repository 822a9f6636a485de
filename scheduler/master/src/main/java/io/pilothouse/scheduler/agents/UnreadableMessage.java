package io.pilothouse.scheduler.agents;

import io.grpc.BindableService;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A message whose bytes are none of its kind, on its way to who tells its sender. By itself the
 * library would answer UNKNOWN and log a stack for each: whoever is let in could fill the disk.
 */
record UnreadableMessage(String why) {

  /** A service that tells callers so, and lets {@code callers} decide who they are before that. */
  static ServerServiceDefinition told(BindableService service, ServerInterceptor callers) {
    return ServerInterceptors.intercept(passedOn(service.bindService()), new Telling(), callers);
  }

  /** The same service, whose listeners get one of these where a message cannot be read. */
  private static ServerServiceDefinition passedOn(ServerServiceDefinition service) {
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
        return (Q) new UnreadableMessage(String.valueOf(cause.getMessage()));
      }
    }
  }

  private static final class Telling implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      return new SimpleForwardingServerCallListener<Q>(next.startCall(call, headers)) {
        private boolean over;

        @Override
        public void onMessage(Q message) {
          if (over) {
            return;
          }
          if (!(message instanceof UnreadableMessage unreadable)) {
            super.onMessage(message);
            return;
          }
          over = true;
          // first: from then on nobody sends anything on a call that is about to be closed
          super.onCancel();
          call.close(
              Status.INVALID_ARGUMENT.withDescription(
                  "the bytes are no message of %s: %s; see the service's definition"
                      .formatted(call.getMethodDescriptor().getFullMethodName(), unreadable.why())),
              new Metadata());
        }

        @Override
        public void onHalfClose() {
          if (!over) {
            super.onHalfClose();
          }
        }

        @Override
        public void onCancel() {
          if (!over) {
            super.onCancel();
          }
        }

        @Override
        public void onComplete() {
          if (!over) {
            super.onComplete();
          }
        }

        @Override
        public void onReady() {
          if (!over) {
            super.onReady();
          }
        }
      };
    }
  }
}
