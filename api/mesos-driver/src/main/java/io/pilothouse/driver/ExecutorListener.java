package io.pilothouse.driver;

import java.io.IOException;

/** What an executor's driver tells, as {@link Listener} a scheduler's. */
public interface ExecutorListener extends Fallible {
  void registered(byte[] executor, byte[] framework, byte[] agent) throws IOException;

  void reregistered(byte[] agent) throws IOException;

  void disconnected();

  void launch(byte[] task) throws IOException;

  void kill(byte[] task) throws IOException;

  void message(byte[] data);

  void shutdown();
}
