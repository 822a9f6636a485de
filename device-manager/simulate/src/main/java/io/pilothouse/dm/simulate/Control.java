package io.pilothouse.dm.simulate;

/** Who watches and repairs: Pilothouse, or a rival policy. */
interface Control {

  /** Begins its work. */
  void start();

  /** What can be seen of a machine may have changed. */
  void changed(SimMachine machine);

  /** A machine has booted: from its disk, or into the installer. */
  void cameUp(SimMachine machine);

  /** Whether it regards the machine as one that serves and needs nothing. */
  boolean inService(String machine);

  /** Whether it has taken the machine out of service, or lets it be so. */
  boolean takes(String machine);

  /** Its servers fail over: nobody decides for so long. */
  default void failOver(long downMillis) {}

  /** The clock that its timeouts go by is set forward; back again with a negative number. */
  default void clockJump(long millis) {}

  /** The process that repairs is killed, and started again after a while. */
  default void killRepairs(long downMillis) {}

  /** The process that repairs is cut off from its server, and goes on. */
  default void cutOffRepairs(long millis) {}

  /** Reports of the whole fleet are lost, late, repeated and overtaken for so long. */
  default void troubledWire(long millis) {}

  /** People stop all repairs for so long. */
  default void freeze(long millis) {}

  /** People roll a new version out. */
  default void rollOut(String type, boolean bad) {}
}
