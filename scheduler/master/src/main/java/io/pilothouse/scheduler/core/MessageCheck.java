package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentMessage;

/**
 * Whether an agent's message says of whom it is. One that does not cannot be handed on, and must
 * not be what the core fails by: one machine that errs would take the scheduler from all.
 */
final class MessageCheck {
  private MessageCheck() {}

  /** Of any kind but register, which has a check of its own. */
  static boolean isWhole(AgentMessage message) {
    return switch (message.getKindCase()) {
      case UPDATE -> message.getUpdate().hasFrameworkId() && message.getUpdate().hasStatus();
      case MESSAGE -> message.getMessage().hasFrameworkId() && message.getMessage().hasExecutorId();
      case EXECUTOR_ENDED ->
          message.getExecutorEnded().hasFrameworkId() && message.getExecutorEnded().hasExecutorId();
      case OVERSUBSCRIBED, PONG, SANDBOX, REGISTER, KIND_NOT_SET -> true;
    };
  }
}
