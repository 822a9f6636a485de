package io.pilothouse.agent;

import java.time.Duration;
import java.util.Map;

/**
 * One process of a manifest.
 *
 * @param run command line for {@code /bin/sh -c}, in the version's directory
 * @param ready how to tell that it serves
 * @param stopGrace time between TERM and KILL
 */
record ProcessSpec(
    String name, String run, Map<String, String> env, Ready ready, Duration stopGrace) {

  /** How to tell that a process serves. */
  sealed interface Ready permits HttpReady, TcpReady, CommandReady, AlwaysReady {}

  /**
   * It answers GET of a path with 2xx or 3xx.
   *
   * @param port 0 = the machine's
   */
  record HttpReady(String path, int port) implements Ready {}

  /** It accepts connections; port 0 = the machine's. */
  record TcpReady(int port) implements Ready {}

  /** A command exits with 0. */
  record CommandReady(String command) implements Ready {}

  /** It runs: nothing more is asked. */
  record AlwaysReady() implements Ready {}
}
