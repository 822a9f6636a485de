package io.pilothouse.driver;

import java.io.IOException;
import java.util.List;

/**
 * What a driver tells: one thing after the other, on one thread. Messages are bytes. An {@link
 * IOException} says that they cannot be read; it and all other exceptions end the driver.
 */
public interface Listener extends Fallible {
  void registered(byte[] framework, byte[] master) throws IOException;

  void reregistered(byte[] master) throws IOException;

  void disconnected();

  void offers(List<byte[]> offers) throws IOException;

  void rescinded(byte[] offer) throws IOException;

  void update(byte[] status) throws IOException;

  void message(byte[] executor, byte[] agent, byte[] data) throws IOException;

  void agentLost(byte[] agent) throws IOException;

  void executorLost(byte[] executor, byte[] agent, int status) throws IOException;
}
