package io.pilothouse.manifests.policy;

import io.pilothouse.api.v1.Action;
import java.util.List;

/**
 * What a policy says of a case.
 *
 * @param approval whether a person must agree first
 * @param rule number of the rule that matched, from 1; 0 = none did
 * @param shown the rule as people see it, {@code 5: last action DoNothing -> Reboot}
 * @param considered the rules before it, each with the one condition that did not hold; at most 20
 */
public record Decision(
    Action action, boolean approval, int rule, String shown, List<String> considered) {
  public Decision {
    considered = List.copyOf(considered);
  }
}
