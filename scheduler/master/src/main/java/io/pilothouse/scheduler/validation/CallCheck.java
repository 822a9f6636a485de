package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import com.google.protobuf.ByteString;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.util.Optional;

/** Whether a framework's call has what its kind needs. */
public final class CallCheck {
  private static final int UUID_BYTES = 16;

  /** Of one REQUEST: it is kept. */
  private static final int REQUEST_BYTES = 64 * 1024;

  private CallCheck() {}

  /**
   * What it lacks.
   *
   * @param principal whom the caller has authenticated as, if that is asked for
   */
  public static Optional<String> objection(Call call, Optional<String> principal) {
    if (!call.hasType()) {
      return Optional.of("Expecting 'type' to be present");
    }
    if (call.getType() == Call.Type.SUBSCRIBE) {
      return subscribe(call, principal);
    }
    if (!call.hasFrameworkId()) {
      return Optional.of("Expecting 'framework_id' to be present");
    }
    return switch (call.getType()) {
      case SUBSCRIBE, TEARDOWN, REVIVE, SUPPRESS, UNKNOWN -> Optional.empty();
      case ACCEPT -> expect(call.hasAccept(), "accept");
      case DECLINE -> expect(call.hasDecline(), "decline");
      case ACCEPT_INVERSE_OFFERS -> expect(call.hasAcceptInverseOffers(), "accept_inverse_offers");
      case DECLINE_INVERSE_OFFERS ->
          expect(call.hasDeclineInverseOffers(), "decline_inverse_offers");
      case KILL -> expect(call.hasKill(), "kill");
      case SHUTDOWN -> expect(call.hasShutdown(), "shutdown");
      case ACKNOWLEDGE ->
          call.hasAcknowledge()
              ? uuid(call.getAcknowledge().getUuid())
              : expect(false, "acknowledge");
      case ACKNOWLEDGE_OPERATION_STATUS -> {
        Call.AcknowledgeOperationStatus acknowledged = call.getAcknowledgeOperationStatus();
        if (!call.hasAcknowledgeOperationStatus()) {
          yield expect(false, "acknowledge_operation_status");
        }
        Optional<String> uuid = uuid(acknowledged.getUuid());
        yield uuid.isPresent() ? uuid : expect(acknowledged.hasAgentId(), "agent_id");
      }
      case RECONCILE -> expect(call.hasReconcile(), "reconcile");
      case RECONCILE_OPERATIONS -> expect(call.hasReconcileOperations(), "reconcile_operations");
      case MESSAGE -> expect(call.hasMessage(), "message");
      case REQUEST -> call.hasRequest() ? request(call.getRequest()) : expect(false, "request");
      case UPDATE_FRAMEWORK -> {
        if (!call.hasUpdateFramework()) {
          yield expect(false, "update_framework");
        }
        yield when(
            !call.getFrameworkId().equals(call.getUpdateFramework().getFrameworkInfo().getId()),
            "'framework_id' differs from 'update_framework.framework_info.id'");
      }
    };
  }

  private static Optional<String> subscribe(Call call, Optional<String> principal) {
    if (!call.hasSubscribe()) {
      return expect(false, "subscribe");
    }
    var info = call.getSubscribe().getFrameworkInfo();
    if (!info.getId().getValue().equals(call.getFrameworkId().getValue())) {
      return Optional.of("'framework_id' differs from 'subscribe.framework_info.id'");
    }
    return when(
        principal.isPresent()
            && info.hasPrincipal()
            && !info.getPrincipal().equals(principal.get()),
        () ->
            "Authenticated principal '%s' does not match principal '%s' set in `FrameworkInfo`"
                .formatted(principal.orElse(""), info.getPrincipal()));
  }

  private static Optional<String> expect(boolean there, String field) {
    return when(!there, "Expecting '" + field + "' to be present");
  }

  private static Optional<String> uuid(ByteString uuid) {
    return when(uuid.size() != UUID_BYTES, "Not a valid UUID");
  }

  private static Optional<String> request(Call.Request request) {
    return when(
            request.getSerializedSize() > REQUEST_BYTES,
            () ->
                "'request' has %d bytes, expected at most %d"
                    .formatted(request.getSerializedSize(), REQUEST_BYTES))
        .or(
            () ->
                ResourceCheck.objection(
                    request.getRequestsList().stream()
                        .flatMap(each -> each.getResourcesList().stream())
                        .toList()));
  }
}
