package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.Offer.Operation;
import io.pilothouse.mesos.v1.OperationState;
import io.pilothouse.mesos.v1.OperationStatus;

/** An operation with an id: under way, or done and its framework has not acknowledged that. */
final class KnownOperation {
  final Framework framework;
  final Operation operation;

  /** How it is told when it is done. */
  final OperationStatus finished;

  boolean done;

  /** When it is told again, and how long after that. */
  long again;

  long pause;

  KnownOperation(Framework framework, Operation operation, OperationStatus finished) {
    this.framework = framework;
    this.operation = operation;
    this.finished = finished;
  }

  String id() {
    return finished.getOperationId().getValue();
  }

  String agent() {
    return finished.getAgentId().getValue();
  }

  OperationState state() {
    return done ? OperationState.OPERATION_FINISHED : OperationState.OPERATION_PENDING;
  }
}
