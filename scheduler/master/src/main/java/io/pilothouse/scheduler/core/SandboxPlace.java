package io.pilothouse.scheduler.core;

/**
 * Where a sandbox is: the agent to ask, and what to ask it for.
 *
 * @param link the agent's stream
 * @param container the run; empty: the newest
 * @param over its task had ended when this was answered, as far as is known
 */
public record SandboxPlace(
    AgentLink link,
    String machine,
    String framework,
    String executor,
    String task,
    String container,
    boolean over) {}
