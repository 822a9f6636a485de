package io.pilothouse.scheduler.core;

/** To a framework's call. */
public sealed interface Answer {
  /** 202: what becomes of it is told as events. */
  record Accepted() implements Answer {}

  /** 200: done. */
  record Done() implements Answer {}

  /** Nothing happened. */
  record Refused(int status, String text) implements Answer {}
}
