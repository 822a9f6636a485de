package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.FrameworkEnd;
import io.pilothouse.api.v1.MachineConsent;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;

/**
 * What the next leader has to know: docs/decisions/0038-what-a-scheduler-must-not-forget.md. Each
 * says what is, so that twice is once.
 */
public sealed interface Write {
  /** It is known, with this info. */
  record KeepFramework(OfferFramework framework) implements Write {}

  /** It is over, and its id is not taken again. */
  record EndFramework(FrameworkEnd end) implements Write {}

  /** A machine has this agent. */
  record KeepAgent(OfferAgent agent) implements Write {}

  /** What frameworks say to a machine's being taken; not kept, but heeded. */
  record SayConsent(MachineConsent consent) implements Write {}

  /** A machine has no agent: it is no longer in the fleet. */
  record ForgetMachine(String machine) implements Write {}
}
