package io.pilothouse.scheduler.core;

/** One stream of an agent; another one of the same machine has another number. */
public record AgentLink(long number) {}
