package io.pilothouse.testing.histories;

import io.pilothouse.testing.histories.Operation.Call;
import io.pilothouse.testing.histories.Operation.Outcome;
import java.util.Optional;

/** What one machine's hold would do if there were one client and one replica: a register. */
final class HoldModel {
  static final String NOT_HELD = "";

  private HoldModel() {}

  /** The state after an operation; empty when it could not have had that outcome in this state. */
  static Optional<String> step(String state, Operation operation) {
    boolean held = !state.equals(NOT_HELD);
    return switch (operation.call()) {
      case Call.Read read ->
          operation.outcome() instanceof Outcome.Value(String seen) && !seen.equals(state)
              ? Optional.empty()
              : Optional.of(state);
      case Call.Hold hold ->
          operation.outcome() instanceof Outcome.Refused
              ? Optional.empty()
              : Optional.of(hold.reason());
      case Call.Unhold unhold ->
          switch (operation.outcome()) {
            case Outcome.Done done when !held -> Optional.empty();
            case Outcome.Refused refused when held -> Optional.empty();
            default -> Optional.of(NOT_HELD);
          };
    };
  }
}
