package io.pilothouse.agent;

/**
 * What is wrong with the processes.
 *
 * @param fault code, which changes when the kind of trouble does: only then is it news
 * @param text for people
 */
record Problem(String fault, String text) {
  static final String STARTING = "process.starting";
  static final String NOT_READY = "process.not-ready";
  static final String ENDED = "process.ended";
  static final String NOT_STAGED = "process.not-staged";
  static final String NOT_SWITCHED = "process.not-switched";
  static final String AGENT = "agent.not-switched";
  static final String AFTER_SWITCH = "process.after-switch";
}
