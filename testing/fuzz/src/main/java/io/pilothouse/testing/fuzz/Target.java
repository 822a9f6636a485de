package io.pilothouse.testing.fuzz;

/** What is fed. */
public interface Target {

  /**
   * Reads an input.
   *
   * @return whether it was taken; false when it was refused in the way that is declared
   * @throws Exception anything that is thrown is a defect
   */
  boolean feed(byte[] input) throws Exception;
}
